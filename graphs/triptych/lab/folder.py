"""The folder of an experiment: its record, and the table and numbers made from it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from triptych.lab.records import read
from triptych.lab.report import Numbers, summarise
from triptych.lab.table import markdown

RECORDS, TABLE, RESULT = "records.jsonl", "table.md", "result.json"


def write_report(folder: Path) -> Numbers:
    """Make table.md and result.json anew from the record, and return the numbers.

    Raises:
        LabError: There is no record, it is damaged, or no task is finished in both arms.
    """
    numbers = summarise(read(folder / RECORDS))
    _replace(folder / TABLE, markdown(numbers))
    _replace(folder / RESULT, json.dumps(numbers, indent=2) + "\n")
    return numbers


def _replace(path: Path, text: str) -> None:
    """Whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
