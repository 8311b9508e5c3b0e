"""How far a reviewer can be trusted: its verdicts, and what came of them, against hidden checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from triptych.lab.records import DraftRecord, Record
from triptych.lab.results import ReviewRow
from triptych.lab.stages.shares import Share


def review_rows(records: Iterable[Record]) -> tuple[ReviewRow, ...]:
    """A row for each variant that had anything reviewed.

    Agreement is the share of the verdicts that the hidden check bears out: approved and right, or
    to be changed and wrong. Kappa is what of it goes beyond chance. A review that failed is no
    verdict and stands under ``errors``. A repair is counted where the draft that it started from
    was to be changed by its reviewer: it made a wrong one right, or a right one wrong.

    Args:
        records: The cells, in any order.
    """
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for record in records:
        graded = {d.id: d for d in record.drafts if d.verdict != "unknown"}
        for draft in graded.values():
            if draft.review:
                tallies[record.variant].add(record.family or record.task, draft)
            parent = None if draft.parent is None else graded.get(draft.parent)
            if draft.origin == "repair" and parent and parent.review == "changes":
                repaired = tallies[record.variant].repaired
                repaired[parent.verdict == "passed", draft.verdict == "passed"] += 1
    return tuple(tally.row(variant) for variant, tally in tallies.items())


def kappa(both: int, only_one: int, only_other: int, neither: int) -> float | None:
    """Agreement of two judges beyond chance: (p₀ - pₑ) / (1 - pₑ).

    p₀ is the share on which they agree, pₑ the share on which they would if each judged by chance
    as often as it does.

    Source: Cohen 1960, Educational and Psychological Measurement 20:37.

    Args:
        both: Cases that both call good.
        only_one: Cases that only the first does.
        only_other: Cases that only the second does.
        neither: Cases that neither does.

    Returns:
        1 for full agreement, 0 for what chance gives; None where chance alone would agree on all,
        or there is no case.

    Example:
        >>> round(kappa(20, 5, 10, 15), 3)
        0.4
    """
    n = both + only_one + only_other + neither
    if n == 0:
        return None
    one, other = both + only_one, both + only_other
    chance = one * other + (n - one) * (n - other)
    if chance == n * n:
        return None
    return (n * (both + neither) - chance) / (n * n - chance)


class _Tally:
    def __init__(self) -> None:
        self.count: Counter[tuple[str, bool]] = Counter()
        self.repaired: Counter[tuple[bool, bool]] = Counter()
        self.agreement = Share()

    def add(self, bunch: str, draft: DraftRecord) -> None:
        said, right = draft.review or "error", draft.verdict == "passed"
        self.count[said, right] += 1
        if said != "error":
            self.agreement.add(bunch, (said == "approve") == right)

    def row(self, variant: str) -> ReviewRow:
        approved, blamed = (
            (self.count[said, True], self.count[said, False]) for said in ("approve", "changes")
        )
        return ReviewRow(
            variant,
            approve_right=approved[0],
            approve_wrong=approved[1],
            changes_right=blamed[0],
            changes_wrong=blamed[1],
            errors=self.count["error", True] + self.count["error", False],
            agreement=self.agreement.rate,
            interval=self.agreement.interval,
            kappa=kappa(*approved, *blamed),
            repaired_to_right=self.repaired[False, True],
            repaired_to_wrong=self.repaired[True, False],
        )
