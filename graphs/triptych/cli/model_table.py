"""The catalogue as a table, as lines for a script, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from triptych.models.embedded import cache

if TYPE_CHECKING:
    from triptych.models.catalogue import Entry

WIDE = 120
"""Columns of a terminal from which on ids and licences are shown, too."""

_WHOSE = {"built-in": "built-in", "yours": "yours", "changed": "built-in, changed by you"}


def row(entry: Entry) -> dict[str, Any]:
    """All that ``--json`` says of a model."""
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
        "kind": entry.kind,
        "output_limit": entry.output_limit,
        "abilities": asdict(entry.abilities),
        "parameters": entry.parameters,
        "strategy": entry.strategy,
        "price": asdict(entry.price) if entry.price else None,
        "measured": asdict(entry.measured) if entry.measured else None,
        "source": entry.source,
    }


def cells(entry: Entry) -> list[str]:
    """One line for a script; ``-`` where there is nothing to say."""
    file = entry.file
    size = f"{file.bytes / 1e6:,.0f} MB" if file else "-"
    here = ("here" if cache.present(file) else "not here") if file else "-"
    runs = "this machine" if file else str(entry.base_url)
    asked = [_count(entry.context), _count(entry.output_limit)]
    able = [entry.abilities.tools, entry.abilities.structured]
    whose = [_speed(entry), _WHOSE[entry.source]]
    return [entry.alias, entry.id, runs, size, here, entry.licence or "-", *asked, *able, *whose]


def show(known: list[Entry]) -> None:
    """The table on a terminal, with a word on what stands in the user's own file."""
    from rich.console import Console
    from rich.table import Table

    from triptych.models.catalogue import user_path

    console = Console(highlight=False)
    wide = console.width >= WIDE
    table = Table(box=None)
    table.add_column("Name", no_wrap=True)
    titles = ["Runs at", "Context", "Answer", "Tools", "Speed", "File"]
    for title in [*titles, *(["Model", "Licence"] if wide else [])]:
        table.add_column(title, overflow="fold")
    for entry in known:
        mark = {"built-in": "", "yours": " *", "changed": " +"}[entry.source]
        alias, id_, runs, size, here, licence, context, answer, tools, _, speed, _ = cells(entry)
        where = runs.partition("://")[2].partition("/")[0] or runs
        file = "-" if size == "-" else f"{size}, {here}"
        words = [alias + mark, where, context, answer, tools, speed, file]
        table.add_row(*words, *([id_, licence] if wide else []))
    console.print(table)
    if any(entry.source != "built-in" for entry in known):
        console.print(f"* yours, + changed by you: {user_path()}", style="dim", soft_wrap=True)
    else:
        console.print(f"Your own models go into {user_path()}", style="dim", soft_wrap=True)


def _count(tokens: int | None) -> str:
    return f"{tokens:,}" if tokens else "-"


def _speed(entry: Entry) -> str:
    rate = entry.measured.tokens_per_second if entry.measured else None
    return f"{rate:,.0f}/s" if rate else "-"
