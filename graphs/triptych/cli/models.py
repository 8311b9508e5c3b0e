"""`triptych models`: what models there are, and the local ones' files and server."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.errors import InputError, ModelError
from triptych.models import catalogue
from triptych.models.embedded import cache

if TYPE_CHECKING:
    from triptych.models.embedded.local import LocalServer

app = typer.Typer(
    name="models",
    help="Models by name: list them, bring a local one's file, serve it, remove it.",
    epilog="Examples: triptych models list · triptych models pull local · "
    "triptych models serve local --port 8000",
    no_args_is_help=True,
)

LocalName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A local model, as `triptych models list` names it.",
        autocompletion=lambda: [e.alias for e in catalogue.entries().values() if e.file],
    ),
]


@app.command("list", epilog="Example: triptych models list --json")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show all models: where each runs, its size, whether its file is here, its licence."""
    rows = [_row(entry) for entry in catalogue.entries().values()]
    if as_json:
        print(json.dumps(rows, indent=2))
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            print("\t".join(_cells(row)))


@app.command(epilog="Example: triptych models pull local:qwen2.5-coder-1.5b")
def pull(name: LocalName = "local") -> None:
    """Bring a local model's file and print its path; resumes, and verifies it in any case."""
    from triptych.models.embedded.download import ensure

    print(ensure(catalogue.find(name)))


@app.command(epilog="Example: triptych models serve local --port 8000 --key-file ~/.triptych.key")
def serve(
    name: LocalName = "local",
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the key that callers must show; made (mode 0600) if it is not there. "
            "Default: a new key in the cache folder, removed at the end."
        ),
    ] = None,
) -> None:
    """Serve a local model to other programs, as an OpenAI-compatible API, until Ctrl-C."""
    from triptych.models.embedded.download import ensure
    from triptych.models.embedded.local import start

    entry = catalogue.find(name)
    path = ensure(entry)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the `finally` below runs
    server = start(entry, path, port=port, key=_read_key(key_file))
    kept = key_file or cache.root() / f"serve-{server.pid}.key"
    try:
        if not kept.exists():
            _write_key(kept, server.key)
        _announce(server, kept)
        _wait(server)
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        if key_file is None:
            kept.unlink(missing_ok=True)


@app.command(epilog="Example: triptych models rm local:qwen2.5-coder-1.5b")
def rm(
    name: Annotated[str, typer.Argument(help="A local model.", show_default=False)],
) -> None:
    """Delete a local model's file, and what is left of a half download."""
    entry = catalogue.find(name)
    if entry.file is None:
        raise InputError(f"{entry.alias} runs at its endpoint: there is no file to remove.")
    freed = cache.discard(entry.file)
    print(f"{freed / 1e6:,.0f} MB freed." if freed else f"{entry.file.name} is not here.")


def _row(entry: catalogue.Entry) -> dict[str, Any]:
    file = entry.file
    return {
        "name": entry.alias,
        "id": entry.id,
        "runs": "this machine" if file else entry.base_url,
        "bytes": file.bytes if file else None,
        "present": cache.present(file) if file else None,
        "path": str(cache.path_of(file)) if file else None,
        "context": entry.context,
        "licence": entry.licence,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    size = f"{row['bytes'] / 1e6:,.0f} MB" if row["bytes"] else "-"
    here = {True: "here", False: "not here", None: "-"}[row["present"]]
    return [row["name"], row["id"], row["runs"], size, here, row["licence"]]


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Name", "Model", "Runs at", "Size", "File", "Licence", box=None)
    for row in rows:
        table.add_row(*_cells(row))
    Console().print(table)


def _read_key(path: Path | None) -> str | None:
    """The key in the user's file; None if there is no such file yet."""
    if path is None or not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise InputError(f"Others can read the key in {path}.", f"Run: chmod 600 {path}")
    key = path.read_text(encoding="utf-8").strip()
    if not key:
        raise InputError(f"{path} holds no key.", "Delete it, and a new key is written there.")
    return key


def _write_key(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(key)


def _announce(server: LocalServer, key_file: Path) -> None:
    """Say how to call it. The key itself is shown nowhere: screens are logged and shared."""
    url, model = server.base_url, server.entry.id
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
    print(f"{model} at {url}, up to {server.slots} requests at once. The key is in {key_file}")
    print(
        f"""
  curl {url}/chat/completions -H "Authorization: Bearer $(cat {key_file})" \\
    -H "Content-Type: application/json" -d '{body}'

  chat_model(base_url="{url}", model="{model}", api_key=open("{key_file}").read())

Ctrl-C stops it.""",
        flush=True,
    )


def _wait(server: LocalServer) -> None:
    """Return never, unless the server ends by itself."""
    if server.process is not None:
        status = server.process.wait()
        raise ModelError(f"The server ended by itself (exit status {status}).", "Start it again.")
