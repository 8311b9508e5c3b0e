"""The benchmark's server: so little work for an answer that the clients are what is measured.

An asyncio protocol of its own, because aiohttp's or the test kit's servers cost as much as a client
does. It speaks what vLLM speaks: one JSON object, or events of one piece each. What a request asks
for is in its model's name: `short` and `long` are answers of 16 and 256 pieces at once; `slow` is
the short one with a wait before its first piece and a shorter one before each of the others.

    GET /stats      connections and requests since the last time, and the server's CPU seconds
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FIRST_SECONDS = 0.05
NEXT_SECONDS = 0.005
PIECES = {"short": 16, "slow": 16, "long": 256}
USAGE = {"prompt_tokens": 12, "completion_tokens": 16, "total_tokens": 28}


def words(model: str) -> list[str]:
    """The pieces of the answer that a model gives."""
    return [f" word{index}" for index in range(PIECES[model])]


def event(model: str, choices: list[Any], **more: Any) -> bytes:
    value = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1764000000,
        "model": model,
        "choices": choices,
        **more,
    }
    return frame(b"data: " + json.dumps(value).encode() + b"\n\n")


def frame(data: bytes) -> bytes:
    """A part of a chunked HTTP body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def choice(finish: str | None = None, **delta: Any) -> list[Any]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]


def events(model: str) -> list[bytes]:
    """A streamed answer as vLLM sends it, with usage at the end."""
    return [
        event(model, choice(role="assistant", content="")),
        *[event(model, choice(content=word)) for word in words(model)],
        event(model, choice("stop", content="")),
        event(model, [], usage=USAGE),
        frame(b"data: [DONE]\n\n") + frame(b""),
    ]


def whole(model: str) -> bytes:
    """An answer that is not streamed."""
    message = {"role": "assistant", "content": "".join(words(model)), "tool_calls": []}
    value = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion",
        "created": 1764000000,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    return reply(json.dumps(value).encode())


def reply(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
WHOLE = {name: whole(name) for name in PIECES}
EVENTS = {name: events(name) for name in PIECES}
STREAMED = {name: STREAM + b"".join(EVENTS[name]) for name in PIECES}
MODELS = reply(json.dumps({"object": "list", "data": [{"id": n} for n in PIECES]}).encode())


class Counts:
    connections = 0
    requests = 0

    def taken(self) -> bytes:
        value = {
            "connections": self.connections,
            "requests": self.requests,
            "cpu": time.process_time(),
        }
        self.connections = self.requests = 0
        return reply(json.dumps(value).encode())


class Talk(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.data = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.counted = False

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(rest) < int(length or 0):
            return
        self.data = b""
        if head.startswith(b"GET /stats"):
            self.transport.write(self.counts.taken())
            return
        if not self.counted:
            self.counted = True  # those of /stats are not the clients'
            self.counts.connections += 1
        if head.startswith(b"GET"):
            self.transport.write(MODELS)
            return
        self.counts.requests += 1
        body = json.loads(rest)
        name = body["model"]
        if not body.get("stream"):
            self.transport.write(WHOLE[name])
        elif name == "slow":
            self.slowly()
        else:
            self.transport.write(STREAMED[name])

    def slowly(self) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + FIRST_SECONDS
        role, first, *others = EVENTS["slow"]
        loop.call_at(at, self.transport.write, STREAM + role + first)
        for index, part in enumerate(others, 1):
            loop.call_at(at + index * NEXT_SECONDS, self.transport.write, part)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    counts = Counts()
    server = await loop.create_server(lambda: Talk(counts), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until the client's end


@contextmanager
def serving() -> Iterator[str]:
    """The server in a process of its own: it must not share the clients' interpreter."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def stats(url: str) -> dict[str, Any]:
    """What the server counted since the last time."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats", timeout=30) as got:  # noqa: S310
        return json.load(got)  # type: ignore[no-any-return]


if __name__ == "__main__":
    asyncio.run(serve())
