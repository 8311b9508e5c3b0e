"""One request and its answer on a pooled connection, for asyncio."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import Any

import aiohttp
from urllib3.exceptions import LocationParseError
from yarl import URL

from triptych.models.http import loops, sockets
from triptych.models.http.exchange import BODY_SECONDS, STALE_SECONDS, TAIL_SECONDS
from triptych.models.http.patience import Patience
from triptych.models.http.route import Route

BROKEN = (aiohttp.ClientError, OSError, LocationParseError)
"""What these functions raise when the network does not do as it should."""


class Exchange:
    """An answer whose head has come. Close it in any case: a whole one keeps its connection.

    Attributes:
        status: The HTTP status.
        headers: The answer's headers.
    """

    def __init__(self, got: aiohttp.ClientResponse, patience: Patience) -> None:
        self._got = got
        self._content = got.content
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._until = inf
        self._late = False
        self._timer: asyncio.TimerHandle | None = None
        self.status = got.status
        self.headers = got.headers

    async def read(self, until: float = inf) -> bytes:
        """The bytes that are there, or the next that come; empty at the end.

        Args:
            until: Wait no longer than this, on the loop's clock.

        Raises:
            TimeoutError: A limit has passed.
            aiohttp.ClientError: The connection broke.
            OSError: The same.
        """
        content = self._content
        try:
            data = content.read_nowait()
            if data or content.at_eof():
                return data
            return await self._next(until)
        except BROKEN:
            if self._late:  # also if bytes came in the same moment, before it was noticed
                raise TimeoutError from None
            raise

    async def _next(self, until: float) -> bytes:
        # One timer for the whole answer, which looks when it rings whether anybody waits still:
        # to set and cancel one for each read costs more than to read.
        self._until = min(until, self._patience.due(self._loop.time()))
        self._watch()
        try:
            return await self._content.readany()
        finally:
            self._until = inf

    async def read_out(self) -> None:
        """Wait shortly for the end of the body, all of whose events were read."""
        if self._got.connection is None or not _ends_by_itself(self._got):
            return
        limit = self._loop.time() + TAIL_SECONDS
        with suppress(*BROKEN):
            while self._loop.time() < limit and await self.read(limit):
                pass

    async def text(self, most: int = 1 << 20) -> str:
        """The body of an error, as far as it comes soon."""
        found, limit = bytearray(), self._loop.time() + BODY_SECONDS
        with suppress(*BROKEN):
            while len(found) < most and (data := await self.read(limit)):
                found += data
        return found.decode(errors="replace")

    def close(self) -> None:
        """Hang up, unless the answer came whole: aiohttp has kept its connection then."""
        if self._timer is not None:
            self._timer.cancel()
        connection = self._got.connection
        if connection is not None and connection.transport is not None:
            # The server sees it and stops generating, whoever else holds a copy of the socket.
            sockets.hang_up(connection.transport.get_extra_info("socket"))
            connection.transport.abort()  # close() would wait to say good-bye in TLS
        self._got.close()

    def _watch(self) -> None:
        timer = self._timer
        if self._until == inf or (timer is not None and timer.when() <= self._until):
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._until <= self._loop.time():
            self._late = True
            self.close()  # wakes whoever reads
        else:
            self._watch()


async def exchanged(
    method: str, route: Route, headers: dict[str, str], body: bytes | None, patience: Patience
) -> Exchange:
    """Send a request and wait for the head of its answer, as `exchange.exchanged` does.

    Raises:
        TimeoutError: A limit has passed.
        aiohttp.ClientError: The connection could not be made, or broke.
        OSError: The same.
    """
    pool = await loops.pool()
    began = time.monotonic()
    told = _Told(patience)
    try:
        return await _asked(pool, told, method, route, headers, body)
    except aiohttp.ClientConnectionError:
        if told.fresh or time.monotonic() - began > STALE_SECONDS:
            raise
    pool.connector.forget()
    return await _asked(pool, _Told(patience), method, route, headers, body)


class _Told(loops.Opening):
    """Lets the time for the first event begin when the connection stands."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.limit: asyncio.Timeout | None = None

    def begins(self) -> None:
        super().begins()
        self.set(self.patience.connecting(_now()))

    def stands(self) -> None:
        self.patience.sent(_now())
        self.set(self.patience.due(_now()))

    def set(self, due: float) -> None:
        if self.limit is not None:
            self.limit.reschedule(None if due == inf else due)


async def _asked(
    pool: loops.Pool,
    told: _Told,
    method: str,
    route: Route,
    headers: dict[str, str],
    body: bytes | None,
) -> Exchange:
    told.patience.sent(_now())
    due = told.patience.due(_now())
    token = loops.opening.set(told)
    try:
        async with asyncio.timeout_at(None if due == inf else due) as told.limit:
            got = await pool.session.request(
                method,
                _url(route.url),
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=route.proxy,
                ssl=route.context or True,
            )
    finally:
        loops.opening.reset(token)
    return Exchange(got, told.patience)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _ends_by_itself(got: aiohttp.ClientResponse) -> bool:
    """False if only the end of the connection ends the answer."""
    headers: Any = got.headers
    return "Content-Length" in headers or "Transfer-Encoding" in headers


@lru_cache(maxsize=64)
def _url(url: str) -> URL:
    return URL(url, encoded=True)
