"""What LangGraph users expect of a compiled graph: streams, savers, interrupts, nesting, tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from graph_kit import APPROVE, BAD, GOOD, GREET, GREETING, PLAN, REQUEST
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from triptych import Budget, Options, Outcome, Strategy, build_graph
from triptych.events import parse_event
from triptych.graph import server_graph

UNCHECKED = {"request": GREET}
HOW = Options(strategy=Strategy(plan="always", drafts=1, repairs=0, review="advise"))
NODES = ["explore", "plan", "draft", "verify", "review"]


@pytest.fixture
def model(scripted: Any) -> Any:
    return scripted(plan=PLAN, code=GREETING, review=APPROVE)[0]


def outcome_of(result: dict[str, Any]) -> Outcome:
    return Outcome.model_validate(result["outcome"])


def test_invoke_and_batch_work_without_an_event_loop(model: Any) -> None:
    graph = build_graph(model)
    assert outcome_of(graph.invoke(UNCHECKED, context=HOW)).status == "approved"
    both = graph.batch([UNCHECKED, UNCHECKED], context=HOW)
    assert [outcome_of(r).status for r in both] == ["approved", "approved"]


async def test_the_output_is_the_outcome_alone_and_plain_json(model: Any) -> None:
    result = await build_graph(model).ainvoke(UNCHECKED, context=HOW)
    assert list(result) == ["outcome"]
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("mode", ["values", "updates", "custom", "messages", "debug", "tasks"])
def test_every_stream_mode_works(model: Any, mode: Any) -> None:
    items = list(build_graph(model).stream(UNCHECKED, context=HOW, stream_mode=mode))
    assert items
    if mode == "updates":
        assert [name for item in items for name in item] == NODES
    if mode == "values":
        assert "outcome" in items[-1]
    if mode == "custom":
        kinds = [parse_event(item).type for item in items]
        assert kinds == [
            "started", "planned", "drafting", "drafted", "checked", "decided", "reviewed",
            "decided",
        ]  # fmt: skip
    if mode == "messages":
        nodes = {meta["langgraph_node"] for message, meta in items}
        assert nodes == {"plan", "draft", "review"}
        assert all(isinstance(message, AIMessageChunk) for message, _ in items)


async def test_checkpoints_stream_and_several_modes_at_once(model: Any) -> None:
    graph = build_graph(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    modes = ["updates", "custom", "checkpoints"]
    seen = {
        mode async for mode, _ in graph.astream(UNCHECKED, config, context=HOW, stream_mode=modes)
    }
    assert seen == set(modes)


async def test_events_of_every_runnable_are_named_after_nodes_and_chains(model: Any) -> None:
    names = {
        event["name"]
        async for event in build_graph(model).astream_events(UNCHECKED, context=HOW, version="v2")
        if event["event"] == "on_chain_start"
    }
    assert {*NODES, "planner", "coder", "reviewer"} <= names


ASK = HOW.model_copy(update={"ask": True})


@pytest.fixture(params=["memory", "sqlite"])
def saver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield InMemorySaver(serde=JsonPlusSerializer(pickle_fallback=False))
        return
    with SqliteSaver.from_conn_string(str(tmp_path / "states.sqlite")) as made:
        made.serde = JsonPlusSerializer(pickle_fallback=False)
        yield made


def test_a_person_edits_the_plan_and_accepts_the_patch(scripted: Any, saver: Any) -> None:
    model, stages = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    config = {"configurable": {"thread_id": "t"}}
    first = build_graph(model, checkpointer=saver)
    asked = first.invoke(UNCHECKED, config, context=ASK)["__interrupt__"][0].value
    assert asked["ask"] == "approve_plan"

    # Another process goes on, without the context: the options are in the state.
    graph = build_graph(model, checkpointer=saver)
    edited = {**asked["plan"], "steps": ["Greet the whole world."]}
    asked = graph.invoke(Command(resume=edited), config)["__interrupt__"][0].value
    assert asked["ask"] == "accept_patch"
    assert "hello" in asked["patch"]
    outcome = outcome_of(graph.invoke(Command(resume=True), config))
    assert outcome.status == "approved"
    assert outcome.plan is not None
    assert outcome.plan.steps == ["Greet the whole world."]
    assert stages.asked == ["plan", "code", "review"]  # no call was made twice


@pytest.mark.parametrize("declined", ["approve_plan", "accept_patch"])
def test_a_person_declines(model: Any, declined: str) -> None:
    graph = build_graph(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    result = graph.invoke(UNCHECKED, config, context=ASK)
    while "__interrupt__" in result:
        question = result["__interrupt__"][0].value["ask"]
        result = graph.invoke(Command(resume=question != declined), config)
    outcome = outcome_of(result)
    assert outcome.status == "aborted"
    assert "declined" in outcome.reason


def test_a_second_request_on_one_thread_starts_afresh(scripted: Any) -> None:
    model, _ = scripted(code=GREETING)
    how = Options(
        strategy=Strategy(plan="never", drafts=1, repairs=0, review="never"), budget=Budget(calls=1)
    )
    graph = build_graph(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    for _ in range(2):
        outcome = outcome_of(graph.invoke(UNCHECKED, config, context=how))
        assert (len(outcome.drafts), outcome.usage.calls) == (1, 1)


def test_neither_a_declined_plan_nor_files_reach_the_next_request(scripted: Any) -> None:
    model, _ = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    graph = build_graph(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    graph.invoke({**UNCHECKED, "files": {"a.txt": "old"}}, config, context=ASK)
    assert outcome_of(graph.invoke(Command(resume=False), config)).status == "aborted"
    outcome = outcome_of(graph.invoke(UNCHECKED, config, context=HOW))
    assert outcome.status == "approved"
    assert graph.get_state(config).values["files"] == {}


def test_a_state_of_another_form_is_refused_with_its_cure(model: Any) -> None:
    from triptych.errors import InputError

    graph = build_graph(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    graph.invoke(UNCHECKED, config, context=ASK)
    graph.update_state(config, {"schema_version": 0}, as_node="plan")
    with pytest.raises(InputError, match="another version of Triptych"):
        graph.invoke(None, config)


async def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(
    scripted: Any, tmp_path: Path
) -> None:
    model, stages = scripted(plan=PLAN, code=GREETING, review=APPROVE)
    config = {"configurable": {"thread_id": "t"}}
    path = str(tmp_path / "states.sqlite")
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        graph = build_graph(model, checkpointer=saver)
        async for update in graph.astream(
            UNCHECKED, config, context=HOW, stream_mode="updates", durability="sync"
        ):
            if "draft" in update:
                break
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        result = await build_graph(model, checkpointer=saver).ainvoke(None, config)
    assert outcome_of(result).status == "approved"
    assert stages.asked == ["plan", "code", "review"]


def test_it_nests_in_another_graph_whose_context_is_another(scripted: Any) -> None:
    model, _ = scripted(code=GREETING, review=APPROVE)

    class Parent(TypedDict, total=False):
        request: str
        outcome: dict[str, Any]
        status: str

    class Theirs(TypedDict):
        user: str

    parent = StateGraph(Parent, context_schema=Theirs)
    parent.add_node("triptych", build_graph(model))
    parent.add_node("report", lambda state: {"status": state["outcome"]["status"]})
    parent.add_edge(START, "triptych")
    parent.add_edge("triptych", "report")
    parent.add_edge("report", END)
    result = parent.compile().invoke(UNCHECKED, context={"user": "someone"})
    assert result["status"] == "approved"


def test_it_works_as_a_tool_with_a_narrow_schema(scripted: Any) -> None:
    model, _ = scripted(code=GREETING, review=APPROVE)
    tool = build_graph(model).as_tool(name="triptych", description="Write code.")
    assert set(tool.args) == {"request", "files", "checks"}
    assert outcome_of(tool.invoke(UNCHECKED)).status == "approved"


def test_a_stage_can_have_a_model_of_its_own(
    scripted_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triptych import chat_model, resources

    plans, writes, reviews = "devstral", "local", "local:qwen2.5-coder-1.5b"
    servers = {
        name: scripted_server([answer])
        for name, answer in {plans: PLAN, writes: GREETING, reviews: APPROVE}.items()
    }
    monkeypatch.setattr(
        resources, "chat_model", lambda name: chat_model(base_url=servers[name].base_url, model="m")
    )
    how = HOW.model_copy(update={"model": writes, "models": {"plan": plans, "review": reviews}})
    assert outcome_of(build_graph().invoke(UNCHECKED, context=how)).status == "approved"
    assert [len(servers[name].chats) for name in (plans, writes, reviews)] == [1, 1, 1]


def test_an_unknown_model_of_a_stage_is_refused(model: Any) -> None:
    from triptych.errors import UnknownModelError

    how = HOW.model_copy(update={"models": {"review": "devstrall"}})
    with pytest.raises(UnknownModelError, match="devstral"):
        build_graph(model).invoke(UNCHECKED, context=how)


async def test_each_model_call_carries_its_prompt_in_the_metadata(model: Any) -> None:
    class Seen(BaseCallbackHandler):
        def __init__(self) -> None:
            self.metadata: list[dict[str, Any]] = []

        def on_chat_model_start(self, *args: Any, metadata: Any = None, **kwargs: Any) -> None:
            self.metadata.append(metadata)

    seen = Seen()
    await build_graph(model).ainvoke(UNCHECKED, {"callbacks": [seen]}, context=HOW)
    assert [m["prompt"] for m in seen.metadata] == ["plan@1.0.0", "code@1.0.0", "review@1.0.0"]
    assert all(len(m["prompt_sha256"]) == 64 for m in seen.metadata)


def test_options_from_a_server_are_json(model: Any) -> None:
    how = {"strategy": {"plan": "never", "drafts": 1, "review": "advise"}}
    outcome = outcome_of(build_graph(model).invoke(UNCHECKED, context=how))
    assert outcome.strategy is not None
    assert (outcome.strategy.plan, outcome.strategy.review) == ("never", "advise")


def test_the_servers_factory_takes_no_argument_and_asks_for_no_model() -> None:
    drawn = server_graph().get_graph()
    assert {*NODES, "approve", "repair"} <= set(drawn.nodes)


def test_a_prompt_that_changed_under_a_paused_run_is_refused(scripted: Any, tmp_path: Path) -> None:
    from triptych.errors import PromptError
    from triptych.prompts import library

    model, _ = scripted(plan=PLAN, code=BAD, repair=GOOD)
    mine = tmp_path / "mine.md"
    text = library().get("code").path.read_text()
    mine.write_text(text.replace("version: 1.0.0", "version: 9.0.0"))
    how = ASK.model_copy(update={"prompts": {"code": str(mine)}})
    saver = InMemorySaver()
    config = {"configurable": {"thread_id": "t"}}
    build_graph(model, checkpointer=saver).invoke({"request": REQUEST}, config, context=how)
    mine.write_text(mine.read_text().replace("expert", "novice"))
    with pytest.raises(PromptError, match="changed since this run started"):
        build_graph(model, checkpointer=saver).invoke(Command(resume=True), config)
