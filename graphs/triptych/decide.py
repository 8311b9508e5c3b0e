"""What happens next: pure functions from what is known to a decision, without I/O.

The order of evidence and the rule that a draft is replaced only on better evidence are
AlphaCodium's "keep the best so far" (arXiv 2401.08500) made strict.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from triptych.state import Budget, Decision, Draft, EndStatus, Evidence, Strategy, Usage

Rank = tuple[int, int, int, int, int]


def rank(draft: Draft, strategy: Strategy) -> Rank:
    """How strong the evidence for a draft is; compare the ranks of one run only.

    Strongest first: there is code; the user's checks passed; the request's examples passed; no
    static check failed (one figure, for a draft of more files has more of them); and, only where
    the strategy lets reviews decide, a reviewer approved.
    """
    results = draft.evidence.results if draft.evidence else []
    passed = Counter(r.kind for r in results if r.status == "passed")
    static = {r.status for r in results if r.kind == "static"}
    approved = strategy.review == "decide" and _approved(draft)
    return (
        0 if draft.error else 1,
        passed["command"],
        passed["example"],
        int(bool(static) and static.isdisjoint(("failed", "timeout"))),
        int(approved),
    )


def best(drafts: Sequence[Draft], strategy: Strategy) -> Draft | None:
    """The draft with the strongest evidence; among equals the earliest, so nothing is replaced
    without better evidence.
    """
    usable = [d for d in drafts if not d.error]
    if len(usable) < 2:
        return usable[0] if usable else None
    return max(usable, key=lambda d: (rank(d, strategy), -d.id))


def spent(budget: Budget, usage: Usage) -> str:
    """Which limit of the budget is reached, in words; empty if none is."""
    limits = (
        ("token", budget.tokens, usage.tokens),
        ("call", budget.calls, usage.calls + usage.failed_calls),
        ("time (s)", budget.seconds, usage.seconds),
        ("money (US$)", budget.money, usage.money),
    )
    for unit, limit, used in limits:
        if limit is not None and used is not None and used >= limit:
            return f"the {unit} budget of {limit:g} is spent ({used:.6g} used)"
    return ""


def wave_size(drafts: Sequence[Draft], strategy: Strategy, budget: Budget, usage: Usage) -> int:
    """How many drafts to ask for now: the first alone, later ones in waves within the budget."""
    if not drafts:
        return 1
    made = sum(d.origin != "repair" for d in drafts)
    size = min(strategy.wave, strategy.drafts - made)
    if budget.calls is not None:
        size = min(size, budget.calls - usage.calls - usage.failed_calls)
    return max(size, 0)


def wants_review(draft: Draft, strategy: Strategy) -> bool:
    """True if a reviewer should read this draft.

    A draft that its checks already refute is not worth a call: the failure itself says more.
    """
    if strategy.review == "never" or draft.review or draft.error:
        return False
    return not (draft.evidence and draft.evidence.failures)


def to_review(drafts: Sequence[Draft], strategy: Strategy) -> Draft | None:
    """The draft that a reviewer should read now, if any.

    The best one; and where a review has asked for its repair, the newest draft with evidence as
    good, which only an approving review can put in its place.
    """
    top = best(drafts, strategy)
    if top is None or wants_review(top, strategy):
        return top
    if not (strategy.review == "decide" and _wants_changes(top)):
        return None
    checked = rank(top, strategy)[:-1]
    rivals = [d for d in drafts if wants_review(d, strategy) and rank(d, strategy)[:-1] == checked]
    return rivals[-1] if rivals else None


def signature(draft: Draft) -> tuple[tuple[str, str, str], ...]:
    """What is wrong with a draft, so that two drafts that fail alike can be told."""
    failures = draft.evidence.failures if draft.evidence else []
    return tuple((r.kind, r.name, _gist(r.detail)) for r in failures)


def _gist(detail: str) -> str:
    """What a check's output says went wrong: pytest's own error lines, else the last line.

    Times differ from run to run and say nothing.
    """
    lines = detail.strip().splitlines()
    told = [line for line in lines if line.startswith(("E ", "FAILED ", "ERROR "))]
    return re.sub(r"\b\d+(\.\d+)? ?m?s\b", "", "\n".join(told or lines[-1:]))


def stuck(drafts: Sequence[Draft]) -> bool:
    """True if the last repair failed exactly as the draft that it started from."""
    if not drafts or drafts[-1].origin != "repair":
        return False
    last = drafts[-1]
    parent = next((d for d in drafts if d.id == last.parent), None)
    if parent is None:
        return False
    return last.files == parent.files or (
        bool(signature(last)) and signature(last) == signature(parent)
    )


def decide(
    drafts: Sequence[Draft],
    strategy: Strategy,
    budget: Budget,
    usage: Usage,
    *,
    planned: bool = False,
    failure: str = "",
) -> Decision:
    """Choose the next step after drafts were checked, or checked and reviewed.

    Args:
        drafts: All drafts of the run, evidence and reviews included.
        strategy: How hard the run tries.
        budget: Its limits.
        usage: What it has spent.
        planned: True if there is a plan already.
        failure: Why the model could not be asked, if so.

    Returns:
        A review, another draft, a plan, a repair, or delivery with its status and reason.
    """
    top = best(drafts, strategy)
    good, why = verdict(top)
    limit = spent(budget, usage)
    if not limit and not failure and to_review(drafts, strategy):
        return Decision(next="review", reason=f"{why}; asking the reviewer")
    criticised = strategy.review == "decide" and _wants_changes(top)
    if good and not criticised:
        return Decision(next="deliver", status="approved", reason=why)

    def deliver(status: EndStatus, reason: str) -> Decision:
        if good:
            return Decision(next="deliver", status="approved", reason=why)
        return Decision(next="deliver", status=status, reason=reason)

    if limit:  # first: a call that ran out of time has failed, too
        return deliver("limit", f"{limit}; {why}")
    if failure:
        return deliver(
            "needs-work" if top else "failed", f"{why}; then: {failure}" if top else failure
        )

    refuted = top is None or bool(top.evidence and top.evidence.failures)
    if refuted and wave_size(drafts, strategy, budget, usage):
        if top is not None and strategy.plan == "on-failure" and not planned:
            return Decision(next="plan", reason=f"{why}; planning before the next drafts")
        return Decision(next="draft", reason=f"{why}; asking for other drafts")

    repairs = sum(d.origin == "repair" for d in drafts)
    if top is not None and (refuted or criticised) and repairs < strategy.repairs:
        if not stuck(drafts):
            return Decision(next="repair", reason=f"{why}; repairing the best draft")
        why = f"{why}; the last repair failed in the same way"
    return deliver("needs-work" if top else "failed", why)


def _approved(draft: Draft) -> bool:
    review = draft.review
    return review is not None and not review.error and review.verdict == "approve"


def _wants_changes(draft: Draft | None) -> bool:
    review = draft.review if draft else None
    return review is not None and not review.error and review.verdict == "changes"


def verdict(draft: Draft | None) -> tuple[bool, str]:
    """Whether a draft can be approved, and why, in words.

    Checks come before reviews: what ran and passed is approved whatever a reviewer says (the
    findings stay in the record), what ran and failed never is.
    """
    if draft is None:
        return False, "no usable code yet"
    evidence = draft.evidence or Evidence()
    review = draft.review
    if evidence.failures:
        names = ", ".join(r.name for r in evidence.failures[:3])
        more = len(evidence.failures) - 3
        return False, f"failed: {names}" + (f" and {more} more" if more > 0 else "")
    if evidence.behaved:
        ran = [r for r in evidence.of("command", "example") if r.status == "passed"]
        note = f"all {len(ran)} checks passed" if len(ran) > 1 else f"passed: {ran[0].name}"
        if review is not None and _wants_changes(draft):
            note += f"; the reviewer still has {len(review.findings)} findings"
        return True, note
    if review and not review.error:
        if review.verdict == "approve":
            return True, "no check could run, the reviewer approved"
        return False, f"no check could run, and the reviewer has {len(review.findings)} findings"
    cure = "give a --check, or examples in the request"
    if review:
        return False, f"no check could run, and the reviewer failed ({review.error}); {cure}"
    return False, f"nothing has run this code's behaviour: {cure}"
