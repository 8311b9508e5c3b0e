"""Where the processes of one user meet, so that one server of a model serves them all.

A place has three names in a folder that only this user can enter: the server's socket, the lock
that a process holds while it looks for a server or starts one, and the server's log.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import select
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ANSWER_SECONDS = 60.0
"""Longest wait for a word of a running server: its machine may be busy."""

LOOK_SECONDS = 5.0
"""Longest wait for a word that is not needed."""

_FORM = 1
"""Changes when `local_server` and this module no longer understand the ones before."""


@dataclass(frozen=True)
class Place:
    """The names of one meeting place."""

    socket: Path
    lock: Path
    log: Path


def place(model: Path) -> Place:
    """Where users of a model file meet. Another llama.cpp may answer otherwise: it meets elsewhere.

    Args:
        model: The model's file.
    """
    return _named(f"{model.resolve()}|{_release()}|{_FORM}")


def own_place() -> Place:
    """A place that nobody else looks for: for a server of one's own."""
    return _named(os.urandom(16).hex())


@contextmanager
def alone(at: Place) -> Iterator[None]:
    """Hold the place's lock: one process at a time looks for the server or starts it."""
    with at.lock.open("w") as lock:
        _held.add(lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            _held.discard(lock)


def attach(
    at: Place, seconds: float = ANSWER_SECONDS
) -> tuple[socket.socket, dict[str, Any]] | None:
    """Join the users of the server there; None if there is none, or none that answers.

    Args:
        at: Where.
        seconds: How long to wait for its word.

    Returns:
        The connection, to be held for as long as the server is used, and what the server says of
        itself: `address`, `key`, `slots` and `pid`.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(str(at.socket))
        hello = read_hello(connection)
    except OSError:
        hello = {}
    if not hello:
        connection.close()
        return None
    return connection, hello


def read_hello(connection: socket.socket) -> dict[str, Any]:
    """The server's first line; empty if it has ended. The connection blocks afterwards.

    Raises:
        TimeoutError: If it says nothing in the connection's time.
    """
    with connection.makefile("rb") as lines:
        try:
            line = lines.readline()
        except ConnectionError:
            line = b""
    connection.settimeout(None)
    if not line.endswith(b"\n"):
        return {}
    hello: dict[str, Any] = json.loads(line)
    _met.add(hello["address"])
    return hello


def met() -> frozenset[str]:
    """The addresses of all servers that this process ever had a word from."""
    return frozenset(_met)


def running() -> frozenset[str]:
    """The addresses of all servers of this user that answer at once."""
    found = set()
    for path in folder().glob("*.sock"):
        if joined := attach(Place(path, path, path), LOOK_SECONDS):
            joined[0].close()
            found.add(joined[1]["address"])
    return frozenset(found)


def closed(connection: socket.socket) -> bool:
    """True once the server's end is known to be closed; does not wait."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def answers(connection: socket.socket) -> bool:
    """Ask the server whether it lives: its end is not closed at the moment it stops serving."""
    try:
        connection.sendall(b"?")
        watch = select.poll()
        watch.register(connection, select.POLLIN)
        return bool(watch.poll(ANSWER_SECONDS * 1000)) and connection.recv(1) == b"!"
    except OSError:
        return False


def folder() -> Path:
    """The folder of all places, private to this user.

    Not in the cache folder: that may lie on a disk that other machines share.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = runtime if runtime and os.access(runtime, os.W_OK) else tempfile.gettempdir()
    path = Path(base) / f"triptych-{os.getuid()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        seen = path.lstat()
    except OSError:
        return _folder_of_this_process()
    private = stat.S_ISDIR(seen.st_mode) and seen.st_mode & 0o077 == 0
    # In a folder for all, somebody else may have taken the name.
    return path if private and seen.st_uid == os.getuid() else _folder_of_this_process()


@functools.cache
def _folder_of_this_process() -> Path:
    return Path(tempfile.mkdtemp(prefix="triptych-"))


def _named(what: str) -> Place:
    # Short: the path of a socket may have 104 characters on some systems.
    base = folder() / hashlib.sha256(what.encode()).hexdigest()[:12]
    return Place(*(base.with_suffix(suffix) for suffix in (".sock", ".lock", ".log")))


@functools.cache
def _release() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return "unknown"


_held: set[IO[str]] = set()
_met: set[str] = set()


def _let_go() -> None:
    """In a forked child: a lock held by a copy of our descriptor would outlive us."""
    while _held:
        _held.pop().close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
