"""Runs to report on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from record_kit import fabricate, fingerprint_of, write_run

from triptych.lab.folder import RunFolder
from triptych.lab.frozen import Fingerprint
from triptych.lab.records import Record
from triptych.lab.report.writing import write_report


def made_up(folder: Path, *, page: bool = True, name: str = "made-up", **more: Any) -> Path:
    """The folder of a run of `fabricate`, with its report."""
    frozen = {key: more[key] for key in ("tasks", "trials") if key in more}
    names = list(more.get("rates", {"a": 0, "b": 0}))
    again = more.get("again", 0.0)
    variants = [*names, *([f"{names[0]}:again"] if again else [])]
    print_of = fingerprint_of(variants=variants, aa=again, **frozen)
    return reported(
        folder, fabricate(**more), print_of.model_copy(update={"name": name}), page=page
    )


def reported(
    folder: Path, records: Iterable[Record], frozen: Fingerprint, *, page: bool = True
) -> Path:
    """The folder of a run with these records, with its report."""
    write_run(folder, records, frozen)
    write_report(RunFolder.open(folder), page=page)
    return folder
