"""What a dialect is: how one kind of server words its answers, lists and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from triptych.testing.dialects.answer import Answer

CREATED = 1_795_441_184  # any fixed time: replies are the same in every run

Template = Literal["lenient", "alternate", "mistral"]


@dataclass(frozen=True)
class Served:
    """What an endpoint serves, as far as it decides what it refuses.

    Args:
        models: Names of the models.
        context: Tokens of prompt and answer together.
        tools: Whether the server was started with a tool parser.
        template: What the model's chat template refuses: nothing; roles that do not alternate; or
            what Mistral's tokenizer refuses.
    """

    models: tuple[str, ...] = ("scripted",)
    context: int = 32768
    tools: bool = True
    template: Template = "lenient"


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Args:
        status: HTTP status.
        message: The server's words.
        kind: The error's type in the body; empty takes the dialect's own for this status.
        param: The parameter that is at fault, where the dialect tells it.
        more: Further fields of the body.
    """

    status: int
    message: str
    kind: str = ""
    param: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


Events = tuple[bytes, list[bytes], list[bytes]]
"""The first event, the pieces, and the end of a streamed answer."""


@dataclass(frozen=True)
class Dialect:
    """How one kind of server speaks.

    Args:
        name: As `ScriptedServer` takes it.
        completion: The body of an answer that is not streamed.
        events: The events of a streamed one.
        error: The body of a refusal; a text is sent as it is.
        refusal: Why a request is refused, if it is.
        models: The body of ``/v1/models``.
        pages: Other paths and their JSON; None is an empty body.
        unauthorized: The answer to a missing or wrong key.
        not_found: The body for an unknown path.
        headers: Headers of each answer, by its number.
        new_id: A completion's id, by its number.
        new_call_id: A tool call's id, by a number.
        open_paths: Paths that need no key.
        json_type: The content type of a whole answer.
        stream_type: That of a streamed one.
    """

    name: str
    completion: Callable[[Answer], dict[str, Any]]
    events: Callable[[Answer], Events]
    error: Callable[[Refusal], Any]
    refusal: Callable[[Mapping[str, Any], Served], Refusal | None]
    models: Callable[[Served], dict[str, Any]]
    pages: Callable[[Served], dict[str, Any]]
    unauthorized: Refusal
    new_id: Callable[[int], str]
    new_call_id: Callable[[int, Served], str]
    not_found: Any = field(default_factory=lambda: {"detail": "Not Found"})
    headers: Callable[[int], dict[str, str]] = lambda number: {}
    open_paths: Sequence[str] = ("/health", "/version")
    json_type: str = "application/json"
    stream_type: str = "text/event-stream; charset=utf-8"


def event(value: Any) -> bytes:
    """A value as a server-sent event."""
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
