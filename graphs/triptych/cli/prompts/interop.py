"""``triptych prompts export`` and ``import``: to and from the forms of other tools."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from triptych.cli.prompts.asked import Into, Overlay, Wanted, read, working
from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.disk import write_whole
from triptych.prompts.exporting import FORMS
from triptych.prompts.library import Library
from triptych.prompts.problems import nearest
from triptych.prompts.yamledit import put_in_front

_CHOICE = "|".join(FORMS)


def export(
    selector: Wanted,
    to: Annotated[str, typer.Option(metavar=_CHOICE, help="The form.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Left out: standard output.")
    ] = None,
    prompts: Overlay = None,
) -> None:
    """Write a template in the form of another tool; what that cannot hold goes to stderr."""
    template = library(prompts).get(selector)
    form = _module("exporting", to)
    made = form.export(template)
    text = made.content if isinstance(made.content, str) else form.as_json(made.content)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)
        typer.echo(out)
    _tell(made.lost)


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="- is stdin.")],
    form: Annotated[str, typer.Option("--from", metavar=_CHOICE, help="Its form.")],
    name: Annotated[str, typer.Option(metavar="NAME[.LINE]", help="The prompt that it becomes.")],
    prompts: Into = None,
) -> None:
    """Make a working copy of another tool's prompt; what was lost goes to stderr.

    Its path is printed.
    """
    from triptych.prompts.copies import new

    folder, books = working(prompts)
    made = _module("importing", form).read(read(file), name)
    typer.echo(new(folder, books, name, _with_parent(made.text, name, books)))
    _tell(made.lost)


def _with_parent(text: str, name: str, books: Library) -> str:
    """A line names what it was made from: of an imported one that is what it stands beside."""
    base, _, line = name.partition(".")
    if not line or base not in books.names():
        return text
    return put_in_front(text, ("parent",), books.get(base).reference, Path(name))


def _module(room: str, form: str) -> Any:
    if form not in FORMS:
        raise PromptError(f"'{form}' is no form of a prompt.", nearest(form, FORMS))
    return import_module(f"triptych.prompts.{room}.{form}")


def _tell(lost: list[str]) -> None:
    for each in lost:
        typer.echo(f"lost: {each}", err=True)
