"""A record as a pandas DataFrame, for questions that the report does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from triptych.errors import LabError
from triptych.lab.folder import RunFolder
from triptych.lab.records import Record
from triptych.lab.results import Result

if TYPE_CHECKING:
    from pandas import DataFrame

WORDS = ("task", "family", "variant", "status", "evidence", "review", "hidden")
"""Columns with few values, kept as categories: 10,000 cells take 2 MB."""


def to_pandas(run: RunFolder) -> DataFrame:
    """One row a measured cell, in the order of writing; cells that are missing are not there.

    Columns: the cell (task, family, variant, trial), passed, how it ended (status, reason), its
    delivered draft (evidence, review, hidden), drafts, repairs, replaced, calls, replayed, tokens,
    money in US dollars (NaN where no price is known), seconds, position, place, started (UTC),
    seed, and for each stage `STAGE_calls`, `STAGE_tokens`, `STAGE_seconds` and `prompt_STAGE`.

    Args:
        run: A run, finished or not.

    Raises:
        LabError: pandas is missing, or a line of the record is none.

    Example:
        >>> cells = to_pandas(RunFolder.open(Path("runs/review")))  # doctest: +SKIP
        >>> cells.groupby("variant", observed=True)["passed"].mean()  # doctest: +SKIP
    """
    pandas = _pandas()
    frame = pandas.DataFrame.from_records(list(_rows(run)))
    for name in WORDS:
        if name in frame:
            frame[name] = frame[name].astype("category")
    if "started" in frame:
        frame["started"] = pandas.to_datetime(frame["started"], utc=True, errors="coerce")
        frame["money"] = pandas.to_numeric(frame["money"])
    return frame


def comparisons(result: Result) -> DataFrame:
    """One row a candidate: the fields of `Comparison`; those of intervals as `interval_low` etc.

    Raises:
        LabError: pandas is missing.
    """
    return _pandas().DataFrame.from_records([_flat(asdict(one)) for one in result.comparisons])


def _rows(run: RunFolder) -> Iterator[dict[str, Any]]:
    for record in run.records():
        yield {**_cell(record), **_stages(record)}


def _cell(record: Record) -> dict[str, Any]:
    draft, usage = record.draft, record.usage
    return {
        "task": record.task,
        "family": record.family,
        "variant": record.variant,
        "trial": record.trial,
        "passed": record.passed,
        "status": record.status,
        "reason": record.reason,
        "evidence": draft.evidence_verdict if draft else None,
        "review": draft.review if draft else None,
        "hidden": draft.verdict if draft else None,
        "drafts": len(record.drafts),
        "repairs": sum(one.origin == "repair" for one in record.drafts),
        "replaced": draft is not None and draft is not record.drafts[0],
        "calls": usage.calls,
        "replayed": record.replayed,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "tokens": usage.tokens,
        "money": usage.money,
        "seconds": record.seconds,
        "model_seconds": record.model_seconds,
        "position": record.position,
        "place": record.place,
        "attempt": record.attempt,
        "started": record.started,
        "seed": record.seed,
    }


def _stages(record: Record) -> dict[str, Any]:
    out: dict[str, Any] = {f"prompt_{stage}": ref for stage, ref in record.prompts.items()}
    for stage, spent in record.stages.items():
        out[f"{stage}_calls"] = spent.calls
        out[f"{stage}_tokens"] = spent.input_tokens + spent.output_tokens
        out[f"{stage}_seconds"] = spent.model_seconds or spent.seconds
    return out


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            out |= {f"{key}_{name}": one for name, one in value.items()}
        else:
            out[key] = value
    return out


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise LabError("pandas is not installed.", "pip install 'triptych[frames]'") from error
    return pandas
