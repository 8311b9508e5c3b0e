"""The scripted server's socket: it can be taken down and brought back, and counts connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

_BACKLOG = 1024
_MANY = 512  # connections to remember before the closed ones are forgotten


class Listener:
    """A listening socket on loopback that keeps its port while it is down.

    Args:
        protocols: Makes the protocol for a new connection.
        port: Where to listen; 0 takes any free port.

    Attributes:
        port: Where it listens.
        opened: How many connections were ever accepted.
    """

    def __init__(self, protocols: Callable[[], asyncio.Protocol], port: int = 0) -> None:
        self.port = port
        self.opened = 0
        self._protocols = protocols
        self._numbers: dict[asyncio.Protocol, int] = {}  # aiohttp's cannot be referred to weakly
        self._server: asyncio.Server | None = None

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return sum(_transport(each) is not None for each in list(self._numbers))

    def number(self, protocol: Any) -> int:
        """Which connection this is, from 1."""
        return self._numbers.get(protocol, 0)

    async def up(self) -> None:
        """Listen."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accepted, sock=sock, backlog=_BACKLOG)
        self.port = sock.getsockname()[1]

    async def down(self) -> None:
        """Refuse new connections and break the open ones, as a server that has died."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for protocol in list(self._numbers):
            transport = _transport(protocol)
            if transport is not None:
                transport.abort()

    def _accepted(self) -> asyncio.Protocol:
        protocol = self._protocols()
        self.opened += 1
        if len(self._numbers) > _MANY:
            new = self.opened - 64  # asyncio may not have handed these their transport yet
            kept = self._numbers.items()
            self._numbers = {p: n for p, n in kept if n > new or _transport(p) is not None}
        self._numbers[protocol] = self.opened
        return protocol


def _transport(protocol: Any) -> asyncio.Transport | None:
    return getattr(protocol, "transport", None)
