"""Everything that goes wrong between a client and a model, each by a name."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from triptych.testing.dialects.dialect import event
from triptych.testing.reply import Reply

_HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_ERROR = {"error": {"message": "CUDA out of memory", "type": "InternalServerError", "code": 500}}
_LONG = event({"choices": [], "padding": "x" * 2**20})
_COMMENTS = b': keep-alive\n\n: {"waiting": 3}\n\nevent: ping\ndata:\n\n'

Change = Callable[[Reply, threading.Event], Reply]


def _with(**changes: Any) -> Change:
    return lambda reply, release: replace(reply, **changes)


def _status(status: int, words: str, **headers: str) -> Change:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply, release: Reply(words, status=status, headers={**reply.headers, **named})


def _held(after: int) -> Change:
    return lambda reply, release: replace(reply, hold=release, hold_after=after)


def _cut_arguments(reply: Reply, release: threading.Event) -> Reply:
    """Cut by the token limit, as streamed by a real server: half a JSON object, no more."""
    calls = [{**call, "arguments": '{"'} for call in reply.tool_calls or ({"name": "cut"},)]
    return replace(reply, tool_calls=calls, finish_reason="length")


_CHANGES: dict[str, Change] = {
    "closed": _with(cut="before"),
    "reset-before": _with(cut="reset-before"),
    "slow-headers": _held(-2),
    "slow-first": _held(-1),
    "stall": _held(1),
    "reset": _with(cut="reset"),
    "close": _with(cut="close"),
    "error-event": _with(cut="error-event"),
    "end-early": _with(cut="eof"),
    "no-finish": _with(finish_reason=None),
    "no-done": _with(cut="no-done"),
    "cut-json": _with(cut="json"),
    "garbage": _with(insert=b"data: {]oops\n\n"),
    "binary": _with(insert=b"\xff\xfe\x00\n\n"),
    "html": _with(body=_HTML),
    "error-200": _with(body=_ERROR),
    "empty-200": _with(body=b""),
    "cut-arguments": _cut_arguments,
    "cut-text": _with(finish_reason="length"),
    "filtered": _with(text="", finish_reason="content_filter"),
    "null-usage": _with(usage_as="null"),
    "no-usage": _with(usage_as="missing"),
    "huge-line": _with(insert=_LONG),
    "comments": _with(insert=_COMMENTS),
    "400": _status(400, "That is not a request."),
    "401": _status(401, "Unauthorized"),
    "402": _status(402, "Cloud credits expired"),
    "403": _status(403, "Forbidden"),
    "404": _status(404, "The model does not exist."),
    "408": _status(408, "Request Timeout"),
    "413": _status(413, "Payload Too Large"),
    "422": _status(422, "Unprocessable Entity"),
    "429": _status(429, "Too Many Requests", Retry_After="1"),
    "500": _status(500, "EngineCore encountered an issue."),
    "502": _status(502, "Bad Gateway"),
    "503": _status(503, "The queue is full."),
    "504": _status(504, "Gateway Timeout"),
}

FAULTS = tuple(_CHANGES)
"""The names that `fault` and `Faults` take. What each does stands in `Faults`."""


def fault(name: str, reply: Reply | str = "", release: threading.Event | None = None) -> Reply:
    """A good reply made bad, for a script.

    Args:
        name: One of `FAULTS`.
        reply: The good one.
        release: For faults that hold an answer back: what lets it go on; None never does.

    Raises:
        KeyError: There is no such fault.

    Example:
        >>> fault("error-event", "Hello, world!").cut
        'error-event'
    """
    good = Reply(reply) if isinstance(reply, str) else reply
    return replace(_CHANGES[name](good, release or threading.Event()), fault=name)


@dataclass
class Faults:
    """Faults by chance: some of a server's replies go wrong.

    ``closed`` and ``reset-before`` end the connection without a byte; ``slow-headers``,
    ``slow-first`` and ``stall`` say nothing (more) until `release` is set; ``reset`` and ``close``
    break in the middle; ``error-event`` is an error inside a stream; ``end-early``, ``no-finish``,
    ``no-done`` and ``cut-json`` end it too soon; ``garbage``, ``binary``, ``huge-line`` and
    ``comments`` stand between its events; ``html``, ``error-200`` and ``empty-200`` are no
    completions; ``cut-arguments``, ``cut-text`` and ``filtered`` are short of their end;
    ``null-usage`` and ``no-usage`` lack the figures; numbers are HTTP statuses, 429 with
    ``Retry-After: 1``. A refused connection is `ScriptedServer.refusing`.

    Args:
        names: The faults to draw from.
        chance: Of each reply to go wrong, from 0 to 1.
        seed: Of the draws: one seed, one sequence.
        most: How many may go wrong in all; None is no limit.

    Attributes:
        release: Set it, and all that is held back goes on.

    Example:
        >>> faults = Faults(["429", "reset"], chance=0.5, seed=3)
        >>> [faults("x").fault for _ in range(4)]
        ['429', 'reset', '', '429']
    """

    names: Sequence[str]
    chance: float = 1.0
    seed: int = 0
    most: int | None = None
    release: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        """Check the names, so that a wrong one fails in the test and not in the server."""
        if unknown := set(self.names) - set(FAULTS):
            raise ValueError(f"No such faults: {', '.join(sorted(unknown))}.")
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def __call__(self, reply: Reply | str) -> Reply:
        """The reply, or what went wrong in its place."""
        good = Reply(reply) if isinstance(reply, str) else reply
        if self.most == 0 or self._random.random() >= self.chance:
            return good
        self.most = None if self.most is None else self.most - 1
        return fault(self._random.choice(list(self.names)), good, self.release)
