"""``triptych prompts list`` and ``lint``: what there is, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.prompts.asked import Overlay, channels_at, columns
from triptych.prompts import library


def list_(prompts: Overlay = None) -> None:
    """List every version: reference, channels, layer, description."""
    books = library(prompts)
    rows = []
    for template in books.templates():
        channels = ",".join(channels_at(template, books))
        rows.append((template.reference, channels, template.layer, template.description))
    for row in columns(rows):
        typer.echo(row)


def lint(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Left out: the built-in one.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write-lock", help="Add new versions to the folder's lock.")
    ] = False,
    prompts: Overlay = None,
) -> None:
    """Check a folder of prompts; the exit code is 1 if anything is wrong."""
    from triptych.prompts.lint import lint as look
    from triptych.prompts.lint import open_folder
    from triptych.prompts.lock import write_lock

    opened, books = open_folder(folder or prompts)
    if write:
        for reference in write_lock(opened, books):
            typer.echo(f"locked {reference}")
    report = look(opened, books)
    rows = [(reference, f"≈{count} tokens") for reference, count in report.tokens.items()]
    for row in columns(rows):
        typer.echo(row)
    for problem in report.problems:
        typer.echo(str(problem), err=True)
    if report.problems:
        typer.echo(f"{len(report.problems)} to mend in {opened.path}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{opened.path}: all is well (tokens are an estimate, without values)", err=True)
