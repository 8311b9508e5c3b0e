"""A running server, as one process holds it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triptych.models.catalogue import Entry
from triptych.models.embedded import meeting


@dataclass(eq=False)
class LocalServer:
    """A running server of one local model, as this process holds it.

    `base_url` ends in ``/v1``; `key` is made anew for each server and shown nowhere; `slots` is
    how many requests it works on at once.
    """

    entry: Entry
    base_url: str
    key: str = field(repr=False)
    pid: int = 0
    slots: int = 1
    log: Path = field(default=Path(os.devnull), repr=False)
    connection: socket.socket | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        """True while this process holds it and nothing is known of its end; asks nobody."""
        connection = self.connection
        return connection is not None and not meeting.closed(connection)

    def stop(self) -> None:
        """Let go of it: it ends unless others use it. A second call does nothing."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def wait(self) -> None:
        """Return when it has ended."""
        if self.connection is not None:
            with suppress(OSError):
                self.connection.recv(1)


def held(
    entry: Entry, at: meeting.Place, joined: tuple[socket.socket, dict[str, Any]]
) -> LocalServer:
    """What `meeting.attach` or `starting.start` gave, as a server."""
    connection, hello = joined
    return LocalServer(
        entry=entry,
        base_url=f"{hello['address']}/v1",
        key=hello["key"],
        pid=hello["pid"],
        slots=hello["slots"],
        log=at.log,
        connection=connection,
    )
