"""A chain: one question to a model, from typed input to typed output, as one Runnable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeGuard, TypeVar

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel

from triptych.prompts import Template, messages_of, prompt_metadata

Model = BaseChatModel | Runnable[LanguageModelInput, Any]
"""A chat model, or one with parameters bound to it."""

Value = TypeVar("Value", bound=BaseModel)


class Chain(Runnable[Any, Value], Generic[Value]):
    """Input, template, model, value.

    One Runnable in place of a sequence of five: each link of a sequence costs a traced run of its
    own (docs/decisions/0007).
    Batches, streams (one item) and composition with ``|`` are LangChain's own.

    Args:
        name: What its runs are called.
        model: The model that is asked.
        template: The prompt; what of the values it does not declare is left out.
        takes: The input's type; a dict of its fields is taken, too.
        gives: The value's type.
        values: From the input to the template's values.
        parse: From the input and the answer to the value.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        template: Template,
        takes: type[BaseModel],
        gives: type[Value],
        values: Callable[[Any], dict[str, Any]],
        parse: Callable[[Any, BaseMessage], Value],
    ) -> None:
        self.name = name
        self._model, self._template = model, template
        self._takes, self._gives = takes, gives
        self._metadata = prompt_metadata(template)
        self._values, self._parse = values, parse

    @property
    def InputType(self) -> Any:
        """The type of the input."""
        return self._takes

    @property
    def OutputType(self) -> Any:
        """The type of the value."""
        return self._gives

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
        given = self._takes.model_validate(input)
        return self._parse(given, self._model.invoke(self._messages(given), self._stamped(config)))

    async def _aask(self, input: Any, run_manager: Any, config: RunnableConfig) -> Value:
        given = self._takes.model_validate(input)
        answer = await self._model.ainvoke(self._messages(given), self._stamped(config))
        return self._parse(given, answer)

    def _messages(self, given: BaseModel) -> list[BaseMessage]:
        return messages_of(self._template, self._values(given))

    def _stamped(self, config: RunnableConfig) -> RunnableConfig:
        # Prompt metadata reaches the model call only through its config. No merge_configs: it
        # copies every callback manager, and only one key changes.
        return {**config, "metadata": {**(config.get("metadata") or {}), **self._metadata}}


def _unheard(config: RunnableConfig | None) -> TypeGuard[RunnableConfig]:
    """True inside a run that nobody listens to: a run of the chain's own would tell no one."""
    manager = config.get("callbacks") if config else None
    return isinstance(manager, BaseCallbackManager) and not manager.handlers
