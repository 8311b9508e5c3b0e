"""``triptych prompts promote`` and ``rollback``: what a channel points at, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triptych.cli.prompts.asked import Into, Name, Wanted, working
from triptych.errors import PromptError
from triptych.prompts.library import Library
from triptych.prompts.selector import PRODUCTION
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from triptych.prompts.moves import Move


def promote(
    selector: Wanted,
    to: Annotated[str, typer.Option(metavar="CHANNEL", help="production, staging, …")],
    because: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The lab's record that justifies it.")
    ] = None,
    accept_not_worse: Annotated[
        bool, typer.Option("--accept-not-worse", help='The verdict "not worse" is enough.')
    ] = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Move production by words alone.")] = False,
    prompts: Into = None,
) -> None:
    """Let a channel point at a released version, and keep the reason in moves.jsonl.

    The record must compare this very version with what the channel points at now, and nothing
    else, be complete, and have asked both. Its margin may be 0.02 and its alpha 0.05 at most. The
    version has to stand in its folder's lock, unchanged. The exit code is 1 if the record's
    verdict does not allow the move, 3 if there is no verdict yet.
    """
    from triptych.cli.prompts.evidence import evidence
    from triptych.prompts.moves import move

    folder, books = working(prompts)
    template = _released(selector, books)
    comparison: Mapping[str, Any] | None = None
    if because is not None:
        present = _present(template, to, books)
        told = evidence(because, template, present, folder, books, not_worse=accept_not_worse)
        if told.exit_code:
            typer.echo(told.why, err=True)
            typer.echo(f"{to} of '{template.full_name}' stays {present.reference}.", err=True)
            raise typer.Exit(told.exit_code)
        comparison, why = told.comparison, why or told.why
    elif not why.strip():
        raise PromptError(
            "A move needs a reason.",
            "Give the lab's record, --because DIR, or for staging words: --why TEXT",
        )
    elif to == PRODUCTION and not force:
        raise PromptError(
            "Production moves by a comparison, not by words.",
            "Give the lab's record, --because DIR; or --force, which is written down.",
        )
    elif to == PRODUCTION:
        why = f"forced, without a comparison: {why.strip()}"
    made = move(
        folder, books, template.full_name, to, template.version,
        kind="promote", why=why, comparison=comparison,
    )  # fmt: skip
    _tell(made)


def rollback(
    name: Name,
    channel: Annotated[str, typer.Option(metavar="CHANNEL")] = PRODUCTION,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, in words.")] = "",
    prompts: Into = None,
) -> None:
    """Let a channel point at what it did before its last promotion."""
    from triptych.prompts.moves import rollback as take_back

    folder, books = working(prompts)
    _tell(take_back(folder, books, name, channel, why))


def _tell(made: Move) -> None:
    before = made.before or "nothing"
    typer.echo(f"{made.name}: {made.channel} {before} -> {made.after}")
    if made.why:
        typer.echo(made.why, err=True)


def _released(selector: str, books: Library) -> Template:
    from triptych.prompts.lock import require_locked

    template = books.get(selector)
    require_locked(template, books)
    return template


def _present(template: Template, channel: str, books: Library) -> Template:
    """What the channel points at; for a line that it does not know, what it says of its prompt."""
    for name in dict.fromkeys((template.full_name, template.name)):
        version = books.channels(name).get(channel)
        if version is not None:
            return books.exact(name, version)
    raise PromptError(
        f"'{template.full_name}' has no {channel} yet, so that there is nothing to compare with.",
        "Say why it is to be the first: --why TEXT",
    )
