"""An endpoint on loopback that says what a test tells it, byte by byte, and notes what it is sent.

`triptych.testing.ScriptedServer` speaks whole answers; these tests need broken ones, too.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Say:
    """One HTTP answer. `cut` breaks the connection after the pieces; `hold` waits for the client
    to close it."""

    pieces: list[bytes] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hold: bool = False
    chunked: bool = True


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # five by default: many threads at once are reset
    daemon_threads = True


class Endpoint:
    """A running endpoint: `answer` makes the answer to a POST, `journal` holds the requests."""

    def __init__(self) -> None:
        self.answer = lambda request: Say(events({"content": "hello"}))
        self.models = ["alpha-7b", "beta-3b"]
        self.journal: list[dict] = []
        self.closed = threading.Event()
        self.server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def says(self, *pieces: bytes, **how: object) -> None:
        """Give every POST this answer."""
        self.answer = lambda request: Say(list(pieces), **how)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                endpoint.journal.append({"path": self.path, "headers": dict(self.headers)})
                listing = {"object": "list", "data": [{"id": name} for name in endpoint.models]}
                self._send(Say([json.dumps(listing).encode()]))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = {"path": self.path, "headers": dict(self.headers), "body": body}
                endpoint.journal.append(request)
                self._send(endpoint.answer(request))

            def _send(self, say: Say) -> None:
                self.send_response(say.status)
                for name, value in say.headers.items():
                    self.send_header(name, value)
                how = ("Transfer-Encoding", "chunked") if say.chunked else ("Connection", "close")
                self.send_header(*how)
                self.end_headers()
                for piece in filter(None, say.pieces):
                    frame = b"%x\r\n%b\r\n" % (len(piece), piece) if say.chunked else piece
                    self.wfile.write(frame)
                if say.hold:
                    self.connection.settimeout(20)
                    if self.connection.recv(1) == b"":
                        endpoint.closed.set()
                if say.chunked and not say.cut and not say.hold:
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = say.cut or say.hold or not say.chunked

            def log_message(self, *args: object) -> None:
                pass

        return Handler


def event(**fields: object) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def delta(finish: str | None = None, **words: object) -> bytes:
    """One event with a piece of the answer."""
    choice = {"index": 0, "delta": words, "finish_reason": finish}
    return event(id="c-1", model="alpha-7b", choices=[choice])


def events(*deltas: dict, usage: dict | None = None) -> list[bytes]:
    """A whole answer of the given deltas."""
    counted = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    return [
        *[delta(**each) for each in deltas],
        delta(finish="stop"),
        event(id="c-1", model="alpha-7b", choices=[], usage=usage or counted),
        b"data: [DONE]\n\n",
    ]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)
    monkeypatch.delenv("NVIDIA_BASE_URL", raising=False)
    made = Endpoint()
    made.delta, made.event, made.events, made.say = delta, event, events, Say
    yield made
    made.stop()


@pytest.fixture
def model(endpoint: Endpoint):
    from triptych.models import ChatNVIDIA

    return ChatNVIDIA(base_url=endpoint.url, model="alpha-7b")


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest):
    """Both ways to stream: a function from a model to the list of its chunks."""
    import asyncio

    def run(model, prompt="Hi", **kwargs):
        if request.param == "sync":
            return list(model.stream(prompt, **kwargs))

        async def collect():
            return [chunk async for chunk in model.astream(prompt, **kwargs)]

        return asyncio.run(collect())

    return run
