"""What the scripted server answers to one request."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Cut = Literal["before", "reset", "eof", "error-event"]


@dataclass(eq=False)
class Reply:
    """One answer of a `ScriptedServer`: what it says, how fast, and how it goes wrong.

    Args:
        text: The assistant's text.
        tool_calls: Calls as ``{"name": …, "arguments": dict or str, "id": optional}``.
        reasoning: Text of the message's ``reasoning`` field.
        finish_reason: ``auto`` is ``tool_calls`` where there are some, else ``stop``; None sends
            none.
        usage: Prompt and completion tokens; None estimates them.
        chunks: The pieces in which the text is streamed; None cuts it behind each word.
        delay: Seconds before the first byte.
        chunk_delay: Seconds between two pieces; 0 sends the whole stream in one write.
        status: HTTP status. Other than 200, `text` is the message of a vLLM error object.
        headers: Response headers beside the usual ones.
        body: Sent as it is in place of all the above: text, bytes, or a value to be sent as JSON.
        cut: How the answer breaks off. ``before``: the connection is closed without a byte;
            ``reset``: it is reset in the middle; ``eof``: the answer ends properly, but too early;
            ``error-event``: an error object follows, as vLLM sends it after HTTP 200.
        cut_after: Pieces that are sent before the cut.
        error: The message of the ``error-event``.
        hold: The rest is held back until this event is set.
        hold_after: Pieces that are sent before the hold; an answer that is not streamed is held
            as a whole.

    Attributes:
        closed: Set when the client went away before it had the whole answer.
    """

    text: str = ""
    tool_calls: Sequence[Mapping[str, Any]] | None = None
    reasoning: str = ""
    finish_reason: str | None = "auto"
    usage: tuple[int, int] | None = None
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    cut: Cut | None = None
    cut_after: int = 1
    error: str = "The engine has died."
    hold: threading.Event | None = None
    hold_after: int = 1
    closed: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    @property
    def pieces(self) -> list[str]:
        """The text as it is streamed."""
        return cut_words(self.text) if self.chunks is None else list(self.chunks)


def cut_words(text: str) -> list[str]:
    """A text behind each of its words; joined again it is the same."""
    return re.findall(r"\S+\s*|\s+", text)
