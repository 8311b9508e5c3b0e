"""The search itself: GEPA proposes, the lab runs, and nothing is decided on what it was found by.

GEPA: Agrawal et al. 2025, arXiv 2507.19457.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from triptych.errors import LabError
from triptych.lab.grading.grade import Grader
from triptych.lab.optimise.adapter import Adapter
from triptych.lab.optimise.cells import Cells, OnCell
from triptych.lab.optimise.journal import Journal, Tried, begin, found, write
from triptych.lab.optimise.propose import Proposer
from triptych.lab.optimise.setup import Search
from triptych.lab.optimise.splitting import refuse_overlap


def search_for(
    search: Search,
    out: Path,
    *,
    calls: int = 300,
    grader: Grader | None = None,
    on_cell: OnCell = lambda item: None,
    on_said: Callable[[str], None] = lambda text: None,
) -> Journal:
    """Look for a better wording, on the tasks that may be seen.

    Ended at any point, the same call goes the same way again: task runs and proposals that were
    made are taken from the folder, so that only what is missing is spent.

    Args:
        search: From `set_up`.
        out: The folder of the search.
        calls: The most task runs. One that was made before in this search counts again.
        grader: Holds drafts against hidden checks; None: in the sandbox.
        on_cell: Called with each task run.
        on_said: Called with what GEPA says of its steps.

    Returns:
        What was tried. `winner` is empty if nothing did better on the selection tasks: such a
        search has found nothing.

    Raises:
        LabError: The folder is of another search, a cell cannot be measured, or gepa is missing.
        ModelError: The proposer cannot be asked.
    """
    optimize = _gepa()
    journal = begin(out, search, calls)
    refuse_overlap([*journal.train, *journal.selection], search.split.held_out)
    cells = Cells(search.resolved, search.stage, out / "search", grader=grader, on_cell=on_cell)
    proposer = Proposer(
        search.reflector,
        search.reflect,
        stage=search.stage,
        variables=list(search.source.inputs),
        memory=out / "search" / "cache" / "calls.sqlite",
    )
    adapter = Adapter(search.stage, search.wordings, cells, proposer)
    made = optimize(
        seed_candidate={search.stage: search.wordings.body},
        trainset=list(search.split.train),
        valset=list(search.split.selection),
        adapter=adapter,
        max_metric_calls=calls,
        stop_callbacks=[lambda state: proposer.fault is not None],
        seed=search.seed,
        logger=_Logger(on_said),
        # Its own state is a pickle, and what it would save is in our records already.
        run_dir=None,
        display_progress_bar=False,
        raise_on_exception=True,
    )
    if proposer.fault is not None:
        raise proposer.fault
    scores = made.val_aggregate_scores
    pool = [
        Tried(body=candidate[search.stage], selection_score=round(float(score), 6))
        for candidate, score in zip(made.candidates, scores, strict=True)
    ]
    best = max(pool[1:], key=lambda one: one.selection_score, default=pool[0])
    better = best.selection_score > pool[0].selection_score
    journal = found(out, journal, best.body if better else "").model_copy(
        update={"cells": len(cells), "pool": pool, "refused": adapter.refused}
    )
    write(out, journal)
    return journal


class _Logger:
    """GEPA's `LoggerProtocol`."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self._said = said

    def log(self, message: str) -> None:
        self._said(str(message).strip())


def _gepa() -> Any:
    try:
        from gepa.api import optimize
    except ImportError as error:
        raise LabError(
            "GEPA, which proposes the wordings, is not installed.",
            "Install it: pip install 'triptych[optimise]'",
        ) from error
    return optimize
