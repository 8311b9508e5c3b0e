"""A preview as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triptych.lab.experiment.live import Resolved
    from triptych.lab.experiment.preview import Preview, Range


def lines(resolved: Resolved, made: Preview) -> Iterator[str]:
    """What an experiment will cost, and what it can show."""
    from triptych.lab.experiment.seen import seen_model

    experiment = resolved.experiment
    trials = f" × {experiment.trials} trials" if experiment.trials > 1 else ""
    models = dict.fromkeys(seen_model(v.model).name for v in resolved.variants)
    tasks = f"{len(resolved.tasks.tasks)} tasks of {resolved.tasks.name}{trials}"
    names = ", ".join(experiment.variants)
    yield f"{experiment.name}: {names}; {tasks}, on {', '.join(models)}"
    if experiment.description:
        yield experiment.description
    done = f" ({made.measured} are measured)" if made.measured else ""
    yield f"  cells     {made.cells:,}{done}"
    if made.cells:
        yield f"  calls     {_range(made.calls)}"
        sent, written = _range(made.input_tokens), _range(made.output_tokens)
        yield f"  tokens    in {sent}; out {written}"
        yield f"  money     {_money(made.money)}"
        yield f"  time      {_time(made.seconds)}"
    yield f"  can see   differences from {100 * made.mde:.0f} points on (with 80% power)"
    for note in made.notes:
        yield f"  note: {note}"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    for size, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def _range(given: Range) -> str:
    text = f"{given.low:,.0f} to {given.high:,.0f}"
    if given.low == given.high:
        text = f"{given.low:,.0f}"
    return text if given.mid is None else f"{text}, about {given.mid:,.0f}"


def _money(given: Range | None) -> str:
    if given is None:
        return "unknown: not every price is known"
    if not given.high:
        return "none"
    mid = "" if given.mid is None else f", about ${given.mid:,.2f}"
    return f"${given.low:,.2f} to ${given.high:,.2f}{mid}"


def _time(given: Range | None) -> str:
    if given is None:
        return "unknown until some cells are measured"
    mid = "" if given.mid is None else f", about {duration(given.mid)}"
    return f"{duration(given.low)} to {duration(given.high)}{mid}"
