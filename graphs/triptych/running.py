"""One call for a whole run: `run` for scripts and notebooks, `arun` inside an event loop."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Checkpointer, Command, StreamMode
from pydantic import ValidationError
from typing_extensions import Unpack

from triptych.blocking import blocking
from triptych.errors import InputError, TriptychError
from triptych.events import Event, parse_event
from triptych.graph import build_graph
from triptych.outcome import conclude
from triptych.prompts import Template, run_metadata
from triptych.resources import Pick, Resources, asked_prompts
from triptych.state import (
    Budget,
    EndStatus,
    Options,
    Outcome,
    Stage,
    Strategy,
    Task,
    to_json,
)

OnEvent = Callable[[Event], Any]
OnToken = Callable[[str, str], Any]
Answer = Callable[[dict[str, Any]], Any]


class How(TypedDict, total=False):
    """The options of a run, by keyword.

    files: Starting files, relative path to text.
    checks: Commands that must exit with 0, or paths of test files among `files`.
    model: A ready chat model, or a name for `chat_model`. None: Devstral if NVIDIA_API_KEY is set,
        otherwise the embedded model.
    base_url: A self-hosted endpoint; `model` is then its name there.
    models: Stage to model name or ready model, where one stage has a model of its own.
    strategy: How hard to try; the fields that are set change the model's own default.
    budget: Limits in tokens, calls, seconds and US dollars.
    prompts: Stage to template selector, such as ``{"code": "code@1.0.0"}``, or to a `Template`.
    prompt_set: The set of the library that names the other templates.
    prompts_dir: A folder of templates that overlays the built-in ones.
    python: The interpreter for the checks. None: the active environment's.
    sandbox: "bwrap", or "none" to run model-written code unprotected.
    on_event: Called with each `Event` of progress.
    on_token: Called with a node's name and each piece of text that its model streams.
    answer: Called with each question (approve_plan, accept_patch); its answer is True, False or an
        edited plan. Without it the run asks nothing.
    checkpointer: Where LangGraph keeps the run's states.
    thread_id: The thread in it. A run always starts afresh; to go on with a thread, invoke
        `build_graph(checkpointer=…)` with the same thread and no input.
    resources: What many runs share, so that each does not look for interpreter and sandbox anew.
    """

    files: Mapping[str, str]
    checks: Sequence[str]
    model: BaseChatModel | str | None
    base_url: str | None
    models: Mapping[Stage, str | BaseChatModel]
    strategy: Strategy | None
    budget: Budget | None
    prompts: Mapping[Stage, str | Template]
    prompt_set: str | None
    prompts_dir: str | None
    python: str | None
    sandbox: Literal["bwrap", "none"]
    on_event: OnEvent | None
    on_token: OnToken | None
    answer: Answer | None
    checkpointer: Checkpointer
    thread_id: str | None
    resources: Resources | None


class Run:
    """A run in progress. It remembers how far it came, so that an interrupted one loses nothing.

    Args:
        request: What to write or change, in plain words.
        **how: See `How`.

    Raises:
        InputError: if the request is empty or an option cannot be used.
    """

    def __init__(self, request: str, **how: Unpack[How]) -> None:
        if not request.strip():
            raise InputError("The request is empty.", "Say what to write or to change.")
        model, models = how.get("model"), how.get("models") or {}
        prompts = how.get("prompts") or {}
        self._answer = how.get("answer")
        self._on_event, self._on_token = how.get("on_event"), how.get("on_token")
        try:
            task = Task(
                request=request,
                files=dict(how.get("files") or {}),
                checks=list(how.get("checks") or []),
            )
            self._options = Options(
                model=model if isinstance(model, str) else None,
                base_url=how.get("base_url"),
                models={s: m for s, m in models.items() if isinstance(m, str)},
                strategy=how.get("strategy"),
                budget=how.get("budget") or Budget(),
                prompts={s: p for s, p in prompts.items() if isinstance(p, str)},
                prompts_dir=how.get("prompts_dir"),
                python=how.get("python"),
                sandbox=how.get("sandbox", "bwrap"),
                ask=self._answer is not None,
                # Not named is not the same as `default`: a `using` block may name another.
                **({"prompt_set": named} if (named := how.get("prompt_set")) else {}),
            )
        except ValidationError as error:
            raise InputError(str(error), "See triptych.running.How.") from error
        self._input: dict[str, Any] = to_json(task)
        self._state: dict[str, Any] = dict(self._input)
        self._drafts: dict[int, dict[str, Any]] = {}
        checkpointer = how.get("checkpointer")
        if self._answer is not None and checkpointer is None:
            checkpointer = InMemorySaver()
        self._resources = (how.get("resources") or Resources()).beside(
            model if isinstance(model, BaseChatModel) else None,
            {s: m for s, m in models.items() if isinstance(m, BaseChatModel)},
            {s: p for s, p in prompts.items() if isinstance(p, Template)},
        )
        self._graph = build_graph(resources=self._resources, checkpointer=checkpointer)
        thread = how.get("thread_id") or str(uuid.uuid4())
        self._config: RunnableConfig = {"configurable": {"thread_id": thread}}

    async def go(self) -> Outcome:
        """Drive the graph to its end, answering its questions.

        An error after the first draft does not lose it: the outcome then has the best so far.
        """
        try:
            return await self._to_the_end()
        except TriptychError as error:
            so_far = self.so_far("needs-work", str(error))
            if so_far.best is None:
                raise
            return so_far

    async def _to_the_end(self) -> Outcome:
        asked = asked_prompts(self._options, ensure_config())
        picked = await self._resources.templates(asked)
        self._resources.keep(picked)  # what the metadata says is what is used
        self._config["metadata"] = _metadata(picked)
        given: Any = self._input
        while True:
            question = await self._until_question(given)
            if question is None:
                return Outcome.model_validate(self._state["outcome"])
            assert self._answer is not None  # noqa: S101  # only runs that can answer do ask
            reply = self._answer(question)
            given = Command(resume=await reply if inspect.isawaitable(reply) else reply)

    async def _until_question(self, given: Any) -> dict[str, Any] | None:
        modes: list[StreamMode] = ["values", "custom"]
        if self._on_token:
            modes.append("messages")
        question = None
        item: Any
        async for mode, item in self._graph.astream(
            given, self._config, context=self._options, stream_mode=modes
        ):
            if mode == "custom":
                self._see(item)
            elif mode == "messages":
                self._tell(*item)
            elif "__interrupt__" in item:
                question = item["__interrupt__"][0].value
            else:
                self._state.update(item)
        return question

    def _see(self, item: Any) -> None:
        if item["type"] == "drafted":
            self._drafts[item["draft"]["id"]] = dict(item["draft"])
        elif item["type"] == "checked":
            self._drafts[item["draft"]]["evidence"] = item["evidence"]
        if self._on_event:
            self._on_event(parse_event(item))

    def _tell(self, message: Any, metadata: Mapping[str, Any]) -> None:
        if self._on_token and isinstance(message, AIMessageChunk) and message.text:
            self._on_token(str(metadata.get("langgraph_node", "")), str(message.text))

    def so_far(self, status: EndStatus, reason: str) -> Outcome:
        """The outcome as it stands, for a run that will not go on."""
        known = {d["id"]: d for d in self._state.get("drafts") or []}
        drafts = {**known, **self._drafts}
        return conclude({**self._state, "drafts": list(drafts.values())}, status, reason)


def with_prompts(
    options: Options,
    config: RunnableConfig | None = None,
    *,
    resources: Resources | None = None,
) -> RunnableConfig:
    """A config whose metadata says which templates a run of the graph will use.

    `run` and `arun` do this themselves. A node cannot: LangChain hands a run's metadata to its
    tracers before the first node starts.

    Args:
        options: The context that the graph is going to be given.
        config: The config that it is going to be given; it is not changed.
        resources: The graph's, if they hold ready templates.

    Raises:
        PromptError: if a selector names no template.

    Example:
        ``graph.invoke(task, with_prompts(options), context=options)``
    """
    config = config or {}
    asked = asked_prompts(options, ensure_config(config))
    picked = blocking((resources or Resources()).templates(asked))
    return {**config, "metadata": {**(config.get("metadata") or {}), **_metadata(picked)}}


def _metadata(picked: Mapping[str, Pick]) -> dict[str, str]:
    return run_metadata({stage: pick.template for stage, pick in picked.items()})


async def arun(request: str, **how: Unpack[How]) -> Outcome:
    """Run the graph on one request, inside an event loop. Takes what `run` takes.

    Cancelling the task stops the model and the sandbox, and raises CancelledError as usual.
    """
    return await Run(request, **how).go()


def run(request: str, **how: Unpack[How]) -> Outcome:
    """Run the graph on one request.

    Args:
        request: What to write or change, in plain words.
        **how: See `How`: files, checks, model, strategy, budget, prompts and so on.

    Returns:
        The outcome: status, best draft, evidence, review, patch, usage and prompt versions.
        Ctrl-C stops the run cleanly and returns the best so far with the status "aborted".

    Raises:
        InputError: if the request, a file or a check cannot be used.
        PromptError: if a selector names no template.
        ModelError: if no model can be made ready.
    """
    current = Run(request, **how)
    try:
        return blocking(current.go())
    except KeyboardInterrupt:
        return current.so_far("aborted", "interrupted")
