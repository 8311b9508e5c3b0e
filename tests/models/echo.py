"""A server that answers with the prompt it was sent, in a process of its own.

For races between threads: the test kit's server lives in the test's own process, where it would
share the interpreter, and the switch interval, with the threads that are to race.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


def answer(request: dict[str, Any]) -> bytes:
    """The last message's text, streamed in two pieces or as a whole."""
    text = request["messages"][-1]["content"]
    base = {"id": "c-1", "created": 1, "model": request["model"]}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    if not request.get("stream"):
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
        data = json.dumps(body).encode()
        return WHOLE % (len(data), data)
    half = len(text) // 2
    parts: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": text[:half]}, None),
        ({"content": text[half:]}, None),
        ({}, "stop"),
    ]
    events: list[Any] = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in parts
    ]
    events.append({**base, "choices": [], "usage": usage})
    data = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    data += b"data: [DONE]\n\n"
    return CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)


class Talk(asyncio.Protocol):
    """One connection; its requests come one after the other."""

    def __init__(self) -> None:
        self.data = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if found and len(body) >= int(length or 0):
            self.data = b""
            self.transport.write(answer(json.loads(body)))


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Talk, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until the test's end


@contextmanager
def echoing() -> Iterator[str]:
    """The base URL of a running one."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
