"""A server for other programs: at an address and with a key that the user may choose."""

from __future__ import annotations

from pathlib import Path

from triptych.models.catalogue import Entry
from triptych.models.embedded import meeting, starting
from triptych.models.embedded.server import LocalServer, held

LOOPBACK = "127.0.0.1"


def start(
    entry: Entry,
    path: Path,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    key: str | None = None,
) -> LocalServer:
    """Start a server of one's own, with its own address and key.

    Args:
        entry: The model.
        path: Its file, verified.
        host: The address that it listens on.
        port: The port; 0 takes a free one.
        key: A key that opens it beside its own.

    Raises:
        ModelError: If it does not come up.
    """
    at = meeting.own_place()
    return held(entry, at, starting.start(entry, path, at, host=host, port=port, key=key))


def serve(
    entry: Entry, path: Path, *, host: str = LOOPBACK, port: int = 0, key: str | None = None
) -> LocalServer:
    """Join the server that this user's processes share, or start it for them and for others.

    Where one runs already and an address or a key is asked for that it may not have, this is a
    second one.

    Args:
        entry: The model.
        path: Its file, verified.
        host: The address that it listens on.
        port: The port; 0 leaves it open.
        key: The key that callers show; None leaves it open: the server's own stands in what is
            returned.

    Returns:
        The server; its `key` is the one for the callers.

    Raises:
        ModelError: If it does not come up.
    """
    at = meeting.place(path)
    with meeting.alone(at):
        running = meeting.attach(at)
        if running is not None and (host, port, key) == (LOOPBACK, 0, None):
            return held(entry, at, running)
        if running is not None:
            running[0].close()
            return start(entry, path, host=host, port=port, key=key)
        joined = starting.start(entry, path, at, host=host, port=port, key=key)
        return held(entry, at, joined)
