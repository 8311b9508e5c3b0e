"""``triptych prompts new`` and ``release``: a working copy, from its first day to its number."""

from __future__ import annotations

from typing import Annotated

import typer

from triptych.cli.prompts.asked import Into, Name, working
from triptych.errors import PromptError
from triptych.prompts.library import Library
from triptych.prompts.template import Template


def new(
    name: Name,
    source: Annotated[
        str, typer.Option("--from", metavar="SELECTOR", help="What it is made from.")
    ] = "",
    prompts: Into = None,
) -> None:
    """Make a working copy, NAME/_next.md, and print its path.

    It is made from the prompt's production version; a new line from that of its prompt.
    """
    from triptych.prompts.copies import new as put
    from triptych.prompts.copies import renamed

    folder, books = working(prompts)
    template = books.get(source) if source else _source(name, books)
    typer.echo(put(folder, books, name, renamed(template, name, books)))


def release(
    name: Name,
    bump: Annotated[
        str,
        typer.Option(
            metavar="STEP",
            help="patch, minor, major or a version. [default: the least]",
        ),
    ] = "",
    changelog: Annotated[
        str, typer.Option(metavar="TEXT", help="What is new, if the copy does not say it.")
    ] = "",
    prompts: Into = None,
) -> None:
    """Give the working copy its number, freeze it in the lock, and print its reference.

    Another input or output schema asks for a major step, another text for a minor one. What runs
    use does not change by this: what the bare name means stays, written into channels.yaml if
    need be, until it is promoted. A prompt that is new everywhere can be used at once.
    """
    from triptych.prompts.copies import release as freeze

    folder, books = working(prompts)
    made = freeze(folder, books, name, bump=bump, changelog=changelog)
    typer.echo(made.reference)


def _source(name: str, books: Library) -> Template:
    base = name.partition(".")[0]
    known = name if name in books.names() else base
    if known not in books.names():
        raise PromptError(
            f"There is no prompt '{base}' to begin from.",
            f"Say from what: triptych prompts new {name} --from code",
        )
    return books.get(known)
