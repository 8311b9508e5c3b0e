"""`triptych models serve`: a local model for other programs, until Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.errors import InputError, ModelError

if TYPE_CHECKING:
    from triptych.models.embedded.server import LocalServer

IN_A_ROW_SECONDS = 60.0
"""A server that ends sooner than this after a restart is not started again."""

KEY_VARIABLE = "TRIPTYCH_API_KEY"

LocalName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A local model, as `triptych models list` names it.",
        autocompletion=lambda: _local_names(),  # noqa: PLW0108 - it stands below
    ),
]


def _local_names() -> list[str]:
    from triptych.models import catalogue

    return [entry.alias for entry in catalogue.entries().values() if entry.file]


@dataclass(frozen=True)
class Key:
    """A key, and where a shell and Python find it; it is never shown itself."""

    text: str
    place: str
    shell: str
    python: str


def serve(
    name: LocalName = "local",
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 0,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the key that callers must show; made (mode 0600) if it is not there. "
            f"Default: the key in {KEY_VARIABLE}, else a new one in the cache folder, removed at "
            "the end."
        ),
    ] = None,
) -> None:
    """Serve a local model to other programs, as an OpenAI-compatible API, until Ctrl-C.

    Triptych's own processes use the same server while it runs.
    """
    from triptych.models import catalogue
    from triptych.models.embedded import download, serving

    entry = catalogue.find(name)
    key = _given(key_file)
    path = download.ensure(entry)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what is open is closed
    try:
        server = serving.serve(entry, path, host=host, port=port, key=key.text if key else None)
        try:
            with _kept(key, key_file, server) as shown:
                _announce(server, shown, host)
                again = partial(serving.serve, entry, path, host=host, port=_port(server))
                _keep_serving(server, shown.text, partial(again, key=shown.text))
        finally:
            server.stop()
    except KeyboardInterrupt:
        pass


def _keep_serving(server: LocalServer, key: str, again: Callable[[], LocalServer]) -> None:
    """Return never: a server that crashes is started again, unless that was just done."""
    from triptych.models.embedded.starting import last_words

    restarted: float | None = None
    try:
        while True:
            server.wait()
            words = last_words(server.log, [server.key, key])
            if restarted is not None and time.monotonic() - restarted < IN_A_ROW_SECONDS:
                said = f" Its log ends:\n{words}\n" if words else ""
                raise ModelError(
                    f"The server of {server.entry.id} ended by itself, was started again and ended "
                    f"again.{said}",
                    "Is memory short? `triptych doctor` looks at this machine.",
                )
            server, restarted = again(), time.monotonic()
            print("The server ended by itself; it runs again.", file=sys.stderr, flush=True)
    finally:
        server.stop()


def _given(path: Path | None) -> Key | None:
    """The key that the user has chosen: in the file, or in the environment; None to make one."""
    if path is not None and path.exists():
        if path.stat().st_mode & 0o077:
            raise InputError(f"Others can read the key in {path}.", f"Run: chmod 600 {path}")
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise InputError(f"{path} holds no key.", "Delete it, and a new key is written there.")
        return _in_file(text, path)
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if path is None and text:
        python = f'os.environ["{KEY_VARIABLE}"]'
        return Key(text, f"the variable {KEY_VARIABLE}", f"${KEY_VARIABLE}", python)
    return None


@contextmanager
def _kept(key: Key | None, path: Path | None, server: LocalServer) -> Iterator[Key]:
    """The key; a new one in a file, the default one for as long as it serves."""
    if key is not None:
        yield key
        return
    from triptych.models.embedded import cache

    kept = path or cache.root() / f"serve-{os.getpid()}.key"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(kept, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(server.key)
    try:
        yield _in_file(server.key, kept)
    finally:
        if path is None:
            kept.unlink(missing_ok=True)


def _in_file(text: str, path: Path) -> Key:
    return Key(
        text, str(path), f"$(cat {shlex.quote(str(path))})", f'open("{path}").read().strip()'
    )


def _announce(server: LocalServer, key: Key, host: str) -> None:
    """Say how to call it. The key itself is shown nowhere: screens are logged and shared."""
    url, model = server.base_url, server.entry.id
    messages = [{"role": "user", "content": "Hello"}]
    body = json.dumps({"model": model, "messages": messages})
    lines = [
        f"{model} at {url}, up to {server.slots} requests at once. The key is in {key.place}",
        "",
        f'  curl {url}/chat/completions -H "Authorization: Bearer {key.shell}" \\',
        f"    -H \"Content-Type: application/json\" -d '{body}'",
        "",
        f'  client = openai.OpenAI(base_url="{url}", api_key={key.python})',
        f'  client.chat.completions.create(model="{model}", messages={json.dumps(messages)})',
        "",
        f'  chat_model(base_url="{url}", model="{model}", api_key={key.python})',
        "",
    ]
    if host not in ("127.0.0.1", "localhost", "::1"):
        at = f"http://{socket.gethostname()}:{_port(server)}/v1"
        lines += [f"Other machines: {at}; unencrypted, so in a network you trust only.", ""]
    print("\n".join([*lines, "Ctrl-C stops it."]), flush=True)


def _port(server: LocalServer) -> int:
    return int(server.base_url.rpartition(":")[2].removesuffix("/v1"))
