"""Tables and results of records made up for the tests of the analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from record_kit import fabricate, fingerprint_of, record, write_run

from triptych.lab.analysis.result import result
from triptych.lab.analysis.table import Table, table
from triptych.lab.folder import RunFolder
from triptych.lab.frozen import Fingerprint
from triptych.lab.measuring.schedule import schedule
from triptych.lab.records import Failure, Record
from triptych.lab.results import Result


def failure(task: str, variant: str, trial: int = 0) -> Failure:
    """An infrastructure error."""
    return Failure(
        task=task, variant=variant, trial=trial, error="503", kind="X", started="2026-11-25T00:00Z"
    )


def outcomes(
    words: Mapping[str, str],
    *,
    trials: int = 1,
    families: int = 0,
    told: Mapping[str, str] | None = None,
    **more: Any,
) -> tuple[list[Record], Fingerprint]:
    """Records in schedule order: variant to a word of 1 and 0 a cell, tasks first, trials within.

    A dot is a cell that is missing; `told` are the families as the experiment knows them.
    """
    tasks = len(next(iter(words.values()))) // trials
    more = {**more, "families": dict(told or {})}
    frozen = fingerprint_of(tasks=tasks, trials=trials, variants=list(words), **more)
    found = []
    for slot in schedule(frozen):
        number = int(slot.task[5:])
        for place, name in enumerate(slot.variants):
            letter = words[name][number * trials + slot.trial]
            if letter != ".":
                found.append(
                    record(
                        slot.task,
                        name,
                        "passed" if letter == "1" else "failed",
                        trial=slot.trial,
                        position=slot.position,
                        place=place,
                        family=f"family-{number % families}" if families else "",
                        texts=False,
                    )
                )
    return found, frozen


def table_of(words: Mapping[str, str], failures: Iterable[Failure] = (), **more: Any) -> Table:
    """The table of `outcomes`."""
    records, frozen = outcomes(words, **more)
    return table(records, frozen, failures)


def pairs_of(both: int, wins: int, losses: int, neither: int) -> dict[str, str]:
    """Two variants with these counts."""
    return {
        "a": "1" * both + "0" * wins + "1" * losses + "0" * neither,
        "b": "1" * both + "1" * wins + "0" * losses + "0" * neither,
    }


def result_of(
    folder: Path,
    records: Iterable[Record],
    frozen: Fingerprint,
    failures: Sequence[Failure] = (),
) -> Result:
    """The result of a run's folder with these records."""
    return result(RunFolder.open(write_run(folder, records, frozen, failures)))


def fabricated(**how: Any) -> tuple[Iterator[Record], Fingerprint]:
    """Records by `fabricate`, and their fingerprint."""
    rates = how.get("rates", {"a": 0.5, "b": 0.6})
    names = [*rates, *([f"{next(iter(rates))}:again"] if how.get("again") else [])]
    size = {"tasks": how.get("tasks", 40), "trials": how.get("trials", 1)}
    frozen = fingerprint_of(**size, variants=names, aa=how.get("again", 0.0))
    return fabricate(**how, texts=False), frozen
