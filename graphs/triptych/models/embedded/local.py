"""The local model server: started on demand, shared by this user's processes, gone with the last.

A process that needs a model joins the server that another process of the same user has started, or
starts it. Each holds a connection (`meeting`); when all are closed the server ends.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from triptych.errors import ModelError, TriptychError, UnavailableError
from triptych.models import catalogue
from triptych.models.embedded import cache, download, meeting, starting
from triptych.models.embedded.server import LocalServer, held

__all__ = ["Lifeline", "LocalServer", "ahead", "lifeline", "local_server", "stop_all"]


class Lifeline:
    """What one call needs of a local server: where it is now, and another try if it crashes.

    A model object keeps the address of the server that it was built for; that of the server which
    runs now stands here.
    """

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._restarted = False

    @property
    def base_url(self) -> str:
        """Where the call goes."""
        return self._server.base_url

    @property
    def key(self) -> str:
        """The key for it."""
        return self._server.key

    @property
    def lost(self) -> bool:
        """True if the server is known to be gone, or not held by this process (after a fork)."""
        return not self._server.alive

    def revive(self, error: ModelError | None = None) -> None:
        """See that a server runs in place of one that has crashed; the call is then repeated.

        Waits until the model is loaded. Another thread or process may have restarted it already.

        Args:
            error: What the call got.

        Raises:
            ModelError: `error` itself if the server lives; that it crashed a second time in this
                call, with the last lines of its log; or that it does not start.
        """
        with _lock:
            if _answers(self._server):
                if error is not None:
                    raise error
                return
            if self._restarted:
                raise _crashed_again(self._server) from error
            fresh = _running.get(self._server.entry.id)
            if fresh is None or fresh is self._server or not _answers(fresh):
                fresh = _join(self._server.entry)
            same, self._server = fresh.pid == self._server.pid, fresh
            self._restarted = not same
            if same and error is not None:  # it was not held, but it lives
                raise error


_running: dict[str, LocalServer] = {}
"""The server in use of each model."""
_known: dict[str, tuple[str, str]] = {}
"""The model and key of each address that a server of this process ever had."""
_lock = threading.Lock()


def local_server(
    name: str = "local", *, progress: Callable[[int, int, str], None] | None = None
) -> LocalServer:
    """This process's server for a local model; the first call joins it, or starts it.

    Args:
        name: A local name of the catalogue.
        progress: Told (bytes done, bytes in all, source) while the file is being brought.

    Returns:
        The server, shared by all callers of this user's processes. It ends with the last of them,
        however that ends.

    Raises:
        UnknownModelError: If no local model has that name.
        ModelFileError: If its file cannot be brought.
        ModelError: If the server does not start.
    """
    entry = catalogue.find(name)
    with _lock:
        server = _running.get(entry.id)
        return server if server is not None and server.alive else _join(entry, progress)


def ahead(name: str = "local") -> None:
    """Begin to start a model's server and return at once, if its file is here.

    What goes wrong is said by `local_server`, which waits for the start.
    """
    entry = catalogue.find(name)
    if entry.id not in _running and entry.file is not None and cache.present(entry.file):
        threading.Thread(target=_quietly, args=(name,), name="triptych-start", daemon=True).start()


def lifeline(url: str, key: str | None = None) -> Lifeline | None:
    """What a call to a local server's address needs; None for any other address.

    Args:
        url: The base URL of a model.
        key: The key that the model was given; with another one than the server's it is not ours.
            None looks at the address alone.
    """
    model, own = _known.get(url.rstrip("/"), ("", ""))
    server = _running.get(model)
    return Lifeline(server) if server is not None and key in (None, own) else None


def _join(
    entry: catalogue.Entry, progress: Callable[[int, int, str], None] | None = None
) -> LocalServer:
    """Join the server of a model, or start it; the lock is held."""
    path = download.ensure(entry, progress)
    at = meeting.place(path)
    with meeting.alone(at):
        joined = meeting.attach(at) or starting.start(entry, path, at)
    server = held(entry, at, joined)
    if (old := _running.get(entry.id)) is not None:
        old.stop()
    _running[entry.id] = server
    _known[server.base_url] = (entry.id, server.key)
    return server


def _answers(server: LocalServer) -> bool:
    return server.connection is not None and meeting.answers(server.connection)


def _crashed_again(server: LocalServer) -> UnavailableError:
    words = starting.last_words(server.log, [server.key])
    said = f"its log ends:\n{words}\n" if words else "its log is empty (was memory short?)."
    return UnavailableError(
        f"The local server of {server.entry.id} crashed, was restarted, and crashed again on the "
        f"same call; {said}",
        "Try another prompt or model; if it stays so, `triptych doctor` looks at this machine.",
        retryable=False,
    )


def _quietly(name: str) -> None:
    with suppress(TriptychError):
        local_server(name)


@atexit.register
def stop_all() -> None:
    """Let go of all servers of this process."""
    for server in list(_running.values()):
        server.stop()
    _running.clear()


def _forget() -> None:
    """In a forked child: the connections are the parent's. The child joins when it first calls."""
    global _lock  # noqa: PLW0603 - another thread may have held it at the fork
    _lock = threading.Lock()
    for server in _running.values():
        server.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
