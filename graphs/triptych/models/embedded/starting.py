"""Starting a server: the child process, its settings, and why it did not come up."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from triptych.errors import ModelError
from triptych.models.catalogue import Entry
from triptych.models.embedded import machine, meeting

READY_SECONDS = 300.0
"""Longest wait for the model to be loaded; a cold disk needs minutes for a gigabyte."""

SCRIPT = Path(__file__).with_name("local_server.py")

SPIN = {"GOMP_SPINCOUNT": "1000"}
"""How often a thread of llama.cpp looks for the others before it sleeps. OpenMP's own number is far
larger, as if nobody else wanted the cores: beside a busy process, or another server, the threads
that look take the time from those that work."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


def start(
    entry: Entry,
    path: Path,
    at: meeting.Place,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    key: str | None = None,
) -> tuple[socket.socket, dict[str, Any]]:
    """Start a server of a model.

    Args:
        entry: The model.
        path: Its file, verified.
        at: Where other processes of this user can join it.
        host: The address that it listens on.
        port: The port; 0 takes a free one.
        key: A key that opens it beside its own.

    Returns:
        As `meeting.attach`: the connection, with which the server ends unless others use it, and
        what it says of itself.

    Raises:
        ModelError: If it does not come up.
    """
    file = entry.file
    weights, token = (file.bytes, file.bytes_per_token) if file else (0, 0)
    machine.check_memory(entry.alias, weights, token)
    keys = [secrets.token_urlsafe(32), *([key] if key else [])]
    settings = {
        "path": str(path),
        "alias": entry.id,
        "keys": keys,
        "threads": machine.threads(),
        "slots": machine.slots(weights, token),
        "slot_tokens": machine.SLOT_TOKENS,
        "cache_mib": machine.cache_mib(weights),
        "host": host,
        "port": port,
        "meeting": str(at.socket),
        "log": str(at.log),
    }
    connection = _spawn(settings, at.log)
    try:
        hello = _hello(connection)
    except BaseException:  # Ctrl-C while the model is being loaded
        connection.close()
        raise
    if not hello:
        connection.close()
        raise ModelError(
            f"The local server of {entry.id} did not start: {reason(at.log, keys)}.",
            "Is there memory for it, and is the port free? `triptych models rm "
            f"{entry.alias}` and a new try bring the model file anew.",
        )
    return connection, hello


def reason(log: Path, keys: list[str]) -> str:
    """Why a server failed, without its keys: llama.cpp's first error, else its last line."""
    lines = _lines(log, keys) or ["it said nothing"]
    errors = [line.partition(" E ")[2] for line in lines if " E " in line]
    return " ".join((errors or lines[-1:])[0].split()).rstrip(".")


def last_words(log: Path, keys: list[str], most: int = 5) -> str:
    """The last lines of a server's log, without its keys."""
    return "\n".join(_lines(log, keys)[-most:])


def _spawn(settings: dict[str, Any], log: Path) -> socket.socket:
    """Start the child. A session of its own: Ctrl-C in the terminal is not for the server."""
    ours, theirs = socket.socketpair()
    kept = {name: text for name, text in os.environ.items() if not _SECRET.search(name)}
    spin = {} if "OMP_WAIT_POLICY" in kept else SPIN
    with theirs, _opened(log) as output:
        # -P: a queue.py in the user's folder must not be imported instead of the library's.
        launcher = subprocess.Popen(
            [sys.executable, "-P", str(SCRIPT)],
            stdin=theirs.fileno(),
            stdout=output,  # llama.cpp writes to both
            stderr=output,
            cwd=tempfile.gettempdir(),
            env={**spin, **kept},
            start_new_session=True,
        )
    with suppress(BrokenPipeError):  # it died at once: what it said is in the log
        ours.sendall(json.dumps(settings).encode() + b"\n")
    launcher.wait()  # it has left the server as an orphan
    return ours


def _opened(log: Path) -> IO[bytes]:
    descriptor = os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "wb")


def _hello(connection: socket.socket) -> dict[str, Any]:
    """The child's line, or nothing if it ended or took too long."""
    connection.settimeout(READY_SECONDS)
    try:
        return meeting.read_hello(connection)
    except TimeoutError:
        return {}


def _lines(log: Path, keys: list[str]) -> list[str]:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - (1 << 20)))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    for key in keys:
        text = text.replace(key, "***")
    return [line.strip() for line in text.splitlines() if line.strip()]
