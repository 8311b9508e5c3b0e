"""A chain: one question to a model, from typed input to typed output, as one Runnable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeGuard, TypeVar

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.utils import ConfigurableFieldSpec
from pydantic import BaseModel

from triptych.errors import PromptError
from triptych.prompts import BUILT_IN, Template, library, messages_of, prompt_metadata
from triptych.prompts.ambient import ambient
from triptych.state import STAGES, Stage

Model = BaseChatModel | Runnable[LanguageModelInput, Any]
"""A chat model, or one with parameters bound to it."""

Prompt = Template | str
"""A ready template, or a selector of one."""

Value = TypeVar("Value", bound=BaseModel)


class Wanted(NamedTuple):
    """Which prompts a call is to be made with: stage to prompt, over a set of a library."""

    stages: Mapping[str, Prompt]
    set: str
    dir: str | None


def wanted(
    config: Mapping[str, Any] | None,
    *,
    call: Mapping[Any, Prompt] | None = None,
    made: Mapping[Any, Prompt] | None = None,
    set: str | None = None,
    dir: str | None = None,
) -> Wanted:
    """What is asked for at all places together; the nearest wins, stage by stage.

    Args:
        config: The call's; its ``configurable`` may hold ``prompts`` and ``prompt_set``.
        call: What the call itself names: nearer than its config.
        made: What the maker of the chain named: nearer than the `using` blocks around the call.
        set: The set that the call itself names.
        dir: The overlay that it names.

    Raises:
        PromptError: if ``configurable`` or a `using` block names what is no stage or no prompt.
    """
    here, given = ambient(), (config or {}).get("configurable") or {}
    configured, its_set = given.get("prompts") or {}, given.get("prompt_set")
    if not isinstance(configured, Mapping) or not isinstance(its_set, str | None):
        raise PromptError(
            "`prompts` or `prompt_set` in the config's `configurable` has another form.",
            f"{CURE} A set is a name.",
        )
    stages = {**here.stages, **(made or {}), **configured, **(call or {})}
    for stage, prompt in stages.items():
        if stage not in STAGES or not isinstance(prompt, Prompt):
            raise PromptError(f"{stage!r} is no stage, or {prompt!r} no prompt.", CURE)
    return Wanted(stages, set or its_set or here.set or "default", dir or here.dir)


CURE = f"Map stages ({', '.join(STAGES)}) to selectors such as 'code@1.0.0', or to templates."


def selected(asked: Wanted) -> dict[str, Template]:
    """The template of each stage, out of the library; ready ones are not in it.

    Raises:
        PromptError: if there is no such set, or a selector names none.
    """
    books = library(asked.dir)
    named = {s: p for s, p in asked.stages.items() if isinstance(p, str)}
    known = {stage for folder in books.folders for stage in folder.stages(asked.set)}
    chosen = books.select({s: p for s, p in named.items() if s in known}, asked.set)
    if known.issuperset(STAGES):
        return chosen
    # A set may name only the stages in which it differs.
    others = books.select({s: p for s, p in named.items() if s not in known})
    return {**others, **chosen}


class Ready(NamedTuple):
    """What a call is made with."""

    template: Template
    model: Model
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Question(Generic[Value]):
    """What a chain asks, whichever the model and the words.

    Attributes:
        name: What the chain's runs are called.
        stage: The one whose prompt it uses.
        takes: The input's type; a dict of its fields is taken, too.
        gives: The value's type.
        values: From the input to the template's values.
        parse: From the input and the answer to the value.
        form: What the server is to constrain answers to; None for free text.
    """

    name: str
    stage: Stage
    takes: type[BaseModel]
    gives: type[Value]
    values: Callable[[Any], dict[str, Any]]
    parse: Callable[[Any, BaseMessage], Value]
    form: type[BaseModel] | None = None


class Chain(Runnable[Any, Value], Generic[Value]):
    """Input, template, model, value.

    One Runnable in place of a sequence of five: each link of a sequence costs a traced run of its
    own (docs/decisions/0007).
    Batches, streams (one item) and composition with ``|`` are LangChain's own.

    Args:
        question: What it asks.
        model: The model that is asked.
        prompt: A template, which nothing overrides; or a selector, which a call's
            ``configurable`` may; or None for what `using` or the set says where it is called.
            What of the values a template does not declare is left out.

    Raises:
        PromptError: if the selector names no template.
    """

    def __init__(self, question: Question[Value], model: Model, prompt: Prompt | None) -> None:
        self.name = question.name
        self._question, self._model = question, model
        self._fixed = self._readied(prompt) if isinstance(prompt, Template) else None
        self._own: dict[str, Prompt] = {question.stage: prompt} if isinstance(prompt, str) else {}
        self._kept: dict[tuple[Any, ...], Ready] = {}
        if self._own:
            self._found(None)  # a wrong selector is told where it was written

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What of a call's ``configurable`` it honours: nothing, if made with a template."""
        return [] if self._fixed else list(SPECS)

    @property
    def InputType(self) -> Any:
        """The type of the input."""
        return self._question.takes

    @property
    def OutputType(self) -> Any:
        """The type of the value."""
        return self._question.gives

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Value:
        """Ask once; see the maker of the chain for what it raises."""
        return self._call_with_config(self._ask, input, config)

    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Value:
        """`invoke`, asynchronously."""
        if _unheard(config):
            return await self._aask(input, None, config)
        return await self._acall_with_config(self._aask, input, config)

    def _ask(self, input: Any, run_manager: Any, config: RunnableConfig) -> Value:
        given = self._question.takes.model_validate(input)
        ready = self._fixed or self._at_hand(config) or self._found(config)
        answer = ready.model.invoke(self._messages(ready, given), _stamped(config, ready))
        return self._question.parse(given, answer)

    async def _aask(self, input: Any, run_manager: Any, config: RunnableConfig) -> Value:
        given = self._question.takes.model_validate(input)
        ready = self._fixed or self._at_hand(config)
        if ready is None:  # templates are files: never on the event loop
            ready = await asyncio.to_thread(self._found, config)
        answer = await ready.model.ainvoke(self._messages(ready, given), _stamped(config, ready))
        return self._question.parse(given, answer)

    def _messages(self, ready: Ready, given: BaseModel) -> list[BaseMessage]:
        return messages_of(ready.template, self._question.values(given))

    def _at_hand(self, config: RunnableConfig) -> Ready | None:
        """What the call is made with, if that needs no file any more."""
        asked = wanted(config, made=self._own)
        prompt = asked.stages.get(self._question.stage)
        if isinstance(prompt, Template):
            return self._readied(prompt)
        return self._kept.get((prompt, asked.set, asked.dir))

    def _found(self, config: RunnableConfig | None) -> Ready:
        """What the call is made with, out of the library."""
        asked, stage = wanted(config, made=self._own), self._question.stage
        prompt = asked.stages.get(stage)
        if isinstance(prompt, str):
            template = library(asked.dir).get(prompt)
        else:
            template = selected(asked)[stage]
        made = self._readied(template)
        # A user's own that a call names may be edited before the next call.
        if template.layer == BUILT_IN or prompt in self._own.values():
            self._kept[prompt, asked.set, asked.dir] = made
        return made

    def _readied(self, template: Template) -> Ready:
        return Ready(
            template,
            _shaped(self._model, template, self._question.form),
            prompt_metadata(template),
        )


SPECS = (
    ConfigurableFieldSpec(
        id="prompts",
        annotation=dict[Stage, str],
        name="Prompts",
        description="Stage to selector of a template, such as code@1.0.0.",
        default={},
    ),
    ConfigurableFieldSpec(
        id="prompt_set",
        annotation=str,
        name="Prompt set",
        description="The set of the library that names the others.",
        default="default",
    ),
)
"""What of ``configurable`` selects prompts, as LangChain's servers and playgrounds show it."""


def _stamped(config: RunnableConfig, ready: Ready) -> RunnableConfig:
    # Prompt metadata reaches the model call only through its config. No merge_configs: it
    # copies every callback manager, and only one key changes.
    return {**config, "metadata": {**(config.get("metadata") or {}), **ready.metadata}}


def _shaped(model: Model, template: Template, form: type[BaseModel] | None) -> Model:
    """The model with its template's hints, its answers constrained to a form by the server."""
    # A template's hints are defaults: what the run has bound to the model wins.
    bound = {k: v for k, v in template.model.items() if k not in getattr(model, "kwargs", {})}
    if form:
        schema = {"name": form.__name__, "schema": _schema(form), "strict": True}
        bound["response_format"] = {"type": "json_schema", "json_schema": schema}
    return model.bind(**bound) if bound else model


@cache
def _schema(form: type[BaseModel]) -> dict[str, Any]:
    return form.model_json_schema()


def _unheard(config: RunnableConfig | None) -> TypeGuard[RunnableConfig]:
    """True inside a run that nobody listens to: a run of the chain's own would tell no one."""
    manager = config.get("callbacks") if config else None
    return isinstance(manager, BaseCallbackManager) and not manager.handlers
