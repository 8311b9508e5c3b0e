"""Which prompts a run and a chain use: the nearest place that names one, everywhere the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graph_kit import APPROVE, GREET, GREETING, PLAN, Stages
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from prompt_kit import Shelf, Traced, line_of

from triptych import Options, Strategy, arun, build_graph, coder, planner, run
from triptych.errors import PromptError
from triptych.prompts import Template, library, using
from triptych.prompts.loading import from_text
from triptych.resources import Resources
from triptych.running import with_prompts

GIVEN = {"request": GREET}
ONCE = Strategy(plan="never", drafts=1, repairs=0, review="never")
ALL = Strategy(plan="always", drafts=1, repairs=0, review="advise")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "prompts", "ready", "call", "config", "maker", "around", "small")
    made.name_set("small", code="code.small@0.1.0")
    return made


CHAIN = ["ready", "config", "maker", "around", "small", "built-in"]
GRAPH = ["ready", "call", "config", "around", "small", "built-in"]


def config_of(said: list[str]) -> dict[str, Any]:
    prompts = {"prompts": {"code": "code.config@0.1.0"}} if "config" in said else {}
    return {"configurable": {**prompts, **({"prompt_set": "small"} if "small" in said else {})}}


@pytest.mark.parametrize("nearest", CHAIN)
@pytest.mark.parametrize("form", ["invoke", "ainvoke"])
async def test_the_nearest_place_that_names_a_prompt_wins_for_a_chain(
    scripted: Any, shelf: Shelf, nearest: str, form: str
) -> None:
    said = CHAIN[CHAIN.index(nearest) :]
    model, stages = scripted(code=GREETING)
    with using(dir=shelf.dir, **({"code": "code.around@0.1.0"} if "around" in said else {})):
        maker = "code.maker@0.1.0" if "maker" in said else None
        chain = coder(model, shelf.template("ready") if "ready" in said else maker)
        if form == "invoke":
            chain.invoke(GIVEN, config_of(said))
        else:
            await chain.with_config(config_of(said)).ainvoke(GIVEN)
    assert line_of(stages.bodies[0]) == nearest


@pytest.mark.parametrize("nearest", GRAPH)
async def test_the_nearest_place_that_names_a_prompt_wins_for_a_graph(
    scripted: Any, shelf: Shelf, nearest: str
) -> None:
    said = GRAPH[GRAPH.index(nearest) :]
    model, stages = scripted(code=GREETING)
    graph = build_graph(model, templates=[shelf.template("ready")] if "ready" in said else [])
    call = {"code": "code.call@0.1.0"} if "call" in said else {}
    how = Options(strategy=ONCE, prompts=call)
    with using(dir=shelf.dir, **({"code": "code.around@0.1.0"} if "around" in said else {})):
        outcome = (await graph.ainvoke(GIVEN, config_of(said), context=how))["outcome"]
    assert line_of(stages.bodies[0]) == nearest
    used = outcome["prompts"]["code"]["name"]
    assert used == ("code" if nearest == "built-in" else f"code.{nearest}")


@pytest.mark.parametrize("nearest", ["ready", "call", "around", "small", "built-in"])
def test_a_run_selects_as_a_graph_does(scripted: Any, shelf: Shelf, nearest: str) -> None:
    model, stages = scripted(code=GREETING)
    prompts: dict[str, str | Template] = {}
    if nearest in ("ready", "call"):
        prompts["code"] = shelf.template("ready") if nearest == "ready" else "code.call@0.1.0"
    around = {} if nearest in ("small", "built-in") else {"code": "code.around@0.1.0"}
    sets = {} if nearest == "built-in" else {"prompt_set": "small"}
    with using(dir=shelf.dir, **around):
        outcome = run(GREET, model=model, strategy=ONCE, prompts=prompts, **sets)
    assert line_of(stages.bodies[0]) == nearest
    assert outcome.prompts["plan"].name == "plan"  # the set leaves it out


def test_the_context_names_a_set(scripted: Any, shelf: Shelf) -> None:
    model, stages = scripted(code=GREETING)
    how = {"strategy": ONCE.model_dump(), "prompt_set": "small", "prompts_dir": shelf.dir}
    with using(set="default"):
        build_graph(model).invoke(GIVEN, context=how)
    assert line_of(stages.bodies[0]) == "small"


def test_a_chain_tells_what_can_be_configured(scripted: Any, shelf: Shelf) -> None:
    model, stages = scripted(plan=PLAN, code=GREETING)
    both = planner(model) | RunnableLambda(lambda plan: {**GIVEN, "plan": plan}) | coder(model)
    assert [spec.id for spec in both.config_specs] == ["prompt_set", "prompts"]
    fields = coder(model).get_config_jsonschema()["$defs"]["Configurable"]["properties"]
    assert set(fields) == {"prompts", "prompt_set"}
    assert coder(model, shelf.template("ready")).config_specs == []
    with using(dir=shelf.dir):
        both.with_config(configurable={"prompts": {"code": "code.config@0.1.0"}}).invoke(GIVEN)
    assert line_of(stages.bodies[1]) == "config"


@pytest.mark.parametrize(
    ("configurable", "names"),
    [
        ({"prompts": ["code@1.0.0"]}, "another form"),
        ({"prompts": {"cod": "code@1.0.0"}}, "'cod' is no stage"),
        ({"prompts": {"code": 1}}, "1 no prompt"),
        ({"prompts": {"code": "code@9.9.9"}}, "no version 9.9.9"),
        ({"prompt_set": "smal"}, "no set 'smal'"),
        ({"prompt_set": 3}, "another form"),
    ],
)
def test_what_cannot_be_selected_is_refused_before_the_model_is_asked(
    scripted: Any, configurable: dict[str, Any], names: str
) -> None:
    model, stages = scripted(code=GREETING)
    config = {"configurable": configurable}
    for ask in (coder(model), build_graph(model)):
        with pytest.raises(PromptError, match=names):
            ask.invoke(GIVEN, config)
    assert stages.asked == []


def test_a_selector_that_names_nothing_is_told_where_the_chain_is_made(scripted: Any) -> None:
    with pytest.raises(PromptError, match="no version"):
        coder(scripted(code=GREETING)[0], "code@9.9.9")


def test_a_file_that_a_call_names_is_read_for_each_call(scripted: Any, shelf: Shelf) -> None:
    model, stages = scripted(code=GREETING)
    chain, path = coder(model), str(shelf.write("mine", "old"))
    made_with_it = coder(model, path)
    for word in ("old", "new"):
        shelf.write("mine", word)
        with using(code=path):
            chain.invoke(GIVEN)
            made_with_it.invoke(GIVEN)
    # One made with the file has read it once.
    assert [line_of(body) for body in stages.bodies] == ["old", "old", "new", "old"]


def test_a_templates_hints_are_sent_and_the_runs_own_parameters_win(
    scripted: Any, shelf: Shelf
) -> None:
    model, stages = scripted(code=GREETING)
    text = shelf.template("ready").path.read_text()
    text = text.replace("inputs:", "model: {top_p: 0.5, max_tokens: 77}\ninputs:", 1)
    hinted = from_text(text, origin="hinted", library=library())
    coder(model.bind(max_tokens=12), hinted).invoke(GIVEN)
    assert (stages.bodies[0]["top_p"], stages.bodies[0]["max_tokens"]) == (0.5, 12)


def test_a_paused_run_goes_on_elsewhere_with_what_it_was_started_with(
    scripted: Any, shelf: Shelf
) -> None:
    model, stages = scripted(plan=PLAN, code=GREETING)
    how = Options(strategy=ALL.model_copy(update={"review": "never"}), ask=True)
    saver, config = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    with using(dir=shelf.dir, code="code.around@0.1.0"):
        build_graph(model, checkpointer=saver).invoke(GIVEN, config, context=how)
    build_graph(model, checkpointer=saver).invoke(Command(resume=True), config)
    assert line_of(stages.bodies[-1]) == "around"


class TestReadyTemplates:
    """Templates of no file: the lab's and the optimiser's."""

    @pytest.fixture
    def made(self, shelf: Shelf) -> Template:
        text = shelf.template("ready").path.read_text()
        return from_text(text, origin="candidate 3", library=library())

    async def test_a_run_records_name_and_hash(self, scripted: Any, made: Template) -> None:
        model, stages = scripted(code=GREETING)
        outcome = await arun(GREET, model=model, strategy=ONCE, prompts={"code": made})
        assert line_of(stages.bodies[0]) == "ready"
        assert outcome.prompts["code"].sha256 == made.sha256
        assert outcome.prompts["code"].layer == "text"

    async def test_it_is_of_its_run_alone(self, scripted: Any, made: Template) -> None:
        model, stages = scripted(code=GREETING)
        shared = Resources()
        for prompts in ({"code": made}, {}):
            await arun(GREET, model=model, strategy=ONCE, prompts=prompts, resources=shared)
        assert [line_of(body) for body in stages.bodies] == ["ready", "built-in"]
        with pytest.raises(PromptError, match="no set 'smal'"):
            await arun(GREET, model=model, prompt_set="smal", resources=shared)

    async def test_a_stage_may_have_the_template_of_another(
        self, scripted: Any, made: Template
    ) -> None:
        model, stages = scripted(code=GREETING)
        outcome = await arun(GREET, model=model, strategy=ONCE, prompts={"repair": made})
        assert outcome.prompts["repair"].name == "code.ready"
        assert line_of(stages.bodies[0]) == "built-in"

    def test_one_of_no_stage_is_refused(self, scripted: Any) -> None:
        with pytest.raises(PromptError, match="'tools', which is no stage"):
            build_graph(scripted()[0], templates=[library().get("tools")])

    def test_a_paused_run_goes_on_with_it_and_elsewhere_is_refused(
        self, scripted: Any, made: Template
    ) -> None:
        model, stages = scripted(plan=PLAN, code=GREETING)
        how = Options(strategy=ALL.model_copy(update={"review": "never"}), ask=True)
        saver, config = InMemorySaver(), {"configurable": {"thread_id": "t"}}
        graph = build_graph(model, templates={"code": made}, checkpointer=saver)
        graph.invoke(GIVEN, config, context=how)
        selector = graph.get_state(config).values["prompts"]["code"]["selector"]
        assert selector == f"code.ready@sha256:{made.sha256}"
        with pytest.raises(PromptError, match=r"code\.ready|line 'ready'"):
            build_graph(model, checkpointer=saver).invoke(Command(resume=True), config)
        build_graph(model, templates=[made], checkpointer=saver).invoke(
            Command(resume=True), config
        )
        assert line_of(stages.bodies[-1]) == "ready"


class TestMetadata:
    """Tracers see which prompts made a run: at its root, and at each call of a model."""

    @pytest.fixture
    def model(self, scripted: Any) -> Any:
        return scripted(plan=PLAN, code=GREETING, review=APPROVE)[0]

    def check(self, traced: Traced, code: Template) -> None:
        root = traced.root("triptych")
        assert root["prompt_code"] == code.reference
        assert root["prompt_code_sha256"] == code.sha256
        assert root["prompt_code_layer"] == code.layer
        assert root["prompt_review"] == library().get("review").reference
        assert [call["prompt"] for call in traced.calls] == [
            root["prompt_plan"], root["prompt_code"], root["prompt_review"],
        ]  # fmt: skip
        assert [call["prompt_sha256"] for call in traced.calls] == [
            root[f"prompt_{stage}_sha256"] for stage in ("plan", "code", "review")
        ]

    async def test_of_arun(self, model: Any, shelf: Shelf) -> None:
        traced = Traced()

        async def ask(request: str) -> Any:
            return await arun(request, model=model, strategy=ALL, prompts_dir=shelf.dir)

        prompts = {"prompts": {"code": "code.config@0.1.0"}}
        config = {"callbacks": [traced], "configurable": prompts}
        outcome = await RunnableLambda(ask).ainvoke(GREET, config)
        self.check(traced, shelf.template("config"))
        # What a lab records of the run is the same.
        assert outcome.prompts["code"].sha256 == traced.calls[1]["prompt_sha256"]

    def test_of_a_graph_that_someone_invokes(self, model: Any, shelf: Shelf) -> None:
        traced = Traced()
        how = Options(strategy=ALL, prompts={"code": "code.call@0.1.0"}, prompts_dir=shelf.dir)
        given = {"callbacks": [traced], "metadata": {"user": "u1"}}
        config = with_prompts(how, given)
        build_graph(model).invoke(GIVEN, config, context=how)
        self.check(traced, shelf.template("call"))
        assert traced.root("triptych")["user"] == "u1"
        assert given["metadata"] == {"user": "u1"}


async def test_runs_beside_each_other_have_their_own_prompts(
    scripted_server: Any, shelf: Shelf
) -> None:
    import asyncio

    from triptych import chat_model

    stages = Stages(code=GREETING)
    model = chat_model(base_url=scripted_server(stages).base_url, model="scripted")

    async def ask(line: str) -> str:
        with using(dir=shelf.dir, code=f"code.{line}@0.1.0"):
            outcome = await arun(GREET, model=model, strategy=ONCE)
        return outcome.prompts["code"].name

    lines = ["call", "config", "maker", "around"] * 3
    assert await asyncio.gather(*map(ask, lines)) == [f"code.{line}" for line in lines]
    assert sorted(map(line_of, stages.bodies)) == sorted(lines)


async def test_a_graph_sees_a_users_first_own_version_of_a_prompt(
    scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path / "prompts", "other")
    monkeypatch.setenv("TRIPTYCH_PROMPTS", shelf.dir)
    model, stages = scripted(code=GREETING)
    graph = build_graph(model)
    await graph.ainvoke(GIVEN, context=Options(strategy=ONCE))
    text = library().get("code@1.0.0").path.read_text().replace("version: 1.0.0", "version: 1.1.0")
    path = Path(shelf.dir) / "code" / "1.1.0.md"
    path.parent.mkdir()
    path.write_text(text.replace("You are an expert", "Mark: mine. You are an expert"))
    await graph.ainvoke(GIVEN, context=Options(strategy=ONCE))
    assert [line_of(body) for body in stages.bodies] == ["built-in", "mine"]
