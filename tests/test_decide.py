"""What happens next, by tables: no model, no loop, no disk."""

from __future__ import annotations

import pytest

from triptych import decide
from triptych.state import (
    Budget,
    CheckResult,
    Draft,
    Evidence,
    Finding,
    Review,
    Strategy,
    Usage,
)

PASSED = "passed"
FAILED = "failed"


def evidence(command: str = "", example: str = "", static: str = PASSED) -> Evidence:
    given = {"static": static, "example": example, "command": command}
    return Evidence(
        results=[
            CheckResult(kind=kind, name=f"{kind} check", status=status, detail=f"{kind} said no")
            for kind, status in given.items()
            if status
        ]
    )


def draft(id: int = 0, origin: str = "first", **fields: object) -> Draft:
    fields.setdefault("evidence", evidence(example=PASSED))
    return Draft(id=id, origin=origin, files={"s.py": f"# {id}"}, **fields)


APPROVE = Review(verdict="approve")
CHANGES = Review(verdict="changes", findings=[Finding(quote="x", failure="f(0) is wrong")])
BROKEN = Review(error="the endpoint is down")

UNCHECKED = evidence()
BAD = evidence(example=FAILED)
GOOD = evidence(example=PASSED)


class TestBest:
    def test_an_equal_later_draft_does_not_replace_the_first(self) -> None:
        drafts = [draft(0), draft(1, "wave")]
        assert decide.best(drafts, Strategy()).id == 0

    @pytest.mark.parametrize(
        ("weaker", "stronger"),
        [
            (evidence(example=FAILED), evidence(example=PASSED)),
            (evidence(static=FAILED, example=""), evidence()),
            (evidence(command=FAILED, example=PASSED), evidence(command=PASSED, example=FAILED)),
        ],
        ids=["examples", "static", "the user's checks weigh more than examples"],
    )
    def test_better_evidence_replaces(self, weaker: Evidence, stronger: Evidence) -> None:
        drafts = [draft(0, evidence=weaker), draft(1, "wave", evidence=stronger)]
        assert decide.best(drafts, Strategy()).id == 1
        assert decide.best(drafts[::-1], Strategy()).id == 1

    def test_more_files_are_no_better_evidence(self) -> None:
        one = evidence(example=FAILED)
        two = Evidence(results=[*one.results, *evidence(example="").results])
        drafts = [draft(0, evidence=one), draft(1, "wave", evidence=two)]
        assert decide.best(drafts, Strategy()).id == 0

    def test_a_repair_that_nobody_reviewed_does_not_replace_a_criticised_draft(self) -> None:
        for review in (None, BROKEN):
            drafts = [draft(0, review=CHANGES), draft(1, "repair", review=review)]
            assert decide.best(drafts, Strategy(review="decide")).id == 0

    def test_a_draft_without_code_is_never_delivered(self) -> None:
        assert decide.best([Draft(id=0, origin="first", error="no code")], Strategy()) is None

    def test_a_review_breaks_a_tie_only_where_reviews_decide(self) -> None:
        drafts = [draft(0, review=CHANGES), draft(1, "repair", review=APPROVE)]
        assert decide.best(drafts, Strategy(review="decide")).id == 1
        assert decide.best(drafts, Strategy(review="advise")).id == 0

    def test_a_review_never_outweighs_a_check(self) -> None:
        drafts = [
            draft(0, evidence=GOOD, review=CHANGES),
            draft(1, "wave", evidence=BAD, review=APPROVE),
        ]
        assert decide.best(drafts, Strategy(review="decide")).id == 0


def chosen(drafts: list[Draft], strategy: Strategy, **more: object) -> tuple[str, str | None]:
    budget, usage = more.pop("budget", Budget()), more.pop("usage", Usage())
    decision = decide.decide(drafts, strategy, budget, usage, **more)
    assert decision.reason
    return decision.next, decision.status


ALONE = {"drafts": 1, "repairs": 0, "review": "never", "plan": "never"}


@pytest.mark.parametrize(
    ("drafts", "strategy", "expected"),
    [
        ([draft()], {"review": "never"}, ("deliver", "approved")),
        ([draft()], {"review": "advise"}, ("review", None)),
        ([draft(review=APPROVE)], {"review": "decide"}, ("deliver", "approved")),
        ([draft(review=BROKEN)], {"review": "decide"}, ("deliver", "approved")),
        ([draft(evidence=BAD)], ALONE, ("deliver", "needs-work")),
        ([draft(evidence=UNCHECKED)], ALONE, ("deliver", "needs-work")),
        ([draft(evidence=UNCHECKED, review=APPROVE)], ALONE, ("deliver", "approved")),
        ([draft(evidence=UNCHECKED, review=BROKEN)], ALONE, ("deliver", "needs-work")),
        ([draft(evidence=BAD)], {"plan": "never"}, ("draft", None)),
        ([draft(evidence=BAD)], {"plan": "on-failure"}, ("plan", None)),
        ([draft(evidence=BAD)], {"plan": "always"}, ("plan-was-made", None)),
        ([draft(evidence=BAD)], {"drafts": 1}, ("repair", None)),
        ([Draft(id=0, origin="first", error="no code")], {}, ("draft", None)),
        ([Draft(id=0, origin="first", error="no code")], ALONE, ("deliver", "failed")),
        ([draft(review=CHANGES)], {"review": "decide"}, ("repair", None)),
        ([draft(review=CHANGES)], {"review": "advise"}, ("deliver", "approved")),
        ([draft(review=CHANGES)], {"review": "decide", "repairs": 0}, ("deliver", "approved")),
        (
            [draft(evidence=UNCHECKED, review=CHANGES)],
            {"review": "advise"},
            ("deliver", "needs-work"),
        ),
    ],
)
def test_the_next_step(
    drafts: list[Draft], strategy: dict[str, object], expected: tuple[str, str | None]
) -> None:
    planned = expected[0] == "plan-was-made"
    if planned:
        expected = ("draft", None)
    assert chosen(drafts, Strategy(**strategy), planned=planned) == expected


def test_a_repair_that_fails_as_its_parent_did_is_the_last() -> None:
    first = draft(0, evidence=BAD)
    same = draft(1, "repair", evidence=BAD, parent=0)
    strategy = Strategy(drafts=1, repairs=5)
    assert chosen([first, same], strategy) == ("deliver", "needs-work")
    other = draft(1, "repair", evidence=evidence(command=FAILED), parent=0)
    assert chosen([first, other], strategy) == ("repair", None)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("E   assert 1 == 2\n1 failed in 0.02s", "E   assert 1 == 2\n1 failed in 0.35s", True),
        ("E   assert 1 == 2\n1 failed in 0.02s", "E   assert 3 == 2\n1 failed in 0.02s", False),
        ("took 1.5 s\nValueError: x", "took 2.5 s\nValueError: x", True),
        ("ValueError: x", "ValueError: y", False),
    ],
)
def test_times_do_not_make_two_failures_differ(before: str, after: str, same: bool) -> None:
    def failing(id: int, detail: str) -> Draft:
        result = CheckResult(kind="command", name="pytest", status="failed", detail=detail)
        origin = "repair" if id else "first"
        return draft(id, origin, evidence=Evidence(results=[result]), parent=0 if id else None)

    assert decide.stuck([failing(0, before), failing(1, after)]) is same


def test_a_check_of_the_users_that_did_not_run_is_not_made_up_for_by_an_example() -> None:
    results = [
        CheckResult(kind="command", name="pytest -q", status="not-run"),
        CheckResult(kind="example", name="f(1)", status="passed"),
    ]
    only = draft(0, evidence=Evidence(results=results))
    assert chosen([only], Strategy(**ALONE)) == ("deliver", "needs-work")


def test_repairs_are_counted() -> None:
    drafts = [draft(0, evidence=BAD)]
    strategy = Strategy(drafts=1, repairs=1)
    assert chosen(drafts, strategy) == ("repair", None)
    drafts.append(draft(1, "repair", evidence=evidence(command=FAILED), parent=0))
    assert chosen(drafts, strategy) == ("deliver", "needs-work")


@pytest.mark.parametrize(
    ("budget", "usage"),
    [
        (Budget(tokens=100), Usage(input_tokens=60, output_tokens=40)),
        (Budget(calls=2), Usage(calls=1, failed_calls=1)),
        (Budget(seconds=3), Usage(seconds=3.5)),
        (Budget(money=0.5), Usage(money=0.5)),
    ],
)
def test_a_spent_budget_ends_the_run_with_the_best_so_far(budget: Budget, usage: Usage) -> None:
    assert decide.spent(budget, usage)
    failing = [draft(evidence=BAD)]
    assert chosen(failing, Strategy(), budget=budget, usage=usage) == ("deliver", "limit")
    for good in ([draft(review=CHANGES)], [draft()]):  # the second is not reviewed any more
        assert chosen(good, Strategy(), budget=budget, usage=usage) == ("deliver", "approved")


def test_an_unspent_budget_limits_nothing() -> None:
    budget = Budget(tokens=100, calls=9, seconds=9, money=1)
    assert decide.spent(budget, Usage(input_tokens=99, calls=8, seconds=8.9, money=0.9)) == ""
    assert decide.spent(Budget(money=1), Usage(money=None)) == ""


def test_an_endpoint_that_fails_ends_the_run() -> None:
    assert chosen([], Strategy(), failure="it is down") == ("deliver", "failed")
    assert chosen([draft()], Strategy(), failure="it is down") == ("deliver", "approved")
    spent = {"budget": Budget(seconds=1), "usage": Usage(seconds=1)}
    assert chosen([], Strategy(), failure="no time left", **spent) == ("deliver", "limit")
    drafts = [draft(evidence=BAD)]
    assert chosen(drafts, Strategy(), failure="it is down") == ("deliver", "needs-work")


def test_waves_follow_the_first_draft_and_stay_inside_the_limits() -> None:
    strategy = Strategy(drafts=4, wave=2)
    none, two = Budget(), Budget(calls=3)
    made = [draft(0), draft(1, "wave"), draft(2, "wave")]
    assert decide.wave_size([], strategy, none, Usage()) == 1
    assert decide.wave_size(made[:1], strategy, none, Usage(calls=1)) == 2
    assert decide.wave_size(made, strategy, none, Usage(calls=3)) == 1
    assert decide.wave_size(made[:1], strategy, two, Usage(calls=2)) == 1
    assert decide.wave_size([*made, draft(3, "wave")], strategy, none, Usage()) == 0


def test_a_repair_that_a_review_asked_for_is_reviewed_before_it_can_replace() -> None:
    criticised, repaired = draft(0, review=CHANGES), draft(1, "repair", parent=0)
    worse = draft(2, "repair", parent=0, evidence=BAD)
    deciding, advising = Strategy(review="decide"), Strategy(review="advise")
    assert decide.to_review([criticised, repaired], deciding) == repaired
    assert decide.to_review([criticised, worse], deciding) is None
    assert decide.to_review([criticised, repaired], advising) is None
    assert decide.to_review([draft(0)], deciding) == draft(0)
    assert decide.to_review([], deciding) is None


@pytest.mark.parametrize(
    ("mode", "given", "expected"),
    [
        ("never", {}, False),
        ("advise", {}, True),
        ("decide", {}, True),
        ("decide", {"review": APPROVE}, False),
        ("decide", {"evidence": BAD}, False),
        ("advise", {"evidence": UNCHECKED}, True),
    ],
)
def test_a_review_is_asked_for_what_checks_do_not_refute(
    mode: str, given: dict[str, object], expected: bool
) -> None:
    assert decide.wants_review(draft(**given), Strategy(review=mode)) is expected
