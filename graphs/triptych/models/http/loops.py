"""Kept-alive connections for asyncio, one pool for each event loop, over aiohttp.

A connection belongs to the loop that opened it: a pool that outlives its loop breaks the next call
("Event loop is closed"). Loops come one after the other in notebooks, tests and `asyncio.run`.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler

from triptych.models.http import sockets
from triptych.models.http.pool import IDLE_SECONDS

_KEPT_ON_LOOP = "_triptych_http"
_pools: WeakSet[Pool] = WeakSet()


class Opening:
    """Told how a call gets its connection: whether a fresh one is made, and when it stands."""

    fresh = False

    def begins(self) -> None:
        """A fresh connection is being made."""
        self.fresh = True

    def stands(self) -> None:
        """It is ready for the request."""


opening: ContextVar[Opening | None] = ContextVar("opening", default=None)
"""The one of the call that runs in this context."""


class Handler(ResponseHandler):
    """aiohttp's end of a connection, which takes up reading only where it had stopped.

    aiohttp 3.14 goes through its parser again for each piece that is read, and a token is a piece.
    There is something to go on with only after a pause.
    """

    def resume_reading(self, *how: Any, **named: Any) -> None:
        if getattr(self, "_reading_paused", True):  # a release without it is only slower
            super().resume_reading(*how, **named)


class Connector(aiohttp.TCPConnector):
    """aiohttp's, which tells an `Opening` of it and can be given up without its loop."""

    def __init__(self) -> None:
        super().__init__(
            limit=0, keepalive_timeout=IDLE_SECONDS, socket_factory=sockets.made, ttl_dns_cache=60
        )
        self.opened: WeakSet[ResponseHandler] = WeakSet()
        self._factory = partial(Handler, loop=self._loop)  # type: ignore[assignment]  # invariant

    async def _create_connection(self, *args: Any, **kwargs: Any) -> ResponseHandler:
        told = opening.get()
        if told is not None:
            told.begins()
        made = await super()._create_connection(*args, **kwargs)
        self.opened.add(made)
        if told is not None:
            told.stands()
        return made

    def forget(self) -> None:
        """Close what waits: the server has closed one of them."""
        waiting = getattr(self, "_conns", {})  # aiohttp has no public name for it
        for connections in list(waiting.values()):
            for protocol, _ in connections:
                protocol.close()
        waiting.clear()

    def __del__(self, _warnings: Any = None) -> None:
        """Say nothing of connections that are open: `Pool` closes them."""


class Pool:
    """The connections of one loop, and the session that asks on them."""

    def __init__(self) -> None:
        self.connector = Connector()
        self.session = aiohttp.ClientSession(
            connector=self.connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )
        self.usable = True
        self._loop = asyncio.get_running_loop()
        self._keeper = self._kept()

    async def start(self) -> None:
        """Have it closed when the loop ends."""
        # asyncio.run and its like end all generators of their loop before they close it: the one
        # place where connections can still be closed properly.
        await anext(self._keeper)

    async def _kept(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if self.usable:
                self._leave()
                await self.session.close()
                await asyncio.sleep(0)  # the sockets close in the loop's next round

    def drop(self) -> None:
        """Give up the connections without the loop, which is closed, stopped or another process's.

        Quietly: neither aiohttp nor asyncio has anything left to warn of.
        """
        if self.usable:
            self._leave()
            self.session.detach()
            for protocol in list(self.connector.opened):
                _silence(protocol.transport)

    def of_dead_loop(self) -> bool:
        """True if nobody can use it any more."""
        return self._loop.is_closed()

    def _leave(self) -> None:
        self.usable = False
        if getattr(self._loop, _KEPT_ON_LOOP, None) is self:
            delattr(self._loop, _KEPT_ON_LOOP)


async def pool() -> Pool:
    """The pool of the running loop."""
    loop = asyncio.get_running_loop()
    found: Pool | None = getattr(loop, _KEPT_ON_LOOP, None)
    if found is not None and found.usable:
        return found
    for other in _known():
        if other.of_dead_loop():
            other.drop()
    made = Pool()
    # On the loop itself: a table of loops would never lose one, because its pool refers to it.
    setattr(loop, _KEPT_ON_LOOP, made)
    _pools.add(made)
    await made.start()
    return made


def _silence(transport: Any) -> None:
    """Close a transport's socket under it. Its own methods would call the loop."""
    over_tls = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    each: Any
    for each in (transport, over_tls):
        with suppress(AttributeError, OSError):
            each._closed = True
        with suppress(AttributeError, OSError):
            each._sock.close()
            each._sock = None


def _known() -> list[Pool]:
    while True:
        try:
            return list(_pools)
        except RuntimeError:  # another thread has just added one
            continue


def _drop_all() -> None:
    for each in _known():
        each.drop()


os.register_at_fork(after_in_child=_drop_all)
atexit.register(_drop_all)
