"""``triptych graph``: the state machine as Mermaid text or as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from triptych.errors import InputError

Format = Literal["mermaid", "svg", "png"]

EPILOG = """Examples:

\b
  triptych graph                      Mermaid text, for a README or a wiki
  triptych graph --out picture.svg    a picture, made without a network
"""

_BY_SUFFIX: dict[str, Format] = {".svg": "svg", ".png": "png", ".mmd": "mermaid"}


def graph(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there.")
    ] = None,
    format: Annotated[
        Format | None, typer.Option(help="Left out: by the name of FILE, else mermaid.")
    ] = None,
) -> None:
    """Draw the state machine that runs go through; no model is started."""
    kind = format or _by_name(out)
    if kind == "png" and out is None and sys.stdout.isatty():
        raise InputError("A PNG picture is nothing for a terminal.", "Add --out picture.png.")

    from triptych import build_graph, drawing

    source = drawing.mermaid(build_graph())
    if kind == "mermaid":
        data = source.encode()
    else:
        data = drawing.svg(source).encode() if kind == "svg" else drawing.png(source)
    if out is None:
        typer.echo(data, nl=kind == "svg")
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}.", "Name a file in a folder that exists."
        ) from error
    typer.echo(f"{out}: {kind}, {len(data):,} bytes", err=True)


def _by_name(out: Path | None) -> Format:
    if out is None:
        return "mermaid"
    if out.suffix not in _BY_SUFFIX:
        raise InputError(
            f"What kind of picture is {out.name}?", "Add --format mermaid, svg or png."
        )
    return _BY_SUFFIX[out.suffix]
