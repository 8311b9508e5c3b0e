"""The local model server: started on demand, shared by all callers of the process, gone with it."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from triptych.errors import ModelError
from triptych.models import catalogue
from triptych.models.embedded import download, machine

READY_SECONDS = 300.0
"""Longest wait for the model to be loaded; a cold disk needs minutes for a gigabyte."""


@dataclass
class LocalServer:
    """A running server of one local model.

    `base_url` ends in ``/v1``; `key` is made anew for each server and shown nowhere.
    """

    entry: catalogue.Entry
    base_url: str
    key: str = field(repr=False)
    pid: int = 0
    slots: int = 1
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        """True while the server process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End the server; a second call does nothing."""
        if self.process is None:
            return
        _close(self.process)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_running: dict[str, LocalServer] = {}
_lock = threading.Lock()


def local_server(
    name: str = "local", *, progress: Callable[[int, int, str], None] | None = None
) -> LocalServer:
    """The process's server for a local model; the first call brings the file and starts it.

    Args:
        name: A local name of the catalogue.
        progress: Told (bytes done, bytes in all, source) while the file is being brought.

    Returns:
        The shared server. It ends when this process does, however that ends.

    Raises:
        UnknownModelError: If no local model has that name.
        ModelFileError: If its file cannot be brought.
        ModelError: If the server does not start.
    """
    entry = catalogue.find(name)
    with _lock:
        server = _running.get(entry.id)
        if server is None or not server.alive:
            server = _running[entry.id] = start(entry, download.ensure(entry, progress))
        return server


def start(
    entry: catalogue.Entry, path: Path, *, port: int = 0, key: str | None = None
) -> LocalServer:
    """Start a server of one's own; `local_server` shares one instead.

    Args:
        entry: The model.
        path: Its file, verified.
        port: Port on 127.0.0.1; 0 takes a free one.
        key: What callers must show; None makes a new one.

    Raises:
        ModelError: If it does not come up.
    """
    file = entry.file
    slots = machine.slots(file.bytes, file.bytes_per_token) if file else 1
    key = key or secrets.token_urlsafe(32)
    settings = {
        "path": str(path),
        "alias": entry.id,
        "key": key,
        "threads": machine.threads(),
        "slots": slots,
        "slot_tokens": machine.SLOT_TOKENS,
        "cache_mib": machine.cache_mib(),
        "port": port,
        "owner": os.getpid(),
    }
    with tempfile.TemporaryFile() as log:
        process = _spawn(settings, log)
        answer = _answer(process)
        if "address" not in answer:
            _close(process)
            process.kill()
            process.wait()
            raise ModelError(
                f"The local server of {entry.id} did not start: {_reason(log, key)}.",
                "Is there memory for it, and is the port free? `triptych models rm "
                f"{entry.alias}` and a new try bring the model file anew.",
            )
    return LocalServer(entry, f"{answer['address']}/v1", key, process.pid, slots, process)


def _spawn(settings: dict[str, Any], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the child. A session of its own: Ctrl-C ends the owner first, then the server."""
    script = str(Path(__file__).with_name("local_server.py"))
    # -P: a queue.py in the user's folder must not be imported instead of the library's.
    process = subprocess.Popen(
        [sys.executable, "-P", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd=tempfile.gettempdir(),
        env={name: text for name, text in os.environ.items() if name != "NVIDIA_API_KEY"},
        start_new_session=True,
    )
    stdin = cast(IO[bytes], process.stdin)
    with suppress(BrokenPipeError):  # it died at once: what it said is in the log
        stdin.write(json.dumps(settings).encode() + b"\n")
        stdin.flush()
    return process


def _answer(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The child's one line, or nothing if it ended or took too long."""
    timer = threading.Timer(READY_SECONDS, process.kill)
    timer.start()
    try:
        with cast(IO[bytes], process.stdout) as stdout:
            line = stdout.readline()
    except BaseException:  # Ctrl-C while the model is being loaded
        process.kill()
        raise
    finally:
        timer.cancel()
    return json.loads(line) if line else {}


def _reason(log: IO[bytes], key: str) -> str:
    """Why the child failed, without the key: llama.cpp's first error, else Python's last line."""
    log.seek(0)
    text = log.read(1 << 20).decode("utf-8", "replace").replace(key, "***")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line.partition(" E ")[2] for line in lines if " E " in line]
    return " ".join((errors or lines[-1:])[0].split()).rstrip(".")


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe that keeps the server alive."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()


@atexit.register
def stop_all() -> None:
    """End all servers of this process."""
    for server in list(_running.values()):
        server.stop()
    _running.clear()


def _forget() -> None:
    """In a forked child: the servers are the parent's; let go of them without a word."""
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()
    for server in _running.values():
        if server.process is not None:
            _close(server.process)
            server.process.returncode = 0  # else its collection warns of a running child
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
