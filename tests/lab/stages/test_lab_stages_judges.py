"""Checks and reviews against the hidden checks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from record_kit import fabricate, record

from triptych.lab.records import Record
from triptych.lab.stages.checks import checks_rows
from triptych.lab.stages.reviews import kappa, review_rows
from triptych.lab.stages.shares import Share
from triptych.lab.stats.rates import wilson

RIGHT = {True: "passed", False: "failed"}


def cell(task: str, *drafts: dict[str, Any], delivered: int | None = 0, **more: Any) -> Record:
    """A cell of variant `a` with its drafts as given; the first is delivered."""
    made = record(task, "a", *(d.get("verdict", "passed") for d in drafts), delivered=delivered)
    changed = [
        own.model_copy(update={"evidence_verdict": "none", "review": None, **d})
        for own, d in zip(made.drafts, drafts, strict=True)
    ]
    return made.model_copy(update={"drafts": changed, **more})


def seen(evidence: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {"evidence_verdict": evidence, "verdict": verdict, **more}


def judged(review: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {"review": review, "verdict": verdict, **more}


class TestChecks:
    def test_each_case_has_its_place(self) -> None:
        cases = [
            *[("passed", "passed")] * 5, *[("passed", "failed")] * 4, *[("failed", "passed")] * 3,
            *[("failed", "failed")] * 2, *[("none", "passed")] * 6, *[("none", "timeout")] * 7,
        ]  # fmt: skip
        cells = [cell(f"t{n}", seen(*case)) for n, case in enumerate(cases)]
        delivered, drafts = checks_rows(cells)
        assert (delivered.of, drafts.of) == ("delivered", "all drafts")
        assert (delivered.accepted_right, delivered.accepted_wrong) == (5, 4)
        assert (delivered.rejected_right, delivered.rejected_wrong) == (3, 2)
        assert (delivered.silent_right, delivered.silent_wrong) == (6, 7)
        # Of the six wrong ones that a check spoke on, four were let through; of eight right, three
        # were turned down.
        assert delivered.false_accept_rate == 4 / 6
        assert delivered.false_reject_rate == 3 / 8
        assert delivered.false_accept == wilson(4, 6)
        assert delivered.false_reject == wilson(3, 8)

    def test_what_is_delivered_and_all_drafts_are_apart(self) -> None:
        drafts = (seen("failed", "failed"), seen("passed", "failed"))
        delivered, every = checks_rows([cell("t", *drafts, delivered=1)])
        assert (delivered.accepted_wrong, delivered.rejected_wrong) == (1, 0)
        assert (every.accepted_wrong, every.rejected_wrong) == (1, 1)

    def test_a_draft_without_code_or_grade_is_no_case(self) -> None:
        none = seen("none", "failed", error="no code", files={})
        cells = [cell("t1", none, delivered=None), cell("t2", seen("passed", "unknown"))]
        assert checks_rows(cells) == ()

    def test_without_a_wrong_one_there_is_no_rate_of_false_accepts(self) -> None:
        row = checks_rows([cell("t", seen("passed", "passed"))])[0]
        assert (row.false_accept_rate, row.false_accept) == (None, None)
        assert row.false_reject_rate == 0.0


class TestReviews:
    def test_each_case_has_its_place(self) -> None:
        cases = [
            *[("approve", "passed")] * 20, *[("approve", "failed")] * 5,
            *[("changes", "passed")] * 10, *[("changes", "failed")] * 15,
            *[("error", "failed")] * 3,
        ]  # fmt: skip
        (row,) = review_rows(cell(f"t{n}", judged(*case)) for n, case in enumerate(cases))
        assert (row.approve_right, row.approve_wrong) == (20, 5)
        assert (row.changes_right, row.changes_wrong, row.errors) == (10, 15, 3)
        assert row.agreement == 35 / 50
        assert row.interval == wilson(35, 50)
        assert row.kappa == pytest.approx(0.4)  # worked by hand: p0 = .7, pe = .5

    def test_a_variant_that_is_never_reviewed_has_no_row(self) -> None:
        assert review_rows([cell("t", seen("passed", "passed"))]) == ()

    def test_only_repairs_that_a_review_asked_for_are_its_own(self) -> None:
        def repaired(said: str, before: str, after: str, n: int) -> Record:
            first = judged(said, before)
            return cell(f"t{n}", first, {"verdict": after, "origin": "repair", "parent": 0})

        cases = [
            ("changes", "failed", "passed"), ("changes", "failed", "passed"),
            ("changes", "passed", "failed"), ("changes", "failed", "failed"),
            ("approve", "failed", "passed"), ("error", "failed", "passed"),
        ]  # fmt: skip
        (row,) = review_rows(repaired(*case, n) for n, case in enumerate(cases))
        assert (row.repaired_to_right, row.repaired_to_wrong) == (2, 1)

    def test_kappa_is_that_of_statsmodels(self) -> None:
        inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
        chance = random.Random(3)
        for _ in range(50):
            a, b, c, d = (chance.randrange(1, 40) for _ in range(4))
            theirs = inter_rater.cohens_kappa([[a, b], [c, d]]).kappa
            assert kappa(a, b, c, d) == pytest.approx(theirs)

    def test_kappa_says_nothing_where_all_is_one(self) -> None:
        assert kappa(0, 0, 0, 0) is None
        assert kappa(9, 0, 0, 0) is None
        assert kappa(0, 5, 5, 0) == -1.0


class TestShares:
    def test_cases_on_their_own_have_wilsons_interval(self) -> None:
        share = Share()
        for n in range(40):
            share.add(f"t{n}", n < 10)
        assert (share.rate, share.interval) == (0.25, wilson(10, 40))

    @pytest.mark.parametrize("passed", [0, 1])
    def test_bunches_of_one_mind_count_once_each(self, passed: int) -> None:
        share = Share()
        for n in range(60):
            share.add(f"t{n % 12}", bool(passed))
        found, expected = share.interval, wilson(12 * passed, 12)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    @pytest.mark.parametrize("apart", [0, 1])
    def test_few_large_bunches_have_an_interval_all_the_same(self, apart: int) -> None:
        # 1,000 tasks of five trials in 50 families: z is far beyond what a level can say
        share = Share()
        for n in range(5000):
            share.add(f"f{n % 50}", n % 50 < 25 or n < apart)
        found = share.interval
        assert found is not None
        assert 0.3 < found.low < share.rate < found.high < 0.7

    def test_of_nothing_there_is_nothing(self) -> None:
        assert (Share().rate, Share().interval) == (None, None)

    def test_the_interval_holds_for_cases_in_bunches_and_wilsons_own_does_not(self) -> None:
        chance, held, naive, runs = random.Random(5), 0, 0, 400
        for _ in range(runs):
            share, hits = Share(), 0
            for bunch in range(30):
                own = chance.betavariate(0.6, 0.6)  # of mean one half, and far apart
                for _ in range(5):
                    so = chance.random() < own
                    hits += so
                    share.add(str(bunch), so)
            ours, theirs = share.interval, wilson(hits, 150)
            assert ours is not None
            held += ours.low <= 0.5 <= ours.high
            naive += theirs.low <= 0.5 <= theirs.high
        assert held / runs > 0.92
        assert naive / runs < 0.85


def test_families_are_the_bunches_where_there_are_any() -> None:
    apart = checks_rows(fabricate(tasks=40, texts=False))
    together = checks_rows(fabricate(tasks=40, families=4, texts=False))
    assert apart[0].false_accept is not None
    assert together[0].false_accept is not None
    wide = [row[0].false_accept.high - row[0].false_accept.low for row in (apart, together)]
    assert wide[1] > wide[0]
