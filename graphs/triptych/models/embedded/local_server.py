"""The process that serves one local model: llama.cpp's own server, until nobody uses it any more.

Whoever uses the server holds a connection to it, the process that started it by the socket that is
our standard input, others by a Unix socket. The kernel closes a connection however its holder ends,
so the server ends with its last user, also after ``kill -9``. A forked child of a user may keep the
connection open, so the user's process is watched as well.

Keys come through the first connection and go out through the others: never as an argument or in
the environment, where other users of the machine could read them.

Runs alone (`python local_server.py`): nothing of triptych is imported.
"""

from __future__ import annotations

import errno
import faulthandler
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
from contextlib import suppress
from typing import Any

_server: Any = None
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104


def serve(settings: dict[str, Any]) -> str:
    """Load the model and serve it.

    Args:
        settings: `path` of the GGUF file, `alias`, `keys` that open it, `threads`, `slots`,
            `slot_tokens`, `cache_mib` (memory for prompts of earlier requests), `host` and `port`
            (0: any free one).

    Returns:
        The base address for callers on this machine, once the model answers.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = {settings["alias"]}
    params.hostnames = [settings["host"]]
    params.port = settings["port"]
    params.api_keys = settings["keys"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["slot_tokens"]  # llama.cpp shares it among slots
    params.fit_params = False  # it would look for what `machine` has settled
    params.cpuparams.n_threads = settings["threads"]
    params.cache_ram_mib = settings["cache_mib"]
    params.ui = False
    params.endpoint_slots = False  # it shows one caller's prompt to another
    params.verbosity = 1  # errors only
    global _server  # noqa: PLW0603 - it stops serving when it is collected
    _server = xllamacpp.Server(params)
    port = str(_server.listening_address).rpartition(":")[2]
    return f"http://{_REACHED_AT.get(settings['host'], settings['host'])}:{port}"


class Users:
    """Those who hold a connection; each is told `hello` and may ask ``?`` whether we live."""

    def __init__(self, hello: bytes, meeting: str, log: str) -> None:
        self._hello = hello
        self._meeting = meeting
        self._log = log
        self._selector = selectors.DefaultSelector()
        self._pidfds: dict[socket.socket, int] = {}  # -1 where there is none
        self._listener = _listening(meeting)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def join(self, user: socket.socket) -> None:
        """One user more."""
        user.setblocking(False)
        self._pidfds[user] = -1
        self._selector.register(user, selectors.EVENT_READ, user)
        try:
            self._pidfds[user] = _watched(user)
            if self._pidfds[user] >= 0:
                self._selector.register(self._pidfds[user], selectors.EVENT_READ, user)
            user.sendall(self._hello)
        except OSError:  # gone already
            self._leave(user)

    def serve_out(self) -> None:
        """Return when the last user has gone and nobody can join any more."""
        while self._pidfds or self._knocking():
            for ready, _ in self._selector.select():
                if ready.fileobj is self._listener:
                    self._knocking()
                elif ready.data in self._pidfds and not self._stays(ready):
                    self._leave(ready.data)
        # First the names, then the door: who finds the door closed may start another server under
        # the same names at once.
        for name in (self._log, self._meeting):
            with suppress(FileNotFoundError):
                os.unlink(name)
        self._listener.close()

    def _knocking(self) -> bool:
        """Let one in who waits at the door, if there is one."""
        try:
            user, _ = self._listener.accept()
        except BlockingIOError:
            return False
        self.join(user)
        return True

    def _stays(self, ready: selectors.SelectorKey) -> bool:
        user: socket.socket = ready.data
        if ready.fileobj is not user:
            return False  # its process has ended
        try:
            asked = user.recv(64)
            user.sendall(b"!" * len(asked))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(asked)

    def _leave(self, user: socket.socket) -> None:
        pidfd = self._pidfds.pop(user)
        self._selector.unregister(user)
        user.close()
        if pidfd >= 0:
            with suppress(KeyError):
                self._selector.unregister(pidfd)
            os.close(pidfd)


def _listening(meeting: str) -> socket.socket:
    """A Unix socket under its name at once: an old one there is of a server that was killed."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mine = f"{meeting}.{os.getpid()}"
    listener.bind(mine)
    listener.listen(128)
    listener.setblocking(False)
    os.rename(mine, meeting)
    return listener


def _watched(user: socket.socket) -> int:
    """A descriptor that becomes readable when the user's process ends; -1 if there is none.

    Raises:
        OSError: If it has ended already, or is of somebody else.
    """
    if not hasattr(socket, "SO_PEERCRED") or not hasattr(os, "pidfd_open"):
        return -1
    pid, uid, _ = struct.unpack("3i", user.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.getuid():
        raise PermissionError(errno.EPERM, "this server is another user's")
    return os.pidfd_open(pid) if pid > 0 else -1  # 0: it lives in another PID namespace


def end_with(user: socket.socket) -> None:
    """From here on the kernel ends this process when the user closes its connection.

    Loading a model holds Python's lock for as long as that takes, minutes on a cold disk: no thread
    could watch. So the socket sends SIGIO, and what SIGIO does by default is to end the process.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])
    fcntl.fcntl(user, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(user, fcntl.F_SETFL, fcntl.fcntl(user, fcntl.F_GETFL) | os.O_ASYNC)
    with suppress(BlockingIOError):  # it may have gone before it was watched
        if not user.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            os._exit(0)


def live_on(user: socket.socket) -> None:
    """Undo `end_with`: others may use the server by now."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    fcntl.fcntl(user, fcntl.F_SETFL, fcntl.fcntl(user, fcntl.F_GETFL) & ~os.O_ASYNC)


def main() -> None:
    """Serve as the one line on standard input says, until the last user has gone."""
    if os.fork():  # an orphan is nobody's zombie, and no `wait` of the user's program finds it
        os._exit(0)
    os.umask(0o077)
    faulthandler.enable()  # to the log, where the end of a crashed server is looked for
    first = socket.socket(fileno=os.dup(0))
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)
    with first.makefile("rb") as lines:
        settings = json.loads(lines.readline() or os._exit(0))
    end_with(first)
    address = serve(settings)
    hello = {
        "address": address,
        "key": settings["keys"][0],
        "slots": settings["slots"],
        "pid": os.getpid(),
    }
    users = Users(json.dumps(hello).encode() + b"\n", settings["meeting"], settings["log"])
    live_on(first)
    users.join(first)
    users.serve_out()
    os._exit(0)  # at once: there is nothing to save, and a clean stop waits for open requests


if __name__ == "__main__":
    main()
