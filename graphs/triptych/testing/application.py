"""The scripted server's web application: it writes the journal, asks for the key, and answers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from triptych.testing.delivery import Delivery
from triptych.testing.dialects import Dialect, Refusal, Served
from triptych.testing.dialects.answer import Answer
from triptych.testing.holds import Holds
from triptych.testing.journal import Entry, fingerprint
from triptych.testing.listening import Listener
from triptych.testing.reply import Reply

_ENTRY: web.RequestKey[Entry] = web.RequestKey("entry", Entry)
_CALLS = 100  # tool calls of one answer before ids would repeat
COUNTS = "/-/counts"
"""Not of any dialect: how many requests and connections there were, as JSON."""


class Application:
    """What a `ScriptedServer` does with a request.

    Args:
        reply_to: The script.
        dialect: How answers are worded.
        served: What is served, which decides what is refused.
        key: The bearer key that requests must carry, if any.
        show_keys: Keep ``Authorization`` headers readable in the journal.

    Attributes:
        requests: The journal.
        arrived: Notified at each new entry.
        started: Set when any reply has sent its first bytes, or is being held.
        stopping: Set by the server: connections that end now were not ended by clients.
        listener: Set by the server.
    """

    listener: Listener

    def __init__(
        self,
        reply_to: Callable[[dict[str, Any]], Reply],
        dialect: Dialect,
        served: Served,
        *,
        key: str | None,
        show_keys: bool,
    ) -> None:
        self.requests: list[Entry] = []
        self.arrived = threading.Condition()
        self.started = threading.Event()
        self.stopping = False
        self._reply_to = reply_to
        self._dialect = dialect
        self._served = served
        self._key = key
        self._show_keys = show_keys
        self._replies = 0
        self._askers = 0
        self._holds = Holds()
        self.app = web.Application(middlewares=[self._record], client_max_size=64 * 2**20)
        self.app.router.add_post("/v1/chat/completions", self._chat)
        pages = dialect.pages(served)
        for path, value in {"/v1/models": dialect.models(served), **pages}.items():
            self.app.router.add_get(path, self._page(value))
        if "/health" not in pages:
            self.app.router.add_get("/health", self._page(None))
        self.app.router.add_get(COUNTS, self._counts)

    @web.middleware
    async def _record(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Write the request into the journal, ask for the key, and watch the client."""
        if request.path == COUNTS:
            return await handler(request)
        entry = await self._note(request)
        try:
            if self._locked(request):
                response: web.StreamResponse = self._refused(self._dialect.unauthorized)
            else:
                response = await handler(request)
        except web.HTTPException as error:
            lost = self._dialect.not_found if error.status == 404 else {"detail": error.reason}
            response = self._json(lost, error.status)
        except (asyncio.CancelledError, ConnectionError):
            if not self.stopping and not entry.finished.is_set():
                entry.aborted_at = time.monotonic()
                entry.disconnected.set()
                if entry.reply is not None:
                    entry.reply.closed.set()
            raise
        entry.status = response.status
        entry.finished.set()
        return response

    async def _note(self, request: web.Request) -> Entry:
        headers = CIMultiDict(request.headers)
        scheme, _, key = headers.get("Authorization", "").partition(" ")
        if scheme and not self._show_keys:
            headers["Authorization"] = f"{scheme} ***"
        entry = Entry(request.method, request.path_qs, headers, None, time.monotonic())
        entry.key = fingerprint(key) if key else ""
        entry.connection = self.listener.number(request.protocol)
        try:
            entry.body = json.loads(await request.read())
        except ValueError:  # no JSON, or not text at all
            entry.body = None
        request[_ENTRY] = entry
        with self.arrived:
            self.requests.append(entry)
            self.arrived.notify_all()
        return entry

    def _locked(self, request: web.Request) -> bool:
        if self._key is None or request.path in self._dialect.open_paths:
            return False
        return request.headers.get("Authorization") != f"Bearer {self._key}"

    def _refused(self, refusal: Refusal) -> web.Response:
        body = self._dialect.error(refusal)
        if refusal is self._dialect.unauthorized and refusal.message == "Unauthorized":
            body = {"error": "Unauthorized"}  # vLLM's own: a text, where an object stands else
        return self._json(body, refusal.status)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        entry = request[_ENTRY]
        body = entry.body
        if not isinstance(body, dict):
            return self._refused(Refusal(400, "The body is not a chat request in JSON."))
        if (refusal := self._dialect.refusal(body, self._served)) is not None:
            return self._refused(refusal)
        reply = entry.reply = self._reply_to(body)
        self._replies += 1
        number = self._replies
        headers = self._dialect.headers(number)
        named = request.headers.get("X-Request-Id")
        answer = Answer(
            reply,
            body,
            id=f"chatcmpl-{named}" if named and self._names_ids else self._dialect.new_id(number),
            call_ids=self._call_ids(number),
            model=self._served.models[0] if self._echoes_itself else self._model(body),
            joined=self._served.template == "mistral" or self._echoes_itself,
        )
        delivery = Delivery(
            request, entry, answer, self._dialect, headers, self.started, self._holds
        )
        return await delivery.send()

    @property
    def _names_ids(self) -> bool:
        return self._dialect.name.startswith(("vllm", "openai"))

    @property
    def _echoes_itself(self) -> bool:
        return self._dialect.name == "llama.cpp"

    def _model(self, body: dict[str, Any]) -> str | None:
        return body.get("model") or (self._served.models[0] if self._served.models else None)

    def _call_ids(self, number: int) -> Iterator[str]:
        for index in range(_CALLS):
            yield self._dialect.new_call_id(number * _CALLS + index, self._served)

    def _page(self, value: Any) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def page(request: web.Request) -> web.Response:
            return self._json(value, 200)

        return page

    def _json(self, value: Any, status: int) -> web.Response:
        headers = self._dialect.headers(len(self.requests))
        if value is None:
            return web.Response(status=status, headers=headers)
        if isinstance(value, str):
            return web.Response(text=value, status=status, headers=headers)
        body = json.dumps(value).encode()
        typed = {"Content-Type": self._dialect.json_type, **headers}
        return web.Response(body=body, status=status, headers=typed)

    async def _counts(self, request: web.Request) -> web.Response:
        self._askers += 1  # their connections do not count
        counts = {
            "requests": len(self.requests),
            "connections": self.listener.opened - self._askers,
            "open": self.listener.open - 1,
        }
        return web.json_response(counts, headers={"Connection": "close"})
