"""A structured answer while it is being streamed."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.utils import message_chunk_to_message

from triptych.models.structured.answers import partial
from triptych.models.structured.forms import Form
from triptych.models.tools import nulls


class Growing:
    """Takes the chunks of one answer.

    Args:
        form: What it shall be.
        tool: The tool whose call carries it; empty where the text does.

    Attributes:
        shown: The dict that was returned last.
    """

    def __init__(self, form: Form, tool: str) -> None:
        self._form, self._tool = form, tool
        self._chunks: list[AIMessageChunk] = []
        self._text = ""
        self.shown: Any = None

    def take(self, chunk: AIMessageChunk) -> Any:
        """The dict as far as it is known, if that is more than before; else None."""
        self._chunks.append(chunk)
        if self._tool:
            # Of several calls the first one counts.
            grown = "".join(c["args"] or "" for c in chunk.tool_call_chunks if not c["index"])
        else:
            grown = str(chunk.text)
        self._text += grown
        if not grown or not self._form.streams:
            return None
        now = nulls.without_nulls(partial(self._text), self._form.schema or {})
        if now is None or now == self.shown:
            return None
        self.shown = now
        return now

    @property
    def message(self) -> AIMessage:
        """The whole message."""
        first, *others = self._chunks or [AIMessageChunk(content="")]
        whole = message_chunk_to_message(add_ai_message_chunks(first, *others))
        return whole if isinstance(whole, AIMessage) else AIMessage("")
