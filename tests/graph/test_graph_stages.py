"""What each stage of a run has spent: it adds up to the run's totals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graph_kit import APPROVE, GREET, GREETING, NO_CODE, PLAN, REQUEST, Stages
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from triptych import Budget, Outcome, Strategy, chat_model, run
from triptych.models import Price
from triptych.resources import Resources
from triptych.running import arun
from triptych.state import Options, Spent, Usage, to_json
from triptych.testing import Reply, ScriptedServer
from triptych.usage import Meter

COUNTS = ("calls", "failed_calls", "input_tokens", "output_tokens", "cached_tokens")
ALL = Strategy(plan="always", drafts=1, repairs=0, review="advise")
QUIBBLE = json.dumps({"findings": [{"quote": "hello", "failure": "dull"}], "verdict": "changes"})


def adds_up(usage: Usage) -> None:
    stages = usage.stages.values()
    for name in COUNTS:
        assert getattr(usage, name) == sum(getattr(s, name) for s in stages), name
    assert usage.seconds == pytest.approx(sum(s.seconds for s in stages))
    paid = [s.money for s in stages if s.money is not None]
    assert usage.money == (pytest.approx(sum(paid)) if paid else None)


DOWN = Reply("down", status=500)
ANSWERS = {
    "plan": [PLAN, "no JSON at all", DOWN],
    "code": [GREETING, NO_CODE, Reply(GREETING, usage=(100, 50)), DOWN],
    "repair": [GREETING, NO_CODE, DOWN],
    "review": [APPROVE, QUIBBLE, "fine by me", DOWN],
}


@settings(max_examples=25)
@given(
    answers=st.fixed_dictionaries(
        {
            stage: st.lists(st.sampled_from(a), min_size=1, max_size=4)
            for stage, a in ANSWERS.items()
        }
    ),
    strategy=st.builds(
        Strategy,
        plan=st.sampled_from(["always", "never", "on-failure"]),
        drafts=st.integers(1, 4),
        wave=st.integers(1, 3),
        repairs=st.integers(0, 2),
        review=st.sampled_from(["never", "advise", "decide"]),
    ),
    budget=st.builds(Budget, calls=st.none() | st.integers(1, 6)),
)
def test_the_stages_add_up_to_the_totals_whatever_happens(
    answers: Any, strategy: Strategy, budget: Budget
) -> None:
    stages = Stages(**answers)
    with ScriptedServer(stages) as server:
        model = chat_model(base_url=server.base_url, model="scripted", max_retries=0)
        outcome = run(GREET, model=model, strategy=strategy, budget=budget)
    adds_up(outcome.usage)
    asked = {stage: stages.asked.count(stage) for stage in set(stages.asked)}
    spent = outcome.usage.stages
    assert {s: u.calls + u.failed_calls for s, u in spent.items() if s != "verify"} == asked


async def test_a_stage_has_its_own_calls_tokens_and_time(scripted: Any) -> None:
    model, _ = scripted(
        plan=Reply(PLAN, usage=(10, 1)),
        code=Reply(GREETING, usage=(200, 20), delay=0.05),
        review=Reply(APPROVE, usage=(3000, 300)),
    )
    spent = (await arun(GREET, model=model, strategy=ALL)).usage.stages
    assert list(spent) == ["plan", "code", "verify", "review"]
    assert [spent[s].input_tokens for s in ("plan", "code", "review")] == [10, 200, 3000]
    assert [spent[s].output_tokens for s in ("plan", "code", "review")] == [1, 20, 300]
    assert 0.05 <= spent["code"].model_seconds <= spent["code"].seconds
    assert (spent["verify"].calls, spent["verify"].model_seconds) == (0, 0.0)


async def test_calls_of_a_wave_each_have_their_own_time(scripted: Any) -> None:
    model, _ = scripted(code=[NO_CODE, Reply(NO_CODE, delay=0.1), Reply(NO_CODE, delay=0.1)])
    strategy = Strategy(plan="never", drafts=3, wave=2, repairs=0, review="never")
    code = (await arun(GREET, model=model, strategy=strategy)).usage.stages["code"]
    assert code.model_seconds >= 0.2  # both, though they ran at once


async def test_verify_has_the_time_of_the_checks(scripted: Any) -> None:
    model, _ = scripted(code="```python\ndef add(a, b):\n    return a + b\n```")
    strategy = Strategy(plan="never", drafts=1, repairs=0, review="never")
    outcome = await arun(REQUEST, model=model, strategy=strategy)
    adds_up(outcome.usage)
    assert outcome.usage.stages["verify"].seconds >= sum(
        r.seconds for r in outcome.evidence.of("example")
    )


def answer(seconds: float | None = None) -> AIMessage:
    known = {} if seconds is None else {"replayed": True, "seconds": seconds}
    usage = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    return AIMessage("", usage_metadata=usage, response_metadata=known)


def test_a_replayed_call_counts_in_full_with_the_time_of_its_original() -> None:
    meter = Meter()
    meter.count(answer(), 2.0)
    meter.count(answer(seconds=7.5), 0.001)
    spent = meter.add_to(Usage(), 1.0, None, "code").stages["code"]
    assert (spent.calls, spent.replayed, spent.input_tokens) == (2, 1, 2000)
    assert spent.model_seconds == 9.5
    assert spent.seconds == 1.0


def test_each_stage_is_paid_at_its_own_models_price() -> None:
    usage = Usage()
    for stage, price in (("plan", Price(10, 20)), ("code", None), ("plan", Price(10, 20))):
        meter = Meter()
        meter.count(answer(), 1.0)
        usage = meter.add_to(usage, 1.0, price, stage)
    assert usage.stages["plan"].money == pytest.approx(2 * (1000 * 10 + 100 * 20) / 1e6)
    assert usage.stages["code"].money is None
    adds_up(usage)


def test_an_outcome_of_before_there_were_stages_is_still_read() -> None:
    old = to_json(Outcome(status="approved", reason="", request="r", usage=Usage(calls=3)))
    del old["usage"]["stages"]
    assert Outcome.model_validate(old).usage == Usage(calls=3)
    assert Spent().money is None


class TestShared:
    """Many runs with one set of resources."""

    async def test_what_was_made_once_is_not_made_again(self) -> None:
        shared = Resources()
        place = await shared.place(Options())
        assert await shared.beside().place(Options()) is place

    async def test_a_ready_model_of_a_stage_wins_over_a_name(self, scripted_server: Any) -> None:
        servers = {
            s: scripted_server(Stages(plan=PLAN, code=GREETING, review=APPROVE)) for s in "ab"
        }
        models = {s: chat_model(base_url=x.base_url, model="m") for s, x in servers.items()}
        outcome = await arun(GREET, model=models["a"], models={"review": models["b"]}, strategy=ALL)
        assert outcome.status == "approved"
        assert [len(servers[s].chats) for s in "ab"] == [2, 1]

    async def test_runs_beside_each_other_keep_their_own_models(self, scripted_server: Any) -> None:
        shared = Resources()
        for name in ("a", "b", "c"):
            server = scripted_server(Stages(code=GREETING))
            model = chat_model(base_url=server.base_url, model=name)
            strategy = Strategy(plan="never", drafts=1, repairs=0, review="never")
            outcome = await arun(GREET, model=model, strategy=strategy, resources=shared)
            assert (outcome.model, len(server.chats)) == (name, 1)

    async def test_resources_of_a_cell_bring_its_model(self, scripted: Any) -> None:
        model, stages = scripted(plan=PLAN, code=GREETING, review=APPROVE)
        cell = Resources().beside(model)
        assert (await arun(GREET, strategy=ALL, resources=cell)).status == "approved"
        assert stages.asked == ["plan", "code", "review"]

    async def test_models_of_runs_that_ended_are_let_go(self) -> None:
        import gc
        import weakref

        shared, left = Resources(), []
        model = chat_model(base_url="http://127.0.0.1:1/v1", model="scripted")
        for seed in range(20):
            own = model.model_copy(update={"seed": seed})
            cell = shared.beside(own)
            cell.price(own)
            left.append(weakref.ref(own))
        del own, cell
        gc.collect()
        assert [ref() for ref in left if ref() is not None] == []
