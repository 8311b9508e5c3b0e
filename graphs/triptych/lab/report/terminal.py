"""A result for people: on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triptych.lab.report.phrases import (
    chance,
    costs,
    counts,
    effect,
    headline,
    progress,
    size,
    steady,
)
from triptych.lab.report.tables import Table, all_tables
from triptych.lab.results import Comparison, Result

if TYPE_CHECKING:
    from rich.console import RenderableType

COLOURS = {"better": "green", "not-worse": "green", "worse": "red"}
"""Of verdicts on a terminal; the others are yellow."""


def title(result: Result) -> str:
    """What was measured, in one line."""
    return f"{result.name}: {result.task_set}, {result.model}, {progress(result)}"


def facts(one: Comparison) -> list[str]:
    """What is to be said of a verdict, in sentences."""
    adjusted = f", {chance(one.p_holm)} adjusted" if one.p_holm != one.p else ""
    lines = [
        f"{effect(one)}, {chance(one.p)}{adjusted}, by {one.method}",
        f"{size(one)}: {counts(one)}",
        f"against the baseline: {costs(one)}" if costs(one) else "",
        one.why,
        *(f"Note: {warning}" for warning in one.warnings),
    ]
    return [line for line in lines if line]


def markdown(result: Result) -> str:
    """All of it as Markdown."""
    lines = [f"## {_plain(title(result))}"]
    for one in result.comparisons:
        lines += ["", f"**{_plain(headline(one))}.**", ""]
        lines += [f"- {_plain(line)}" for line in facts(one)]
    for table in all_tables(result):
        lines += ["", f"### {table.title}", "", *_grid(table)]
        lines += ["", table.note] if table.note else []
    lines += ["", "### How steady it was", ""]
    return "\n".join([*lines, *(f"- {line}" for line in steady(result))]) + "\n"


def rich_tables(result: Result) -> RenderableType:
    """Verdicts, and the tables that fit a terminal."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(title(result), style="bold"), Text()]
    for one in result.comparisons:
        parts.append(Text(headline(one), style=f"bold {COLOURS.get(one.verdict, 'yellow')}"))
        parts += [Text(f"  {line}") for line in facts(one)]
        parts.append(Text())
    for table in all_tables(result):
        parts += [_drawn(table), Text()]
    parts += [Text(line, style="dim") for line in steady(result)]
    return Group(*parts)


def _drawn(table: Table) -> RenderableType:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for index, name in enumerate(table.head):
        drawn.add_column(Text(name), justify="left" if index < table.labels else "right")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _grid(table: Table) -> list[str]:
    rules = ["---" if index < table.labels else "---:" for index in range(len(table.head))]
    return [_line(row) for row in (table.head, rules, *table.rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Names in a record are anybody's words: no bar, line break or mark-up of theirs counts."""
    one_line = " ".join(text.split())
    for mark in "\\|`<[":
        one_line = one_line.replace(mark, f"\\{mark}")
    return one_line
