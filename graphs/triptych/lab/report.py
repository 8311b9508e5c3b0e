"""From records to numbers: flat, so that they can be compared and checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triptych.errors import LabError
from triptych.lab.records import Record, finished
from triptych.lab.stats import mcnemar, wilson

Numbers = dict[str, Any]


def summarise(records: Sequence[Record], first: str = "single", second: str = "default") -> Numbers:
    """The numbers of an experiment, over the tasks that both arms have finished.

    Args:
        records: Of one record file.
        first: The arm to compare with.
        second: The arm that is compared.

    Returns:
        Flat JSON; keys of one arm begin with its name. Rates are 0 to 1, intervals 95% (Wilson),
        `seconds` sums of wall time. Replaced drafts are counted in the second arm.

    Raises:
        LabError: no task is finished in both arms.
    """
    cells = finished(list(records))
    tasks = sorted({t for t, arm in cells if arm == first and (t, second) in cells})
    if not tasks:
        raise LabError("No task is finished in both arms yet.", "Let the run go on.")
    one, two = ([cells[task, arm] for task in tasks] for arm in (first, second))
    wins = sum(bool(b.passed and not a.passed) for a, b in zip(one, two, strict=True))
    losses = sum(bool(a.passed and not b.passed) for a, b in zip(one, two, strict=True))
    last = one[-1].settings
    return {
        "task_set": last["tasks"]["name"],
        "model": last["model"]["model"],
        "tasks": len(tasks),
        "infrastructure_errors": len({r.key for r in records if r.error} - set(cells)),
        **_of_arm(first, one),
        **_of_arm(second, two),
        "difference": (sum(map(_passed, two)) - sum(map(_passed, one))) / len(tasks),
        "wins": wins,
        "losses": losses,
        "mcnemar_p": mcnemar(wins, losses),
        "same_first_draft": sum(
            a.first_words == b.first_words for a, b in zip(one, two, strict=True)
        ),
        **_replaced(two),
        "right_draft_existed": sum(any(d.verdict == "passed" for d in r.drafts) for r in two),
    }


def _passed(record: Record) -> int:
    return int(bool(record.passed))


def _same_words(a: Record, b: Record) -> bool:
    return a.first_words is not None and a.first_words == b.first_words


def _of_arm(name: str, records: Sequence[Record]) -> Numbers:
    passed, total = sum(map(_passed, records)), len(records)
    low, high = wilson(passed, total)
    tokens = sum(r.usage.tokens for r in records)
    numbers: Numbers = {
        "passed": passed,
        "pass_at_1": passed / total,
        "pass_at_1_low": low,
        "pass_at_1_high": high,
        "timeouts": sum(_timed_out(r) for r in records),
        "calls": sum(r.usage.calls for r in records),
        "input_tokens": sum(r.usage.input_tokens for r in records),
        "output_tokens": sum(r.usage.output_tokens for r in records),
        "cached_tokens": sum(r.usage.cached_tokens for r in records),
        "tokens": tokens,
        "tokens_per_solved": tokens / passed if passed else None,
        "seconds": sum(r.seconds for r in records),
        "drafts": sum(len(r.drafts) for r in records),
    }
    return {f"{name}_{key}": value for key, value in numbers.items()}


def _timed_out(record: Record) -> bool:
    return any(d.id == record.delivered and d.verdict == "timeout" for d in record.drafts)


def _replaced(records: Sequence[Record]) -> Numbers:
    """How often another than the first draft was delivered, and what that changed."""
    changed = [r for r in records if r.delivered is not None and r.delivered != r.drafts[0].id]
    was = [r.drafts[0].verdict == "passed" for r in changed]
    now = [bool(r.passed) for r in changed]
    pairs = list(zip(was, now, strict=True))
    return {
        "replaced": len(changed),
        "replaced_became_right": pairs.count((False, True)),
        "replaced_became_wrong": pairs.count((True, False)),
        "replaced_stayed_right": pairs.count((True, True)),
        "replaced_stayed_wrong": pairs.count((False, False)),
    }
