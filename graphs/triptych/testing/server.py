"""An OpenAI-compatible server that answers by a script."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Self

from aiohttp import web
from multidict import CIMultiDict

from triptych.testing import wire
from triptych.testing.delivery import Delivery
from triptych.testing.journal import Entry
from triptych.testing.reply import Reply

Script = Iterable[Reply | str] | Callable[[dict[str, Any]], Reply | str]

_STARTUP = 30.0  # seconds; on a busy machine a thread may wait long for its turn
_ENTRY: web.RequestKey[Entry] = web.RequestKey("entry", Entry)


class ScriptedServer:
    """A real HTTP server in a thread of its own, for tests of whatever talks to a model.

    It serves ``POST /v1/chat/completions`` (streamed or not, in vLLM's dialect), ``GET
    /v1/models`` and ``GET /health``. Use it as a context manager.

    Args:
        script: The replies in the order of the requests, then error 500 ``script exhausted``; or a
            function from a request's JSON to its reply, called in the server's thread; what it
            raises is answered with 500 and raised again when the server stops. A text is a `Reply`
            with that text.
        models: The names in ``/v1/models``. Requests may name any model.
        key: The bearer key that requests must carry, if any.
        show_keys: Keep ``Authorization`` headers readable in the journal.

    Attributes:
        requests: The journal: an `Entry` for each request, in the order of arrival.
        started: Set when any reply has sent its first bytes, or is being held.

    Example:
        >>> import urllib.request
        >>> with ScriptedServer() as server:
        ...     urllib.request.urlopen(server.base_url + "/models").status
        200
    """

    def __init__(
        self,
        script: Script = (),
        *,
        models: Sequence[str] = ("scripted",),
        key: str | None = None,
        show_keys: bool = False,
    ) -> None:
        self.requests: list[Entry] = []
        self.started = threading.Event()
        self._script: Callable[[dict[str, Any]], Reply | str] | Iterator[Reply | str]
        self._script = script if callable(script) else iter(script)
        self._models = tuple(models)
        self._key = key
        self._show_keys = show_keys
        self._arrived = threading.Condition()
        self._replies = 0
        self._stopping = False
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="scripted-server", daemon=True)
        self._up = threading.Event()
        self._failure: BaseException | None = None
        self._script_error: Exception | None = None

    @property
    def base_url(self) -> str:
        """The base URL for clients, ``http://127.0.0.1:PORT/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def chats(self) -> list[Entry]:
        """The journal's completion requests that were answered by the script."""
        return [entry for entry in self.requests if entry.reply is not None]

    def __enter__(self) -> Self:
        """Start; the server answers from here on."""
        self._thread.start()
        if not self._up.wait(_STARTUP):
            raise TimeoutError("The scripted server did not start.")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop; replies that are still held are broken off. Raises what the script raised."""
        self._stopping = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        if kind is None and self._script_error is not None:
            raise self._script_error

    def wait_for(self, count: int, timeout: float = 30.0) -> list[Entry]:
        """The journal, as soon as it has `count` requests.

        Raises:
            TimeoutError: They did not come within `timeout` seconds.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came.")
        return self.requests

    def _serve(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        app = web.Application(middlewares=[self._record], client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/health", self._health)
        runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.01
        )
        try:
            loop.run_until_complete(self._listen(runner))
        except BaseException as error:
            self._failure = error
            self._stopping = True
        self._up.set()
        if not self._stopping:
            loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
        self._port = runner.addresses[0][1]

    @web.middleware
    async def _record(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Write the request into the journal, ask for the key, and watch the client."""
        entry = await self._note(request)
        try:
            if self._locked(request):
                response: web.StreamResponse = web.json_response(
                    {"error": "Unauthorized"}, status=401
                )
            else:
                response = await handler(request)
        except web.HTTPException as error:
            response = web.json_response({"detail": error.reason}, status=error.status)
        except (asyncio.CancelledError, ConnectionError):
            if not self._stopping and not entry.finished.is_set():
                entry.disconnected.set()
                if entry.reply is not None:
                    entry.reply.closed.set()
            raise
        entry.finished.set()
        return response

    async def _note(self, request: web.Request) -> Entry:
        headers = CIMultiDict(request.headers)
        if "Authorization" in headers and not self._show_keys:
            scheme, _, _ = headers["Authorization"].partition(" ")
            headers["Authorization"] = f"{scheme} ***"
        entry = Entry(request.method, request.path_qs, headers, None, time.monotonic())
        try:
            entry.body = json.loads(await request.read())
        except ValueError:  # no JSON, or not text at all
            entry.body = None
        request[_ENTRY] = entry
        with self._arrived:
            self.requests.append(entry)
            self._arrived.notify_all()
        return entry

    def _locked(self, request: web.Request) -> bool:
        if self._key is None or not request.path.startswith("/v1/"):
            return False
        return request.headers.get("Authorization") != f"Bearer {self._key}"

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        entry = request[_ENTRY]
        if not isinstance(entry.body, dict) or "messages" not in entry.body:
            error = wire.error_object("The body is not a chat request in JSON.", 400)
            return web.json_response(error, status=400)
        entry.reply = self._next_reply(entry.body)
        self._replies += 1
        delivery = Delivery(request, entry, entry.reply, self._replies, self.started)
        return await delivery.send()

    def _next_reply(self, body: dict[str, Any]) -> Reply:
        try:
            if callable(self._script):
                reply = self._script(body)
            else:
                reply = next(self._script, Reply("script exhausted", status=500))
        except Exception as error:
            self._script_error = self._script_error or error
            reply = Reply(f"The script failed: {error!r}", status=500)
        return Reply(reply) if isinstance(reply, str) else reply

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(wire.model_list(self._models))

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.Response()
