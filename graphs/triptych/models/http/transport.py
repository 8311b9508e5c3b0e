"""One chat completion over HTTP, as a stream of JSON events: sync by urllib3, async by aiohttp.

In place of the shipped clients' request methods, which open a connection for each call, keep what
they send on the client and read it back (threads send each other's prompts), send the key to any
address, and read no line over 512 KiB. Nothing is shared between calls here but connections.
Leaving a stream early closes its connection, which is how a server learns that it may stop
generating; an answer read to its end leaves its connection to the next call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from triptych.errors import ModelError
from triptych.models import faults
from triptych.models.http import aexchange, exchange
from triptych.models.http.call import Call, Seen, Timeouts
from triptych.models.http.patience import Patience
from triptych.models.http.route import Route, route
from triptych.models.http.sse import Events

if TYPE_CHECKING:
    import requests

__all__ = [
    "Answer",
    "Call",
    "Seen",
    "Timeouts",
    "abatches",
    "aserved",
    "batches",
    "served",
    "session",
]

LIST_SECONDS = 10.0
"""How long to wait for an endpoint to list its models."""


def batches(call: Call) -> Generator[Iterator[Any], None, None]:
    """Send the request and yield the events of the answer, those of one read together.

    Args:
        call: What to send, where to and how long to wait; its `seen` is filled.

    Yields:
        The JSON values of whatever arrived at once, maybe none: each step of an asynchronous
        generator costs as much as reading an event.

    Raises:
        ModelError: If the endpoint cannot be reached, refuses, is too slow, breaks off or speaks no
            JSON. `ModelTimeoutError` says which limit was passed.
        InputError: If the key, the proxy or the CA file cannot be used.
    """
    call.check()
    reader = Events()
    patience = Patience(call.timeouts, time.monotonic())
    begun = False
    try:
        way = route(call.url, call.verify)
        answer = exchange.exchanged("POST", way, _headers(call, way), call.body, patience)
        with closing(answer):
            call.seen.note(answer.status, answer.headers, call.secrets)
            if answer.status != 200:
                raise _refused(call, answer.status, answer.text())
            begun = True
            while not reader.done and reader.failed is None and (data := answer.read()):
                before = reader.count
                yield (batch := reader.feed(data))
                _drop(batch)
                if reader.count != before:
                    patience.had_event(time.monotonic())
            if reader.done:
                answer.read_out()
            else:
                yield (batch := reader.end())
                _drop(batch)
    except exchange.BROKEN as error:
        raise _fault(call, patience, error, begun, exchange.is_late(error)) from None
    if reader.failed is not None:
        data = b""  # it may repeat the key, and is shown as a variable of this frame
        raise call.no_completion(reader.failed)


class Answer:
    """`batches` for asyncio, without a generator: for answers that only count when they are whole.

    Args:
        call: What to send.
    """

    def __init__(self, call: Call) -> None:
        self._call, self._events = call, Events()
        self._patience = Patience(call.timeouts, asyncio.get_running_loop().time())
        self._exchange: aexchange.Exchange | None = None
        self._ended = False
        self._count = 0

    async def batch(self) -> Iterator[Any] | None:
        """The values of whatever arrives next; None after the end. Read them before the next call.

        Raises:
            ModelError: As `batches`.
            InputError: As `batches`.
        """
        found = self._events
        try:
            exchange = self._exchange or await self._begin()
            if found.done:
                await exchange.read_out()
                return None
            if found.failed is not None:
                raise self._call.no_completion(found.failed)
            if self._ended:
                return None
            if found.count != self._count:
                self._count = found.count
                self._patience.had_event(asyncio.get_running_loop().time())
            if data := await exchange.read():
                return found.feed(data)
        except aexchange.BROKEN as error:
            late = isinstance(error, TimeoutError)
            begun = self._exchange is not None
            raise _fault(self._call, self._patience, error, begun, late) from None
        self._ended = True
        return found.end()

    async def _begin(self) -> aexchange.Exchange:
        call = self._call
        call.check()
        way = route(call.url, call.verify)
        answer = await aexchange.exchanged(
            "POST", way, _headers(call, way), call.body, self._patience
        )
        try:
            call.seen.note(answer.status, answer.headers, call.secrets)
            if answer.status != 200:
                raise await _arefused(call, answer.status, await answer.text())
        except BaseException:
            answer.close()
            raise
        self._exchange = answer
        return answer

    def close(self) -> None:
        """Hang up, unless the answer came whole: its connection goes to the next call."""
        if self._exchange is not None:
            self._exchange.close()


async def abatches(call: Call) -> AsyncGenerator[Iterator[Any], None]:
    """`batches` for asyncio; cancelling or closing it closes the connection."""
    answer = Answer(call)
    try:
        while (batch := await answer.batch()) is not None:
            yield batch
            _drop(batch)
    finally:
        answer.close()


def served(base_url: str, key: str = "", verify: bool | str = True) -> list[str] | None:
    """The models that an endpoint lists; None if it lists none.

    Args:
        base_url: Its address, which ends in ``/v1``.
        key: The bearer key, if it wants one.
        verify: As in `Call`.

    Raises:
        ModelError: If the endpoint cannot be reached.
        InputError: If the key, the proxy or the CA file cannot be used.
    """
    call, patience = _listing(base_url, key, verify, time.monotonic())
    try:
        way = route(call.url, verify)
        answer = exchange.exchanged("GET", way, call.sent_headers, None, patience)
        with closing(answer):
            body = answer.text()
    except exchange.BROKEN as error:
        raise _fault(call, patience, error, False, exchange.is_late(error)) from None
    return _ids(answer.status, body)


async def aserved(base_url: str, key: str = "", verify: bool | str = True) -> list[str] | None:
    """`served` for asyncio."""
    now = asyncio.get_running_loop().time()
    call, patience = _listing(base_url, key, verify, now)
    try:
        way = route(call.url, verify)
        answer = await aexchange.exchanged("GET", way, call.sent_headers, None, patience)
        with closing(answer):
            body = await answer.text()
    except aexchange.BROKEN as error:
        late = isinstance(error, TimeoutError)
        raise _fault(call, patience, error, False, late) from None
    return _ids(answer.status, body)


def session(url: str, headers: dict[str, str], verify: bool | str = True) -> requests.Session:
    """A requests session that takes no password from ``.netrc`` and no proxy to this machine.

    For what the shipped class asks for by itself (its list of models) and for files.
    """
    import requests

    made = requests.Session()
    made.headers.update(headers)
    made.verify = verify
    made.auth = _as_it_is  # any auth at all keeps requests from looking into .netrc
    made.trust_env = not faults.is_loopback(url)
    return made


def _headers(call: Call, way: Route) -> dict[str, str]:
    """All headers of a request.

    Whoever calls this keeps them in no variable: those of its frame are shown with its errors.
    """
    sent = call.sent_headers
    return {**dict(way.headers), **sent} if way.headers else sent


def _drop(batch: Iterator[Any]) -> None:
    """Read on what a caller left of a batch: the end may be in it."""
    for _ in batch:
        pass


def _refused(call: Call, status: int, body: str) -> ModelError:
    """The error for an HTTP status; on 404 with what the endpoint serves, if it says so."""
    names = None
    if status == 404:
        try:
            names = served(call.models_url.removesuffix("/models"), call.key, call.verify)
        except ModelError:
            names = None
    return call.refused(status, body, names)


async def _arefused(call: Call, status: int, body: str) -> ModelError:
    names = None
    if status == 404:
        try:
            names = await aserved(call.models_url.removesuffix("/models"), call.key, call.verify)
        except ModelError:
            names = None
    return call.refused(status, body, names)


def _fault(
    call: Call, patience: Patience, error: BaseException, begun: bool, late: bool
) -> ModelError:
    """What a broken connection or a passed limit is called."""
    request_id = call.seen.request_id
    if late:
        return faults.timed_out(call.url, patience.kind, patience.seconds, request_id=request_id)
    return faults.unreachable(call.url, error, begun=begun, request_id=request_id)


def _listing(base_url: str, key: str, verify: bool | str, now: float) -> tuple[Call, Patience]:
    url = base_url.rstrip("/") + "/models"
    limits = Timeouts(connect=LIST_SECONDS, first=LIST_SECONDS, between=LIST_SECONDS)
    call = Call(url, {}, key=key, headers={"Accept": "application/json"}, timeouts=limits)
    return call, Patience(limits, now)


def _ids(status: int, body: str) -> list[str] | None:
    try:
        listing = from_json(body) if status == 200 else None
    except ValueError:
        return None
    rows = listing.get("data") if isinstance(listing, dict) else None
    if not isinstance(rows, list):
        return None
    return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row] or None


def _as_it_is(request: Any) -> Any:
    return request
