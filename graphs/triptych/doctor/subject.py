"""The endpoint and model that are examined, and how they are asked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triptych.doctor import questions
from triptych.doctor.purse import Purse
from triptych.errors import InputError
from triptych.models import catalogue, faults

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

Messages = list[tuple[str, str]]


@dataclass
class Subject:
    """A model at an endpoint.

    Attributes:
        base_url: Where; ends in ``/v1``.
        model: The id that the endpoint uses.
        key: Its key, or "".
        entry: What the catalogue says of it, if anything.
        purse: What may be spent on it.
        clock: Seconds that only grow.
    """

    base_url: str
    model: str
    purse: Purse
    key: str = field(default="", repr=False)
    entry: catalogue.Entry | None = None
    clock: Callable[[], float] = time.perf_counter

    @property
    def place(self) -> str:
        """Where and what, for people."""
        return f"{self.model} at {faults.place(self.base_url)}"

    def chat(self, **parameters: Any) -> Any:
        """The model, ready to be asked.

        Args:
            **parameters: Of ``ChatNVIDIA``.
        """
        from triptych.models import ChatNVIDIA

        parameters.setdefault("temperature", 0)
        parameters["max_retries"] = 0  # they would be spent unseen, and hide what they repair
        key = self.key or None
        return ChatNVIDIA(base_url=self.base_url, model=self.model, api_key=key, **parameters)

    def ask(self, chat: Runnable[Any, BaseMessage], said: Messages, answer: int) -> Answer:
        """Ask, and take the time of each piece of the answer.

        Args:
            chat: The model, with its tools or schema bound.
            said: The question.
            answer: The limit of tokens that `chat` has for its answer.

        Raises:
            ModelError: If there is no answer.
        """
        most = self.most(said, answer)
        began, arrivals, pieces = self.clock(), [], []
        try:
            for piece in chat.stream(said):
                pieces.append(piece)
                if piece.content or getattr(piece, "tool_call_chunks", None):
                    arrivals.append(self.clock())
        except Exception as error:
            if getattr(error, "status", None) in (None, 200) or pieces:
                self.purse.paid(most, answer, None)  # something may have been generated
            raise
        message: Any = pieces[0]
        for piece in pieces[1:]:
            message = message + piece
        counted = None if message.response_metadata.get("usage_estimated") else message
        usage = counted.usage_metadata if counted is not None else None
        self.purse.paid(most, answer, usage)
        return Answer(message, usage, began, arrivals, self.clock())

    def most(self, said: Messages, answer: int, more: str = "") -> int:
        """The most tokens that a question can take."""
        return self.purse.most(questions.text(said) + more, answer)


@dataclass(frozen=True)
class Answer:
    """What came, and when.

    Attributes:
        message: The whole message.
        usage: The server's own count; None where it gave none.
        began: When it was asked, in seconds of the subject's clock.
        arrivals: When each piece with words came.
        ended: When the answer was whole.
    """

    message: Any
    usage: Any
    began: float
    arrivals: list[float]
    ended: float

    @property
    def text(self) -> str:
        """Its words."""
        return str(self.message.text).strip()

    @property
    def first(self) -> float:
        """Seconds to its first piece."""
        return (self.arrivals[0] if self.arrivals else self.ended) - self.began


def named(name: str, purse: Purse, key_env: str = "") -> Subject:
    """A model of the catalogue; a local one is started, which takes seconds.

    Raises:
        UnknownModelError: If there is none of that name.
        InputError: If `key_env` is not set.
        ModelError: If the local server does not start.
    """
    entry = catalogue.find(name)
    if entry.kind == "local":
        from triptych.models.embedded.local import local_server

        server = local_server(entry.alias)
        return Subject(server.base_url, entry.id, purse, server.key, entry)
    return _served(str(entry.base_url), entry.id, purse, key_env, entry)


def addressed(base_url: str, model: str, purse: Purse, key_env: str = "") -> Subject:
    """A model at an address.

    Raises:
        InputError: If `key_env` is not set.
    """
    url = base_url.rstrip("/")
    if not url.endswith("/v1") and url.count("/") == 2:
        url += "/v1"
    return _served(url, model, purse, key_env, catalogue.entry_at(url, model))


def key_from(variable: str) -> str:
    """The key in an environment variable.

    Raises:
        InputError: If the variable is not set.
    """
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(
            f"The environment variable {variable} is not set.",
            f"Put the key into it (export {variable}=…), or leave --api-key-env out.",
        )
    return key


def _served(
    url: str, model: str, purse: Purse, key_env: str, entry: catalogue.Entry | None
) -> Subject:
    if key_env:
        key = key_from(key_env)
    else:
        usual = "NVIDIA_API_KEY" if faults.is_hosted(url) else "TRIPTYCH_API_KEY"
        key = os.environ.get((entry.api_key_env if entry else "") or usual, "").strip()
    return Subject(url, model, purse, key, entry)
