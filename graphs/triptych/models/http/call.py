"""What one request carries, how long it may take, and what is seen of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import to_json

from triptych.errors import InputError, ModelError
from triptych.models import faults
from triptych.models.http.masked import Masked, secrets


@dataclass(frozen=True)
class Timeouts:
    """How long a call may take, in seconds; ``None`` is for ever.

    Attributes:
        connect: Until the connection stands: name, TCP, proxy and TLS.
        first: From there to the first event. Comments (``: ping``) are no events.
        between: The longest silence after the first event. A comment breaks the silence, because
            the server is alive; an event has to come every ``max(first, between)`` nevertheless,
            so that comments alone hold no call for ever.
        total: The whole call, what the caller does between two events included.
    """

    connect: float | None = 10.0
    first: float | None = 300.0
    between: float | None = 120.0
    total: float | None = None


class Seen:
    """The head of an answer; filled when it arrives, anew for each attempt.

    Attributes:
        status: The HTTP status; None as long as there is no answer.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self._headers: Mapping[str, str] = {}
        self._secrets: Sequence[str] = ()

    def note(self, status: int, headers: Mapping[str, str], secrets: Sequence[str] = ()) -> None:
        """Take the head of an answer to a request that carried `secrets`."""
        self.status, self._headers, self._secrets = status, headers, secrets

    @property
    def headers(self) -> dict[str, str]:
        """All headers, names in lower case."""
        return {name.lower(): value for name, value in self._headers.items()}

    @property
    def request_id(self) -> str:
        """The server's name for the request, as support staff ask for it; often empty.

        It stands in errors, logs and the answer's metadata: secrets in it are blotted out.
        """
        return faults.request_id(self._headers, self._secrets)


@dataclass(eq=False)  # not frozen: one is made for each request, and that takes four times as long
class Call:
    """Where a request goes and what it carries. It is not changed once it is made.

    Attributes:
        url: The address of the chat completions.
        payload: The body, as JSON values.
        key: The bearer key; never shown.
        headers: Sent beside, and in place of, our own.
        timeouts: See `Timeouts`.
        verify: Check certificates against the usual authorities (True), against those of a file or
            directory (its path), or not at all (False).
        seen: Where the head of the answer is noted.
    """

    url: str
    payload: dict[str, Any]
    key: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    verify: bool | str = True
    seen: Seen = field(default_factory=Seen, repr=False)

    def again(self) -> Call:
        """The same call, with a `Seen` of its own."""
        return replace(self, seen=Seen())

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is sent and must not be shown."""
        return secrets(self.key, self.headers)

    @property
    def sent_headers(self) -> dict[str, str]:
        """All headers; an Authorization only where there is a key.

        Raises:
            InputError: If a header cannot carry the key; the clients' own errors would show it.
        """
        # identity: a compressing proxy holds events back until it has a block of them.
        sent = {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "triptych",
        }
        if self.key:
            if not (self.key.isascii() and self.key.isprintable()):
                raise InputError(
                    f"The key for {faults.place(self.url)} holds characters that no key has.",
                    "Copy it anew: one line, no quotes, no spaces.",
                )
            sent["Authorization"] = Masked(f"Bearer {self.key}")
        if self.headers:
            given = {name.lower() for name in self.headers}
            sent = {name: text for name, text in sent.items() if name.lower() not in given}
            sent.update({name: Masked(text) for name, text in self.headers.items()})
        return sent

    @property
    def body(self) -> bytes:
        """The payload as it is sent."""
        try:
            return to_json(self.payload)
        except ValueError:  # half a surrogate pair in a prompt, as a file with broken names has it
            return json.dumps(self.payload).encode()

    @property
    def models_url(self) -> str:
        """Where the endpoint lists what it serves; beside the chat path of the same host."""
        return self.url.removesuffix("/chat/completions") + "/models"

    def check(self) -> None:
        """Refuse what need not be sent to fail.

        Raises:
            ModelError: If the hosted endpoint is asked without a key.
        """
        if not self.key and faults.is_hosted(self.url):
            raise faults.no_key(self.url)

    def refused(self, status: int, body: str, served: list[str] | None) -> ModelError:
        """The error for an HTTP status, without the secrets that the body may repeat."""
        return faults.refused(
            self.url,
            status,
            body,
            str(self.payload.get("model")),
            served,
            headers=self.seen.headers,
            secrets=self.secrets,
        )

    def no_completion(self, said: bytes) -> ModelError:
        """The error for an answer that is no completion."""
        return faults.not_a_completion(
            self.url,
            said.decode(errors="replace"),
            request_id=self.seen.request_id,
            secrets=self.secrets,
        )
