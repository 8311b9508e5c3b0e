"""What an experiment will cost and what it can show, before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

from triptych.lab.experiment.costs import Cost, cell_cost, first_calls
from triptych.lab.experiment.live import LiveVariant, Resolved
from triptych.lab.experiment.notes import notes
from triptych.lab.experiment.pastcells import ENOUGH, Past
from triptych.lab.experiment.width import at_once
from triptych.lab.frozen import AGAIN, LEAST_AGAIN
from triptych.lab.records import CellKey, Record
from triptych.lab.stats.planning import mde
from triptych.resources import entry_of


@dataclass(frozen=True)
class Range:
    """From the least to the most; `mid` is what measured cells make likely, if there are enough."""

    low: float
    high: float
    mid: float | None = None


@dataclass(frozen=True)
class Preview:
    """What is still to be spent, and what the whole will be able to tell.

    Attributes:
        cells: Still to be measured.
        measured: Measured already.
        calls: Of models; the least is with identical calls made once.
        input_tokens: Of all calls.
        output_tokens: Of all calls.
        money: US dollars; None where a price is not known.
        seconds: Wall time; None where nothing is known of the endpoint's pace.
        mde: The smallest true difference of pass rates that is found with 80% power.
        notes: What a careful reader should know, one sentence each.
    """

    cells: int
    measured: int
    calls: Range
    input_tokens: Range
    output_tokens: Range
    money: Range | None
    seconds: Range | None
    mde: float
    notes: tuple[str, ...]


def preview(
    resolved: Resolved,
    measured: Iterable[Record] = (),
    *,
    planned: Set[CellKey] | None = None,
) -> Preview:
    """Estimate what an experiment will cost.

    Prompts are rendered and counted at four characters a token. The least is the best case: the
    first draft is right, and answers are short. The most is the worst: all drafts and repairs that
    the strategy allows, each answer at its limit. With `ENOUGH` measured cells of a variant, what
    its cells took takes the place of both (their 10th and 90th percentile).

    Args:
        resolved: The experiment.
        measured: Records that are there already, of the same experiment.
        planned: All its cells, where the schedule is known; None: how often the baseline is
            repeated is then nearly right.

    Returns:
        The estimate.
    """
    past = Past(measured)
    if planned is None:
        ids = {task.id for task in resolved.tasks.tasks}
        done = {key for key in past.done if key[0] in ids and key[2] < resolved.experiment.trials}
        counts = _to_measure(resolved, done)
    else:
        done = past.done & planned
        counts = Counter(variant for _, variant, _ in planned - done)
    share = _shared(resolved)
    low, high, mid = Cost(), Cost(), Cost()
    known = True
    for variant in resolved.variants:
        cells = counts[variant.name]
        if past.enough(variant.name):
            one, usual, other = past.costs(variant)
            low, mid, high = low + one * cells, mid + usual * cells, high + other * cells
            continue
        known = known and not cells
        for task in resolved.tasks.tasks:
            part = cells / len(resolved.tasks.tasks)
            least, most = cell_cost(variant, task)
            low, high = low + least * part * share[variant.name], high + most * part
    return Preview(
        cells=sum(counts.values()),
        measured=len(done),
        calls=_range(low.calls, high.calls, mid.calls if known else None),
        input_tokens=_range(low.input, high.input, mid.input if known else None),
        output_tokens=_range(low.output, high.output, mid.output if known else None),
        money=_money(low, high, mid if known else None),
        seconds=_seconds(resolved, past, counts, low, high),
        mde=mde(resolved.tasks.units, resolved.experiment.trials, alpha=resolved.experiment.alpha),
        notes=notes(resolved, resolved.tasks.units),
    )


def _to_measure(resolved: Resolved, done: Set[CellKey]) -> Counter[str]:
    """Cells left, by variant; how many repeat the baseline is nearly known, the hash decides."""
    tasks, trials = len(resolved.tasks.tasks), resolved.experiment.trials
    have = Counter(variant for _, variant, _ in done)
    again = max(round(resolved.experiment.aa * tasks), min(LEAST_AGAIN, tasks))
    return Counter(
        {
            v.name: max((again if v.name.endswith(AGAIN) else tasks * trials) - have[v.name], 0)
            for v in resolved.variants
        }
    )


def _shared(resolved: Resolved) -> dict[str, float]:
    """Which share of its least calls a variant makes itself; an earlier one makes the others."""
    made: set[tuple[str, ...]] = set()
    shares = {}
    for variant in resolved.variants:
        calls = first_calls(variant)
        salt = (variant.salt,) if resolved.experiment.share_calls else (variant.name,)
        own = [(*salt, *call) for call in calls]
        shares[variant.name] = sum(call not in made for call in own) / len(own)
        made |= set(own)
    return shares


def _range(low: float, high: float, mid: float | None) -> Range:
    return Range(round(low), round(high), None if mid is None else round(mid))


def _money(low: Cost, high: Cost, mid: Cost | None) -> Range | None:
    if low.money is None or high.money is None:
        return None
    return Range(low.money, high.money, mid.money if mid else None)


def _seconds(
    resolved: Resolved, past: Past, counts: Counter[str], low: Cost, high: Cost
) -> Range | None:
    """By the cells that were measured, else by what `triptych doctor` measured of the endpoint."""
    width = min(at_once(resolved), max(len(resolved.tasks.tasks) * resolved.experiment.trials, 1))
    seconds = past.seconds
    if len(seconds) >= ENOUGH:
        cells = sum(counts.values()) / width
        mean = sum(seconds) / len(seconds)
        return Range(seconds[len(seconds) // 10] * cells, seconds[-1] * cells, mean * cells)
    paces = [_pace(variant) for variant in resolved.variants]
    if any(pace is None for pace in paces):
        return None
    first = max(pace[0] for pace in paces if pace)
    rate = min(pace[1] for pace in paces if pace)
    # A measured pace is that of one answer alone; side by side they share the machine.
    least, most = (cost.calls * first + cost.output / rate for cost in (low, high))
    return Range(least / width, most)


def _pace(variant: LiveVariant) -> tuple[float, float] | None:
    entry = entry_of(variant.model)
    seen = entry.measured if entry else None
    if seen is None or not seen.tokens_per_second:
        return None
    return seen.first_token_seconds or 0.0, seen.tokens_per_second
