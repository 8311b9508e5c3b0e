"""All sockets that are open to an endpoint, so that a forked child can let go of its copies.

A child must never speak on its parent's connections, nor hold them open: as long as it does, the
server does not see that the parent has left and generates on.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

_open: WeakSet[Any] = WeakSet()

# Notice within two minutes that the other side has vanished, and keep the way through routers open
# while a server thinks for longer than they remember a silent connection.
OPTIONS: list[tuple[int, int, int | bytes]] = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]
for _name, _value in (("TCP_KEEPIDLE", 45), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 5)):
    if hasattr(socket, _name):  # not on every system
        OPTIONS.append((socket.IPPROTO_TCP, getattr(socket, _name), _value))


def track(sock: Any) -> None:
    """Note an open socket."""
    _open.add(sock)


def made(address: Any) -> socket.socket:
    """A tracked socket for an entry of `socket.getaddrinfo`, as aiohttp asks for one."""
    family, kind, protocol, _, _ = address
    sock = socket.socket(family, kind, protocol)
    for option in OPTIONS:
        sock.setsockopt(*option)
    track(sock)
    return sock


def hang_up(sock: Any) -> None:
    """End a connection for all who hold a copy of its socket: the server notices at once."""
    with suppress(OSError, AttributeError):
        sock.shutdown(socket.SHUT_RDWR)


def _let_go() -> None:
    for sock in list(_open):
        with suppress(OSError):
            os.close(sock.detach())  # close() would wait for whoever still reads from it
    _open.clear()


os.register_at_fork(after_in_child=_let_go)
