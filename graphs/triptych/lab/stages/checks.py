"""How far a run's own evidence can be trusted: its checks against the hidden ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from triptych.lab.records import DraftRecord, Record
from triptych.lab.results import ChecksRow
from triptych.lab.stages.shares import Share


def checks_rows(records: Iterable[Record]) -> tuple[ChecksRow, ...]:
    """Two rows a variant: of what was delivered, and of all drafts.

    A draft is *accepted* where a check ran its behaviour and none failed, *rejected* where one
    failed, and *silent* where nothing ran its behaviour; *right* where the hidden check passed.
    The false accept rate is the share of the wrong ones, of those that the checks spoke on, that
    they accepted; the false reject rate the share of the right ones that they rejected. Drafts
    without code and those that no hidden check has graded are left out.

    Args:
        records: The cells, in any order.
    """
    tallies: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
    for record in records:
        for of, draft in _drafts(record):
            tallies[record.variant, of].add(record.family or record.task, draft)
    variants = dict.fromkeys(variant for variant, _ in tallies)
    return tuple(
        tallies[variant, of].row(variant, of)
        for variant in variants
        for of in ("delivered", "all drafts")
        if (variant, of) in tallies
    )


def _drafts(record: Record) -> Iterator[tuple[str, DraftRecord]]:
    for draft in record.drafts:
        if draft.error or draft.verdict == "unknown":
            continue
        yield "all drafts", draft
        if draft.id == record.delivered:
            yield "delivered", draft


class _Tally:
    def __init__(self) -> None:
        self.count: Counter[tuple[str, bool]] = Counter()
        self.false_accepts, self.false_rejects = Share(), Share()

    def add(self, bunch: str, draft: DraftRecord) -> None:
        said, right = draft.evidence_verdict, draft.verdict == "passed"
        self.count[said, right] += 1
        if said != "none" and right:
            self.false_rejects.add(bunch, said == "failed")
        elif said != "none":
            self.false_accepts.add(bunch, said == "passed")

    def row(self, variant: str, of: str) -> ChecksRow:
        return ChecksRow(
            variant,
            of,
            accepted_right=self.count["passed", True],
            accepted_wrong=self.count["passed", False],
            rejected_right=self.count["failed", True],
            rejected_wrong=self.count["failed", False],
            silent_right=self.count["none", True],
            silent_wrong=self.count["none", False],
            false_accept_rate=self.false_accepts.rate,
            false_accept=self.false_accepts.interval,
            false_reject_rate=self.false_rejects.rate,
            false_reject=self.false_rejects.interval,
        )
