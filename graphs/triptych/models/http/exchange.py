"""One request and its answer on a pooled connection, synchronously."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as Late
from urllib3.response import BaseHTTPResponse

from triptych.models.http import pool, sockets
from triptych.models.http.patience import Patience
from triptych.models.http.route import Route, credentials

BROKEN = (OSError, HTTPError, HTTPException)
"""What these classes raise when the network does not do as it should."""

STALE_SECONDS = 1.0
"""A kept connection that ends within this time without a byte of an answer was closed while idle.
The server's FIN was under way when the request left, so it comes at once; it has read nothing.
One that ends later may have worked on the request: that is the caller's to know and to repeat."""

TAIL_SECONDS = 0.25
"""How long to wait behind ``[DONE]`` for the end of the body, which frees the connection."""

BODY_SECONDS = 10.0
"""How long to wait for the body of an error; its status is known by then."""

_CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_PIECE = 65536
_LEAST = 0.001


class Exchange:
    """An answer whose head has come. Close it in any case: a whole one keeps its connection.

    Attributes:
        status: The HTTP status.
        headers: The answer's headers.
    """

    def __init__(
        self, route: Route, connection: HTTPConnection, sock: Any, patience: Patience
    ) -> None:
        # Whatever has arrived is given out at once, undone of compression.
        self._got: BaseHTTPResponse = connection.getresponse()
        self._route = route
        self._connection = connection
        self._sock = sock
        self._patience = patience
        self._whole = False
        self.status = self._got.status
        self.headers = self._got.headers

    def read(self) -> bytes:
        """The bytes that are there, or the next that come; empty at the end.

        Raises:
            OSError: Of any kind, HTTPError or HTTPException.
        """
        self._wait(self._patience.due(time.monotonic()))
        data: bytes = self._got.read1(_PIECE, decode_content=True)
        self._whole = not data
        return data

    def read_out(self) -> None:
        """Wait shortly for the end of the body, all of whose events were read."""
        if self._connection.is_closed:  # the answer ends with the connection
            return
        limit = time.monotonic() + TAIL_SECONDS
        with suppress(*BROKEN):
            while not self._whole and time.monotonic() < limit:
                self._wait(limit)
                self._whole = not self._got.read1(_PIECE, decode_content=True)

    def text(self, most: int = 1 << 20) -> str:
        """The body of an error, as far as it comes soon."""
        found, limit = bytearray(), time.monotonic() + BODY_SECONDS
        with suppress(*BROKEN):
            while len(found) < most and not self._whole:
                self._wait(min(limit, self._patience.due(time.monotonic())))
                data = self._got.read1(_PIECE, decode_content=True)
                self._whole = not data
                found += data
        return found.decode(errors="replace")

    def close(self) -> None:
        """Back to the pool with a connection whose answer was read whole, else hang up."""
        if self._whole and not self._connection.is_closed:
            self._got.close()
            pool.shared().give(self._route, self._connection)
            return
        # The server sees it and stops generating, whoever else holds a copy of the socket.
        sockets.hang_up(self._sock)
        self._got.close()
        self._connection.close()

    def _wait(self, until: float) -> None:
        left = until - time.monotonic()
        self._sock.settimeout(None if left == float("inf") else max(left, _LEAST))


def exchanged(
    method: str, route: Route, headers: dict[str, str], body: bytes | None, patience: Patience
) -> Exchange:
    """Send a request and wait for the head of its answer.

    On a connection that was kept and turns out to have been closed by the server, it is sent once
    more, on a fresh one (see `STALE_SECONDS`). That is no retry of a
    request: it had reached nobody.

    Raises:
        OSError: Of any kind, HTTPError or HTTPException.
    """
    kept = pool.shared().take(route)
    if kept is not None:
        began = time.monotonic()
        try:
            return _on(kept, method, route, headers, body, patience)
        except _CLOSED:
            if time.monotonic() - began > STALE_SECONDS:
                raise
            pool.shared().forget(route)
    now = time.monotonic()
    limit = patience.connecting(now) - now
    fresh = pool.connected(route, None if limit == float("inf") else max(limit, _LEAST))
    return _on(fresh, method, route, headers, body, patience)


def _on(
    connection: HTTPConnection,
    method: str,
    route: Route,
    headers: dict[str, str],
    body: bytes | None,
    patience: Patience,
) -> Exchange:
    now = time.monotonic()
    patience.sent(now)
    due = patience.due(now)
    connection.timeout = None if due == float("inf") else max(due - now, _LEAST)
    sock = connection.sock  # an answer that ends with the connection takes it from there
    sock.settimeout(connection.timeout)
    path = route.path
    if route.proxy and route.context is None:
        path, headers = route.url, {**headers, **credentials(route.proxy)}
    try:
        with suppress(BrokenPipeError):  # it may have answered before it had the whole: 413
            connection.request(method, path, body, headers, preload_content=False)
        return Exchange(route, connection, sock, patience)
    except BaseException:
        sockets.hang_up(sock)
        connection.close()
        raise


def is_late(error: BaseException) -> bool:
    """True if a limit of our own has passed, and not one of the system's (those have a number)."""
    if isinstance(error, NewConnectionError):  # it calls itself a time-out, whatever it is
        return False
    return isinstance(error, TimeoutError | Late) and not getattr(error, "errno", None)
