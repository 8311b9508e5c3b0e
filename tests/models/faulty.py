"""Every fault of the test kit met in every way of calling: what came of it.

Used by test_models_fault_table.py, which says what must come of it, and by tools/fault_table.py,
which writes docs/faults.md.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from triptych.errors import ModelError
from triptych.models import ChatNVIDIA, retry
from triptych.models.http.transport import Timeouts
from triptych.testing import FAULTS, Faults, Reply, ScriptedServer

WAYS = ("invoke", "ainvoke", "stream", "astream", "tools", "structured")
NAMES = ("refused", *FAULTS)
HELD = ("slow-headers", "slow-first", "stall")
"""Faults that are told only by a time-out."""
PATIENCE = Timeouts(first=0.3, between=0.3)
ATTEMPTS = 2


class Answer(BaseModel):
    """The answer to the question."""

    number: int


def good(request: dict[str, Any]) -> Reply:
    """What the model says if nothing goes wrong."""
    if request.get("tools"):
        return Reply(tool_calls=[{"name": "Answer", "arguments": {"number": 42}}])
    if request.get("response_format"):
        return Reply('{"number": 42}')
    return Reply("It is forty-two.")


@dataclass(frozen=True)
class Met:
    """What came of one call: `error` is None where it was answered.

    `asked` is how many requests the server saw.
    """

    asked: int
    error: ModelError | None = None
    value: Any = None

    @property
    def attempts(self) -> int:
        return self.error.attempts if self.error else self.asked

    @property
    def kind(self) -> str:
        return type(self.error).__name__ if self.error else "answered"

    @property
    def words(self) -> str:
        """The error's text without what differs from run to run."""
        text = re.sub(r"127\.0\.0\.1:\d+", "HOST", str(self.error)) if self.error else ""
        return re.sub(r"\{\"id\": ?\"chatcmpl.*?(?= Is the)", '{"id":"chatcmpl-…', text)


class Bench:
    """A server whose next replies meet a fault, and a model that asks it."""

    def __init__(self, server: ScriptedServer, shelf: dict[str, Any]) -> None:
        self.server = server
        self._shelf = shelf

    def meet(self, name: str, way: str, *, passing: bool, **how: Any) -> Met:
        """Make one call.

        Args:
            name: The fault.
            way: How to call.
            passing: The fault meets the first attempt alone; else every one.
            how: Arguments of the model.
        """
        url = closed_port() if name == "refused" else self.server.base_url
        faults = Faults([] if name == "refused" else [name], most=1 if passing else None)
        self._shelf["faults"] = None if name == "refused" else faults
        before = len(self.server.requests)
        how = {"timeout": PATIENCE, **how} if name in HELD else how
        model = ChatNVIDIA(base_url=url, model="scripted", max_retries=ATTEMPTS - 1, **how)
        try:
            value = call(model, way)
        except ModelError as error:
            return Met(self._asked(before), error)
        finally:
            faults.release.set()
        return Met(self._asked(before), value=value)

    def _asked(self, before: int) -> int:
        return sum(entry.method == "POST" for entry in self.server.requests[before:])


def call(model: Any, way: str) -> Any:
    """Call a model in one of the ways; what it answers, as text or value."""
    if way == "invoke":
        return model.invoke("Which number?").text
    if way == "ainvoke":
        return asyncio.run(model.ainvoke("Which number?")).text
    if way == "stream":
        return "".join(chunk.text for chunk in model.stream("Which number?"))
    if way == "tools":
        return model.bind_tools([Answer]).invoke("Which number?").tool_calls
    if way == "structured":
        return model.with_structured_output(Answer).invoke("Which number?")

    async def collect() -> str:
        return "".join([chunk.text async for chunk in model.astream("Which number?")])

    return asyncio.run(collect())


@contextmanager
def bench() -> Iterator[Bench]:
    """A bench, on which nobody waits between two attempts."""
    shelf: dict[str, Any] = {"faults": None}

    def script(request: dict[str, Any]) -> Reply:
        faults, reply = shelf["faults"], good(request)
        if request.get("response_format") and "cut-text" in getattr(faults, "names", ()):
            reply = Reply(reply.text[:8])  # a whole JSON object would be a whole answer
        return faults(reply) if faults else reply

    async def at_once(seconds: float) -> None:
        pass

    timing = retry.Timing
    retry.Timing = lambda: timing(sleep=lambda seconds: None, asleep=at_once)  # type: ignore
    try:
        with ScriptedServer(script) as server:
            yield Bench(server, shelf)
    finally:
        retry.Timing = timing  # type: ignore


def closed_port() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"
