"""After the search: its winner becomes a version of a line, and is judged on the held-out tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from triptych.lab.analysis.gate import gate
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.folder import RunFolder
from triptych.lab.grading.grade import Grader
from triptych.lab.measuring.run import measure
from triptych.lab.optimise.journal import Journal, write
from triptych.lab.optimise.setup import Search
from triptych.lab.optimise.splitting import refuse_overlap
from triptych.lab.records import Failure, Record
from triptych.lab.report.writing import write_report
from triptych.lab.results import GateResult
from triptych.lab.words import Experiment, Prompts, TaskSource
from triptych.prompts import Template
from triptych.prompts.copies import new, release
from triptych.prompts.front import WORKING_COPY
from triptych.prompts.layers import working_layers
from triptych.prompts.library import Library

HELD_OUT = "held-out"
"""The folder of the comparison, in that of the search: what `prompts promote --because` reads."""


def released(search: Search, journal: Journal, out: Path) -> Template:
    """The winner as a released version of its line. No channel points at it.

    It is released before it is judged, because a verdict is of exact bytes: a promotion takes no
    other text than the one that was measured. Called again, it is found as it is.

    Args:
        search: The search.
        journal: What it came to, with a winner.
        out: The search's folder.

    Raises:
        PromptError: Another working copy of the line is in the way, or the folder is not sound.
    """
    folders = working_layers(search.prompts_dir)
    books = Library(folders)
    line = search.wordings.line
    if journal.released:
        return books.get(journal.released)
    text = search.wordings.working_copy(
        journal.winner,
        f"Found by GEPA on {len(journal.train) + len(journal.selection)} tasks of "
        f"{journal.task_set}; {journal.source} is what it began with.",
        [*journal.train, *journal.selection],
    )
    path = folders[0].path / line / f"{WORKING_COPY}.md"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        new(folders[0], books, line, text)
    made = release(folders[0], Library(folders), line)
    write(out, journal.model_copy(update={"released": made.reference}))
    return made


def contest(search: Search, winner: Template) -> Resolved:
    """The paired experiment on the held-out tasks: the prompt as it was against the winner.

    Raises:
        LabError: A held-out task was searched on.
    """
    held_out = search.split.held_out
    refuse_overlap([task.id for task in search.split.seen], held_out)
    whole = search.resolved.experiment
    (current,) = whole.variants.values()
    folder = str(working_layers(search.prompts_dir)[0].path)
    before = current.model_copy(update={"prompts_dir": folder})
    after = before.model_copy(update={"prompts": Prompts(stages={search.stage: winner.reference})})
    experiment = Experiment(
        name=f"held-out-{search.stage}",
        description=f"{winner.reference} against {search.source.reference}.",
        tasks=TaskSource(path="given"),
        model=whole.model,
        variants={"current": before, winner.full_name: after},
        baseline="current",
        seed=search.seed,
    )
    ready = {whole.model or "": search.resolved.variants[0].model}
    return resolve(experiment, tasks=held_out.opened(), models=ready)


def judge(
    resolved: Resolved,
    out: Path,
    *,
    grader: Grader | None = None,
    on_record: Callable[[Record | Failure], None] = lambda item: None,
) -> tuple[RunFolder, GateResult]:
    """Measure the contest and hold it against the gate: only "better" will do.

    Args:
        resolved: From `contest`.
        out: The search's folder.
        grader: Holds drafts against hidden checks; None: in the sandbox.
        on_record: Called with each cell.
    """
    run = measure(resolved, out / HELD_OUT, on_record=on_record, grader=grader)
    return run, gate(write_report(run), require="better")
