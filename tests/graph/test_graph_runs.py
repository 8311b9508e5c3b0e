"""What a run does, end to end over HTTP and in the real sandbox, with a scripted model."""

from __future__ import annotations

from typing import Any

import pytest
from graph_kit import (
    APPROVE,
    BAD,
    CHANGES,
    GOOD,
    NO_CODE,
    OFF_THE_MARK,
    PLAN,
    REQUEST,
    WORSE,
)
from langchain_core.language_models import GenericFakeChatModel

from triptych import Budget, Strategy, arun, coder, run
from triptych.errors import InputError
from triptych.testing import Reply

ONCE = Strategy(plan="never", drafts=1, repairs=0, review="never", edit_format="whole")


def but(strategy: Strategy = ONCE, **fields: Any) -> Strategy:
    return strategy.model_copy(update=fields)


async def test_a_draft_that_passes_its_examples_is_approved(scripted: Any) -> None:
    model, stages = scripted(code=GOOD)
    outcome = await arun(REQUEST, model=model, strategy=ONCE)
    assert (outcome.status, stages.asked) == ("approved", ["code"])
    assert outcome.code == "def add(a, b):\n    return a + b\n"
    assert [r.status for r in outcome.evidence.of("example")] == ["passed"]
    assert "+def add(a, b):" in outcome.patch
    assert outcome.usage.calls == 1
    assert outcome.usage.tokens > 0
    assert outcome.prompts["code"].version == "1.0.0"
    assert len(outcome.prompts["code"].sha256) == 64


async def test_the_first_draft_is_exactly_the_single_shot_call(scripted: Any) -> None:
    first_calls = []
    for strategy in (ONCE, Strategy(drafts=5, repairs=2, review="decide", edit_format="whole")):
        model, stages = scripted(code=GOOD, review=APPROVE)
        await arun(REQUEST, model=model, strategy=strategy)
        first_calls.append(stages.bodies[0])
    model, stages = scripted(code=GOOD)
    await coder(model).ainvoke({"request": REQUEST})  # what a user would ask without a graph
    assert first_calls == [stages.bodies[0]] * 2


async def test_a_failing_draft_is_replaced_by_a_better_one_of_the_wave(scripted: Any) -> None:
    model, stages = scripted(code=[BAD, WORSE, GOOD])
    outcome = await arun(REQUEST, model=model, strategy=but(drafts=5, wave=2))
    assert outcome.status == "approved"
    assert stages.asked == ["code"] * 3  # complete evidence stops the waves
    assert outcome.draft is not None
    assert outcome.draft.origin == "wave"
    assert outcome.draft.seed == 7 + outcome.draft.id


async def test_a_failed_call_of_a_wave_does_not_make_the_run_ask_for_ever(scripted: Any) -> None:
    refused = Reply("no", status=400)  # not tried again
    model, stages = scripted(code=[BAD, refused, WORSE])
    how = {"strategy": but(drafts=3, wave=2), "budget": Budget(calls=20)}
    outcome = await arun(REQUEST, model=model, **how)
    assert len({d.id for d in outcome.drafts}) == len(outcome.drafts) == 3
    assert len(stages.asked) == 4


async def test_a_chat_model_of_another_class_will_do() -> None:
    model = GenericFakeChatModel(messages=iter([GOOD]))
    outcome = await arun(REQUEST, model=model, strategy=ONCE)
    assert outcome.code


async def test_equal_evidence_never_replaces_the_first_draft(scripted: Any) -> None:
    model, _ = scripted(code=[BAD, BAD])
    outcome = await arun(REQUEST, model=model, strategy=but(drafts=3))
    assert (outcome.status, outcome.best, len(outcome.drafts)) == ("needs-work", 0, 3)
    assert "add(1, 2)" in outcome.reason


async def test_a_repair_is_given_the_failure_and_delivers_when_better(scripted: Any) -> None:
    model, stages = scripted(code=BAD, repair=GOOD)
    outcome = await arun(REQUEST, model=model, strategy=but(repairs=1))
    assert (outcome.status, stages.asked) == ("approved", ["code", "repair"])
    assert outcome.draft is not None
    assert (outcome.draft.origin, outcome.draft.parent) == ("repair", 0)


async def test_a_repair_that_is_no_better_is_not_delivered(scripted: Any) -> None:
    model, _ = scripted(code=BAD, repair="```python\ndef other():\n    pass\n```")
    outcome = await arun(REQUEST, model=model, strategy=but(repairs=2))
    assert (outcome.status, outcome.best) == ("needs-work", 0)


async def test_planning_on_failure_competes_with_drafts_without_a_plan(scripted: Any) -> None:
    model, stages = scripted(plan=PLAN, code=[BAD, BAD, GOOD])
    strategy = but(plan="on-failure", drafts=3, wave=2)
    outcome = await arun(REQUEST, model=model, strategy=strategy)
    assert stages.asked[:2] == ["code", "plan"]
    assert [d.planned for d in outcome.drafts] == [False, True, False]
    assert outcome.status == "approved"
    assert outcome.plan is not None


async def test_a_planner_that_fails_does_not_end_the_run(scripted: Any) -> None:
    model, stages = scripted(plan="no JSON at all", code=GOOD)
    outcome = await arun(REQUEST, model=model, strategy=but(plan="always"))
    assert (outcome.status, stages.asked) == ("approved", ["plan", "code"])
    assert outcome.plan is None


async def test_an_answer_without_code_is_a_draft_with_an_error(scripted: Any) -> None:
    model, _ = scripted(code=[NO_CODE, GOOD])
    outcome = await arun(REQUEST, model=model, strategy=but(drafts=2))
    assert outcome.status == "approved"
    assert outcome.drafts[0].error
    assert outcome.drafts[0].reply == NO_CODE


async def test_nothing_usable_at_all_is_a_failed_run(scripted: Any) -> None:
    model, _ = scripted(code=NO_CODE)
    outcome = await arun(REQUEST, model=model, strategy=but(drafts=2))
    assert (outcome.status, outcome.best, outcome.code) == ("failed", None, "")


class TestReview:
    async def test_advice_is_recorded_but_does_not_overrule_what_ran(self, scripted: Any) -> None:
        model, stages = scripted(code=GOOD, review=OFF_THE_MARK)
        outcome = await arun(REQUEST, model=model, strategy=but(review="advise", repairs=2))
        assert (outcome.status, stages.asked) == ("approved", ["code", "review"])

    async def test_a_finding_that_quotes_no_line_of_the_draft_is_dropped(
        self, scripted: Any
    ) -> None:
        model, _ = scripted(code=GOOD, review=OFF_THE_MARK)
        outcome = await arun(REQUEST, model=model, strategy=but(review="advise"))
        assert outcome.review is not None
        assert outcome.review.findings == []
        assert "quote no line" in outcome.review.error

    async def test_where_it_decides_a_finding_starts_a_repair(self, scripted: Any) -> None:
        unchecked = "Write add(a, b) in one file."
        model, stages = scripted(code=BAD, review=[CHANGES, APPROVE], repair=GOOD)
        outcome = await arun(unchecked, model=model, strategy=but(review="decide", repairs=1))
        assert stages.asked == ["code", "review", "repair", "review"]
        assert outcome.status == "approved"
        assert outcome.draft is not None
        assert outcome.draft.origin == "repair"

    async def test_where_it_finds_fault_the_next_draft_of_a_wave_is_reviewed(
        self, scripted: Any
    ) -> None:
        unchecked = "Write add(a, b) in one file."
        model, stages = scripted(code=[NO_CODE, BAD, GOOD], review=[CHANGES, APPROVE])
        outcome = await arun(unchecked, model=model, strategy=but(review="decide", drafts=3))
        assert stages.asked == ["code"] * 3 + ["review"] * 2
        assert (outcome.status, outcome.best) == ("approved", 2)

    async def test_a_reviewer_that_fails_is_not_a_review_that_failed(self, scripted: Any) -> None:
        model, _ = scripted(code=GOOD, review=Reply("down", status=500))
        outcome = await arun(REQUEST, model=model, strategy=but(review="decide"))
        assert outcome.status == "approved"
        assert outcome.review is not None
        assert outcome.review.error

    async def test_a_draft_that_its_checks_refute_is_not_reviewed(self, scripted: Any) -> None:
        model, stages = scripted(code=BAD, review=APPROVE)
        await arun(REQUEST, model=model, strategy=but(review="decide"))
        assert stages.asked == ["code"]


async def test_code_that_nothing_checked_is_not_called_approved(scripted: Any) -> None:
    model, _ = scripted(code=GOOD)
    outcome = await arun("Write add(a, b).", model=model, strategy=ONCE)
    assert outcome.status == "needs-work"
    assert "--check" in outcome.reason


class TestBudget:
    async def test_calls(self, scripted: Any) -> None:
        model, stages = scripted(code=BAD)
        outcome = await arun(
            REQUEST, model=model, strategy=but(drafts=9, wave=4), budget=Budget(calls=3)
        )
        assert (outcome.status, len(stages.asked)) == ("limit", 3)
        assert "call budget of 3" in outcome.reason
        assert outcome.code

    async def test_tokens(self, scripted: Any) -> None:
        model, stages = scripted(code=Reply(BAD, usage=(100, 50)))
        outcome = await arun(
            REQUEST, model=model, strategy=but(drafts=9, wave=1), budget=Budget(tokens=300)
        )
        assert (outcome.status, len(stages.asked)) == ("limit", 2)
        assert outcome.usage.tokens == 300

    async def test_a_wave_shares_the_tokens_that_are_left(self, scripted: Any) -> None:
        model, stages = scripted(code=Reply(BAD, usage=(100, 50)))
        await arun(REQUEST, model=model, strategy=but(drafts=3, wave=2), budget=Budget(tokens=350))
        assert [b["max_tokens"] for b in stages.bodies] == [350, 100, 100]

    def test_money_without_a_known_price_is_refused(self, scripted: Any) -> None:
        model, stages = scripted(code=GOOD)
        with pytest.raises(InputError, match="no price"):
            run(REQUEST, model=model, strategy=ONCE, budget=Budget(money=0.5))
        assert stages.asked == []

    async def test_seconds_end_a_check_that_hangs(self, scripted: Any) -> None:
        model, _ = scripted(code=GOOD)
        outcome = await arun(
            REQUEST,
            checks=["sleep 100"],
            model=model,
            strategy=ONCE,
            budget=Budget(seconds=3),
        )
        assert [r.status for r in outcome.evidence.of("command")] == ["timeout"]
        assert outcome.usage.seconds < 60

    async def test_seconds_end_a_call_that_is_under_way(self, scripted: Any) -> None:
        import threading

        held = threading.Event()
        reply = Reply(GOOD, hold=held)
        model, _ = scripted(code=reply)
        try:
            outcome = await arun(REQUEST, model=model, strategy=ONCE, budget=Budget(seconds=1.0))
            assert outcome.status == "limit"
            assert "time (s) budget of 1 " in outcome.reason
            assert reply.closed.wait(10)  # the request was closed, not left running
        finally:
            held.set()


async def test_failed_calls_are_counted(scripted: Any) -> None:
    model, _ = scripted(code=Reply("overloaded", status=503))
    outcome = await arun(REQUEST, model=model, strategy=ONCE)
    assert (outcome.status, outcome.usage.failed_calls) == ("failed", 1)
    assert "503" in outcome.reason or "overloaded" in outcome.reason


async def test_an_endpoint_that_fails_later_keeps_the_best_so_far(scripted: Any) -> None:
    model, _ = scripted(code=[BAD, Reply("down", status=500)])
    outcome = await arun(REQUEST, model=model, strategy=but(drafts=3))
    assert (outcome.status, outcome.best) == ("needs-work", 0)
    assert outcome.code


async def test_a_two_file_program_is_mended_and_its_test_passes(scripted: Any) -> None:
    files = {
        "shapes.py": "def area(w, h):\n    return w + h\n",
        "test_shapes.py": "from shapes import area\n\n\ndef test_area():\n"
        "    assert area(2, 3) == 6\n",
    }
    edit = (
        "### shapes.py\n```python\n<<<<<<< SEARCH\n    return w + h\n=======\n"
        "    return w * h\n>>>>>>> REPLACE\n```"
    )
    model, _ = scripted(code=edit)
    outcome = await arun(
        "area() is wrong.",
        files=files,
        checks=["test_shapes.py"],
        model=model,
        strategy=but(edit_format="blocks"),
    )
    assert outcome.status == "approved", outcome.reason
    assert outcome.files == {"shapes.py": "def area(w, h):\n    return w * h\n"}
    assert outcome.patch.count("diff --git") == 1
    assert [r.status for r in outcome.evidence.of("command")] == ["passed"]


@pytest.mark.parametrize(
    ("request_", "how", "names"),
    [
        ("", {}, "empty"),
        ("   \n", {}, "empty"),
        ("write f", {"checks": ["no-such-program --now"]}, "no-such-program"),
        ("write f", {"checks": ["pytest 'unbalanced"]}, "unbalanced"),
        ("write f", {"python": "/no/such/python"}, "/no/such/python"),
        ("write f", {"sandbox": "castle"}, "sandbox"),
    ],
)
def test_bad_input_is_refused_before_the_model_is_asked(
    scripted: Any, request_: str, how: dict[str, Any], names: str
) -> None:
    model, stages = scripted(code=GOOD)
    with pytest.raises(InputError, match=names):
        run(request_, model=model, strategy=ONCE, **how)
    assert stages.asked == []


def test_a_request_beyond_the_context_is_refused_with_both_sizes(scripted_server: Any) -> None:
    from triptych import chat_model

    server = scripted_server([])
    model = chat_model(base_url=server.base_url, model="qwen2.5-coder-0.5b")
    with pytest.raises(InputError, match=r"1,000,000 characters.*8,192"):
        run("x" * 1_000_000, model=model)
    assert server.requests == []


def test_without_a_sandbox_checks_are_reported_as_not_run(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triptych import resources
    from triptych.errors import SandboxError

    def none(name: str) -> None:
        raise SandboxError("This machine has no sandbox.", "Allow user namespaces.")

    monkeypatch.setattr(resources, "open_sandbox", none)
    model, _ = scripted(code=GOOD)
    seen = []
    outcome = run(REQUEST, model=model, strategy=ONCE, on_event=seen.append)
    assert {r.status for r in outcome.evidence.results} == {"not-run"}
    assert "no sandbox" in outcome.evidence.results[0].detail
    assert outcome.status == "needs-work"
    assert seen[0].warnings == ["This machine has no sandbox. Allow user namespaces."]
