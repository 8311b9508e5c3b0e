"""Kept-alive connections for synchronous calls, shared by all threads of the process.

urllib3's connections without its pools: what is sent on a connection that was kept must be known
apart from what is sent on a fresh one (`exchange`), and a request costs a third less.
"""

from __future__ import annotations

import atexit
import os
import time
from collections import deque
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

from triptych.models.http import sockets
from triptych.models.http.route import Route, credentials

IDLE_SECONDS = 55.0
"""How long a connection is kept without use: less than the 60 s of common load balancers, some of
which forget a connection without telling either side."""


class Pool:
    """Connections that wait for their next call. A deque's ends are safe across threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[object, ...], deque[tuple[HTTPConnection, float]]] = {}

    def take(self, route: Route) -> HTTPConnection | None:
        """A connection that was kept and that the server has not closed since; the latest first."""
        idle = self._idle.get(route.origin)
        oldest = time.monotonic() - IDLE_SECONDS
        while idle:
            try:
                connection, since = idle.pop()
            except IndexError:  # another thread was faster
                break
            if since >= oldest and connection.is_connected:
                return connection
            connection.close()
        return None

    def give(self, route: Route, connection: HTTPConnection) -> None:
        """Keep a connection whose answer was read to its end."""
        now = time.monotonic()
        idle = self._idle.setdefault(route.origin, deque())
        idle.append((connection, now))
        while idle and idle[0][1] < now - IDLE_SECONDS:
            try:
                old, since = idle.popleft()
            except IndexError:
                break
            if since >= now - IDLE_SECONDS:
                idle.appendleft((old, since))  # another thread has taken the old one
                break
            old.close()

    def forget(self, route: Route) -> None:
        """Close what waits: the server has closed one of them."""
        idle = self._idle.pop(route.origin, None)
        for connection, _ in idle or ():
            connection.close()

    def close(self) -> None:
        """Close all that wait."""
        for origin in list(self._idle):
            for connection, _ in self._idle.pop(origin, ()):
                connection.close()


class _InOneWrite:
    """Sends head and body together: each write wakes the server, and may be a packet of its own."""

    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = []
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
            # A view, whose repr does not show the key: Ctrl-C mostly comes in the frames of `send`.
            whole = memoryview(b"".join(self._held))
        finally:
            self._held = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


class _Plain(_InOneWrite, HTTPConnection):
    pass


class _Encrypted(_InOneWrite, HTTPSConnection):
    pass


def connected(route: Route, seconds: float | None) -> HTTPConnection:
    """A fresh connection.

    Args:
        route: Where to.
        seconds: The time limit for each step of it.

    Raises:
        OSError: Of any kind, or urllib3's HTTPError.
    """
    proxy = parse_url(route.proxy) if route.proxy else None
    host, port = route.host, route.port
    if proxy and proxy.host:
        host, port = proxy.host.strip("[]"), proxy.port or 80
    made: HTTPConnection
    if route.context is None:
        made = _Plain(host, port, proxy=proxy, timeout=seconds, socket_options=sockets.OPTIONS)
    else:
        made = _Encrypted(
            host,
            port,
            proxy=proxy,
            timeout=seconds,
            ssl_context=route.context,
            socket_options=sockets.OPTIONS,
        )
        if route.proxy:
            made.set_tunnel(route.host, route.port, credentials(route.proxy))
    try:
        made.connect()
    except BaseException:
        made.close()
        raise
    sockets.track(made.sock)
    return made


_pool = Pool()


def shared() -> Pool:
    """The pool of this process."""
    return _pool


def _renew() -> None:
    global _pool  # noqa: PLW0603
    _pool = Pool()


# A child's copies of the sockets are closed already (see sockets): nothing may be sent on them.
os.register_at_fork(after_in_child=_renew)


@atexit.register
def _close() -> None:
    _pool.close()
