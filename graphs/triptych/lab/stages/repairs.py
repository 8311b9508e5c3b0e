"""What repairing brought, round by round."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from triptych.lab.records import DraftRecord, Record
from triptych.lab.results import RepairRow


def repair_rows(records: Iterable[Record]) -> tuple[RepairRow, ...]:
    """A row for each round of repairs of each variant.

    A repair is held against the draft that it started from, whatever the run delivered.

    Args:
        records: The cells, in any order.
    """
    counts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for record in records:
        for number, (parent, repair) in enumerate(_repairs(record), 1):
            count = counts[record.variant, number]
            count.update(_seen(parent, repair))
            count["delivered"] += repair.id == record.delivered
    variants = {variant: place for place, (variant, _) in enumerate(counts)}
    return tuple(
        RepairRow(variant, number, **{name: counts[variant, number][name] for name in _NAMES})
        for variant, number in sorted(counts, key=lambda key: (variants[key[0]], key[1]))
    )


_NAMES = (
    "after_checks", "after_review", "to_right", "to_wrong", "stayed_right", "stayed_wrong",
    "no_code", "delivered",
)  # fmt: skip


def _repairs(record: Record) -> Iterator[tuple[DraftRecord, DraftRecord]]:
    """Each repair, in order, with the draft that it started from."""
    by_id = {draft.id: draft for draft in record.drafts}
    for draft in sorted(record.drafts, key=lambda draft: draft.id):
        parent = None if draft.parent is None else by_id.get(draft.parent)
        if draft.origin == "repair" and parent and "unknown" not in (parent.verdict, draft.verdict):
            yield parent, draft


def _seen(parent: DraftRecord, repair: DraftRecord) -> list[str]:
    why = "after_checks" if parent.evidence_verdict == "failed" else "after_review"
    if repair.error:
        return [why, "no_code"]
    before, after = parent.verdict == "passed", repair.verdict == "passed"
    if before == after:
        return [why, "stayed_right" if after else "stayed_wrong"]
    return [why, "to_right" if after else "to_wrong"]
