"""What the scripted server answers to one request."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Cut = Literal[
    "before", "reset-before", "reset", "close", "eof", "json", "no-done", "error-event"
]  # fmt: skip


@dataclass(eq=False)
class Reply:
    """One answer of a `ScriptedServer`: what it says, how fast, and how it goes wrong.

    Args:
        text: The assistant's text.
        tool_calls: Calls as ``{"name": …, "arguments": dict or str, "id": optional}``.
        reasoning: Text of the message's ``reasoning`` field.
        finish_reason: ``auto`` is ``tool_calls`` where there are some, else ``stop``; None sends
            none.
        stop_reason: The stop sequence that ended the text, where a dialect tells it.
        usage: Prompt and completion tokens; None estimates them.
        cached: Prompt tokens that came from the prefix cache, where a dialect tells them.
        usage_as: ``null`` sends the field without figures, ``missing`` no field at all.
        chunks: The pieces in which the text is streamed; None cuts it behind each word.
        delay: Seconds before the first byte.
        chunk_delay: Seconds between two pieces; 0 sends the whole stream in one write.
        status: HTTP status. Other than 200, `text` is the message of the dialect's error object.
        headers: Response headers beside the usual ones.
        body: Sent as it is in place of all the above: text, bytes, or a value to be sent as JSON.
        insert: Raw bytes written into a stream behind `cut_after` pieces: comments, garbage.
        cut: How the answer breaks off. ``before``: the connection is closed without a byte;
            ``reset-before``: it is reset without one; ``reset``: it is reset in the middle;
            ``close``: it is closed in the middle; ``eof``: the answer ends properly, but too
            early; ``json``: the same, in the middle of an event; ``no-done``: all came but
            ``[DONE]``; ``error-event``: an error object follows, as vLLM sends it after HTTP 200.
        cut_after: Pieces that are sent before the cut.
        error: The message of the ``error-event``.
        hold: The rest is held back until this event is set.
        hold_after: Pieces that are sent before the hold; -1 sends the headers alone and -2 not
            even these. An answer that is not streamed is held as a whole.
        fault: The name of the fault that made this reply of a good one; for the journal.

    Attributes:
        closed: Set when the client went away before it had the whole answer.
    """

    text: str = ""
    tool_calls: Sequence[Mapping[str, Any]] | None = None
    reasoning: str = ""
    finish_reason: str | None = "auto"
    stop_reason: str | None = None
    usage: tuple[int, int] | None = None
    cached: int = 0
    usage_as: Literal["given", "null", "missing"] = "given"
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    insert: bytes = b""
    cut: Cut | None = None
    cut_after: int = 1
    error: str = "The engine has died."
    hold: threading.Event | None = None
    hold_after: int = 1
    fault: str = ""
    closed: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    @property
    def pieces(self) -> list[str]:
        """The text as it is streamed."""
        return cut_words(self.text) if self.chunks is None else list(self.chunks)


def cut_words(text: str) -> list[str]:
    """A text behind each of its words; joined again it is the same."""
    return re.findall(r"\S+\s*|\s+", text)
