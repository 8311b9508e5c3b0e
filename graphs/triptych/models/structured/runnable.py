"""A model whose answers have a form: one Runnable, from a prompt to an object."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_core.exceptions import ModelRefusalError
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.utils import AddableDict

from triptych.errors import ContentFilteredError, TruncatedError
from triptych.models.structured.answers import UnfitAnswerError, parsed
from triptych.models.structured.forms import Form
from triptych.models.structured.growing import Growing
from triptych.models.structured.ways import Way

_UNUSABLE = (UnfitAnswerError, TruncatedError, ContentFilteredError, ModelRefusalError)


@dataclass(frozen=True)
class _Read:
    """An answer, and the object in it or the reason why there is none."""

    message: AIMessage
    value: Any = None
    error: Exception | None = None

    @property
    def mendable(self) -> bool:
        """True if the model can be shown what is wrong: a cut answer would be cut again."""
        return isinstance(self.error, UnfitAnswerError)


class Structured(Runnable[LanguageModelInput, Any]):
    """What `triptych.models.structured.structured` returns.

    An answer that does not have its form is sent back once, with the validator's words; the second
    one counts in callbacks and usage like any other call.

    Args:
        model: The model with the arguments of the way bound to it.
        form: The form.
        way: How it is asked for.
        include_raw: Give the message beside the object.
    """

    name = "structured"

    def __init__(
        self, model: Runnable[Any, Any], form: Form, way: Way, *, include_raw: bool = False
    ) -> None:
        self.bound = model
        self.form = form
        self._way = way
        self._include_raw = include_raw

    @property
    def InputType(self) -> Any:
        """As of the model."""
        return self.bound.InputType

    @property
    def OutputType(self) -> Any:
        """The class that is made, or a dict."""
        return dict[str, Any] if self._include_raw or not self.form.made else self.form.made

    def invoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        """Ask once, and once more if the answer does not have its form.

        Raises:
            UnfitAnswerError: If neither has it.
            TruncatedError: If the token limit cut the answer.
            ContentFilteredError: If a filter stopped it.
            ModelError: As of the model.
        """
        return self._call_with_config(self._ask, input, config, **kwargs)

    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Any:
        """`invoke`, asynchronously."""
        return await self._acall_with_config(self._aask, input, config, **kwargs)

    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """Yield a dict as it grows, or an object once it is whole; raises as `invoke` does.

        With the raw message: its chunks, then the object, then the error, each under its key. No
        answer is asked for again then: two messages cannot be one stream.
        """
        return self._transform_stream_with_config(iter([input]), self._flow, config, **kwargs)

    def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """`stream`, asynchronously."""

        async def once() -> AsyncIterator[LanguageModelInput]:
            yield input

        return self._atransform_stream_with_config(once(), self._aflow, config, **kwargs)

    def _ask(
        self, input: LanguageModelInput, run_manager: Any, config: RunnableConfig, **kwargs: Any
    ) -> Any:
        asked = self._messages(input)
        try:
            read = self._read(self.bound.invoke(asked, config, **kwargs))
        except TruncatedError as error:
            return self._given(_cut(error))
        return self._given(self._mended(asked, read, config, kwargs))

    async def _aask(
        self, input: LanguageModelInput, run_manager: Any, config: RunnableConfig, **kwargs: Any
    ) -> Any:
        asked = self._messages(input)
        try:
            read = self._read(await self.bound.ainvoke(asked, config, **kwargs))
        except TruncatedError as error:
            return self._given(_cut(error))
        return self._given(await self._amended(asked, read, config, kwargs))

    def _mended(
        self, asked: list[BaseMessage], read: _Read, config: RunnableConfig, kwargs: dict[str, Any]
    ) -> _Read:
        if not read.mendable:
            return read
        again = [*asked, *self._correction(read)]
        try:
            return self._read(self.bound.invoke(again, config, **kwargs))
        except TruncatedError as error:
            return _cut(error)

    async def _amended(
        self, asked: list[BaseMessage], read: _Read, config: RunnableConfig, kwargs: dict[str, Any]
    ) -> _Read:
        if not read.mendable:
            return read
        again = [*asked, *self._correction(read)]
        try:
            return self._read(await self.bound.ainvoke(again, config, **kwargs))
        except TruncatedError as error:
            return _cut(error)

    def _flow(
        self,
        inputs: Iterator[LanguageModelInput],
        run_manager: Any,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Iterator[Any]:
        asked = self._messages(next(inputs))
        growing = Growing(self.form, self._way.tool)
        for chunk in self.bound.stream(asked, config, **kwargs):
            yield from self._shown(growing, chunk)
        read = self._read(growing.message)
        if not self._include_raw:
            read = self._mended(asked, read, config, kwargs)
        yield from self._last(growing, read)

    async def _aflow(
        self,
        inputs: AsyncIterator[LanguageModelInput],
        run_manager: Any,
        config: RunnableConfig,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        asked = self._messages(await anext(inputs))
        growing = Growing(self.form, self._way.tool)
        async for chunk in self.bound.astream(asked, config, **kwargs):
            for shown in self._shown(growing, chunk):
                yield shown
        read = self._read(growing.message)
        if not self._include_raw:
            read = await self._amended(asked, read, config, kwargs)
        for shown in self._last(growing, read):
            yield shown

    def _shown(self, growing: Growing, chunk: AIMessageChunk) -> Iterator[Any]:
        grown = growing.take(chunk)
        if self._include_raw:
            yield AddableDict(raw=chunk)
        elif grown is not None:
            yield grown

    def _last(self, growing: Growing, read: _Read) -> Iterator[Any]:
        if self._include_raw:
            yield AddableDict(parsed=read.value)
            yield AddableDict(parsing_error=read.error)
            return
        value = self._given(read)
        if not self.form.streams or value != growing.shown:
            yield value

    def _messages(self, input: LanguageModelInput) -> list[BaseMessage]:
        model: Any = self.bound
        while hasattr(model, "bound"):
            model = model.bound
        messages = model._convert_input(input).to_messages()
        return [*messages, *self._way.asking]

    def _read(self, message: AIMessage) -> _Read:
        if message.tool_calls and not self._way.tool and self._include_raw:
            return _Read(message)  # it called one of the user's tools in place of an answer
        try:
            return _Read(message, parsed(message, self.form, self._way.tool))
        except _UNUSABLE as error:
            return _Read(message, error=error)

    def _correction(self, read: _Read) -> list[BaseMessage]:
        problem = read.error.__cause__ if read.error else None
        return self._way.correction(read.message, str(problem))

    def _given(self, read: _Read) -> Any:
        if self._include_raw:
            return {"raw": read.message, "parsed": read.value, "parsing_error": read.error}
        if read.error is not None:
            raise read.error
        return read.value


def _cut(error: TruncatedError) -> _Read:
    return _Read(AIMessage(error.partial), error=error)
