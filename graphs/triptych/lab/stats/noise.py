"""How often a variant differs from itself, and whether the machine changed along the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from triptych.lab.results import Drift, Noise
from triptych.lab.stats.arrays import numpy, scipy_stats
from triptych.lab.stats.binary import mcnemar
from triptych.lab.stats.rates import wilson

if TYPE_CHECKING:
    from triptych.lab.stats.arrays import Floats

FOUND = 0.01
"""A p below this is called a drift: rarely by chance, for the check is made on every experiment."""


def flips(
    pairs: Iterable[tuple[bool, bool]], source: Literal["again", "trials"], level: float = 0.95
) -> Noise:
    """How often two like cells differ: the noise floor (A/A).

    Source: a proportion, with Wilson's interval.

    Args:
        pairs: Outcomes of two cells of one task and variant. A cell in two pairs would be counted
            twice: pairs of trials are to be disjoint.
        source: Where they come from.
        level: Confidence, two-sided.
    """
    seen = [first != second for first, second in pairs]
    if not seen:
        return Noise("none")
    count = sum(seen)
    return Noise(source, len(seen), count, count / len(seen), wilson(count, len(seen), level))


@dataclass(frozen=True)
class Course:
    """Values along the run: where each stands in the schedule, and what it is."""

    position: Floats
    value: Floats


def drift(
    outcome: Course,
    differences: Mapping[str, Course],
    latency: Course,
    places: Sequence[tuple[bool, bool]] = (),
) -> Drift | None:
    """Whether outcomes change along the order of the run.

    Spearman's rank correlation of the position in the schedule with the baseline's outcome, with
    each candidate's difference and with the time of the calls; and McNemar's test of the cells that
    ran first in their block against those that ran second. Blocks are shuffled, so a trend is
    the machine's or the service's, not the tasks'. Time is shown and decides nothing. Found: an
    outcome's p is below 0.01, a difference's by their number.

    Source: Spearman 1904, Am. J. Psychol. 15:72; `scipy.stats.spearmanr`.

    Args:
        outcome: Of the baseline's cells, 0 or 1.
        differences: Of each candidate, by name.
        latency: Seconds of the calls of the baseline's cells.
        places: Outcomes of the first and the second cell of each block.

    Returns:
        What was found; None where there are fewer than 10 cells.
    """
    if len(outcome.value) < 10:
        return None
    rho, p = spearman(outcome)
    found = {name: spearman(course) for name, course in differences.items()}
    first = sum(a and not b for a, b in places)
    later = sum(b and not a for a, b in places)
    place_p = mcnemar(first, later)
    least = min((q for _, q in found.values()), default=1.0) * max(1, len(found))
    return Drift(
        outcome_rho=rho,
        outcome_p=p,
        difference_rho={name: r for name, (r, _) in found.items()},
        difference_p={name: q for name, (_, q) in found.items()},
        latency_rho=spearman(latency)[0],
        place_p=place_p,
        found=min(p, place_p, least) < FOUND,
    )


def spearman(course: Course) -> tuple[float, float]:
    """Rank correlation and its p; 0 and 1 where one side does not change.

    Source: see `drift`.
    """
    np = numpy()
    position = np.asarray(course.position, dtype=float)
    value = np.asarray(course.value, dtype=float)
    if len(value) < 3 or np.ptp(position) == 0 or np.ptp(value) == 0:
        return 0.0, 1.0
    rho, p = scipy_stats().spearmanr(position, value)
    return float(rho), float(p)
