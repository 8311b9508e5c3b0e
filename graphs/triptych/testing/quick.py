"""A server with ready-made answers, for benchmarks: it costs a client's machine next to nothing.

`ScriptedServer` builds each answer anew and writes a journal; this one parses as little HTTP as it
can and sends bytes that were made before, so that what is measured is the client.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import Any, Self

from triptych.testing.application import COUNTS
from triptych.testing.dialects import DIALECTS, Served
from triptych.testing.dialects.answer import Answer
from triptych.testing.listening import Listener
from triptych.testing.reply import Reply

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_STREAMED = re.compile(rb'"stream": ?true')
_USAGE = re.compile(rb'"include_usage": ?true')


class _Answers:
    """The bytes of every answer, and how many were sent."""

    def __init__(self, text: str) -> None:
        dialect, served = DIALECTS["openai"], Served()
        reply = Reply(text, usage=(8, 8))
        ask: dict[str, Any] = {"model": "scripted", "stream": True}

        def answer(**more: Any) -> Answer:
            return Answer(reply, {**ask, **more}, dialect.new_id(1), iter(()), "scripted")

        def stream(**more: Any) -> bytes:
            first, pieces, end = dialect.events(answer(**more))
            body = b"".join([first, *pieces, *end])
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked

        self.whole = _whole(dialect.completion(answer()))
        self.stream = stream()
        self.stream_with_usage = stream(stream_options={"include_usage": True})
        self.models = _whole(dialect.models(served))
        self.sent = 0


class _Connection(asyncio.Protocol):
    def __init__(self, answers: _Answers, counts: Any) -> None:
        self.transport: asyncio.Transport | None = None
        self._answers = answers
        self._counts = counts
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a TCP server gives
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._data) < whole:
                return
            body, self._data = self._data[end + 4 : whole], self._data[whole:]
            if self.transport is not None:
                self.transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET"):
            return _whole(self._counts()) if COUNTS.encode() in head else self._answers.models
        self._answers.sent += 1
        if not _STREAMED.search(body):
            return self._answers.whole
        wants = _USAGE.search(body)
        return self._answers.stream_with_usage if wants else self._answers.stream


class QuickServer:
    """Ready-made answers on loopback, in a thread of its own. Use it as a context manager.

    Args:
        text: What every answer says.
        port: Where to listen; 0 takes any free port.
    """

    def __init__(self, text: str = "Hello, world!", *, port: int = 0) -> None:
        self._answers = _Answers(text)
        self._askers = 0
        self._listener = Listener(lambda: _Connection(self._answers, self.counts), port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def base_url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self._listener.port}/v1"

    def counts(self) -> dict[str, int]:
        """How many requests were answered, and connections opened and open, without the askers'."""
        self._askers += 1
        return {
            "requests": self._answers.sent,
            "connections": self._listener.opened - self._askers,
            "open": self._listener.open - 1,
        }

    def __enter__(self) -> Self:
        """Start; the server answers from here on."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listener.up(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self._listener.down(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _whole(value: Any) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body
