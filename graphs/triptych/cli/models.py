"""`triptych models`: what models there are, and the local ones' files and server."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from triptych.cli.serving import LocalName, serve
from triptych.errors import InputError

app = typer.Typer(
    name="models",
    help="Models by name: list them, bring a local one's file, serve it, remove it.",
    epilog="Examples: triptych models list · triptych models pull local · "
    "triptych models serve local --port 8000",
    no_args_is_help=True,
)


@app.command("list", epilog="Example: triptych models list --json")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show all models, yours included: where each runs, what it takes, and whether it is here.

    Piped, each line has, with tabs between: name, id, address, size and presence of the file,
    licence, context, longest answer (in tokens), tools, structured output, measured speed, whose.
    """
    from triptych.cli import model_table
    from triptych.models import catalogue

    known = list(catalogue.entries().values())
    if as_json:
        print(json.dumps([model_table.row(entry) for entry in known], indent=2))
    elif sys.stdout.isatty():
        model_table.show(known)
    else:
        for entry in known:
            print("\t".join(model_table.cells(entry)))


@app.command(epilog="Example: triptych models pull local:qwen2.5-coder-1.5b")
def pull(name: LocalName = "local") -> None:
    """Bring a local model's file and print its path; resumes, and verifies it in any case."""
    from triptych.models import catalogue
    from triptych.models.embedded.download import ensure

    print(ensure(catalogue.find(name)))


app.command(epilog="Example: triptych models serve local --port 8000 --key-file ~/.triptych.key")(
    serve
)


@app.command(epilog="Example: triptych models rm local:qwen2.5-coder-1.5b")
def rm(
    name: Annotated[str, typer.Argument(help="A local model.", show_default=False)],
) -> None:
    """Delete a local model's file, and what is left of a half download."""
    from triptych.models import catalogue
    from triptych.models.embedded import cache

    entry = catalogue.find(name)
    if entry.file is None:
        raise InputError(f"{entry.alias} runs at its endpoint: there is no file to remove.")
    freed = cache.discard(entry.file)
    print(f"{freed / 1e6:,.0f} MB freed." if freed else f"{entry.file.name} is not here.")
