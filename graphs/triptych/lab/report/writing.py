"""The files of a report, beside the record that they are made from."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from triptych.lab.analysis.result import result
from triptych.lab.folder import RunFolder
from triptych.lab.report.terminal import markdown
from triptych.lab.results import Result


def write_report(run: RunFolder, *, page: bool = True) -> Result:
    """Write result.json, table.md and report.html of a run, finished or not, into its folder.

    Args:
        run: Its folder.
        page: With the page; without it the other two only.

    Returns:
        What they are made of.

    Raises:
        LabError: The record cannot be read, or numpy and scipy are missing.

    Example:
        >>> from triptych.lab import RunFolder, write_report
        >>> write_report(RunFolder.open(Path("runs/review")))  # doctest: +SKIP
    """
    found = result(run)
    run.replace("result.json", result_json(found))
    run.replace("table.md", markdown(found))
    if page:
        from triptych.lab.report.html import write_page

        write_page(run, found)
    return found


def result_json(found: Result) -> str:
    """A result as JSON that every reader takes: what is no finite number is null."""
    return plain_json(dataclasses.asdict(found))


def plain_json(value: Any) -> str:
    """Readable JSON; what is no finite number is null."""
    return json.dumps(_finite(value), indent=2, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
