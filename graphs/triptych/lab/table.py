"""The numbers as tables for people: on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

Rows = list[tuple[str, ...]]


def arm_rows(numbers: Mapping[str, Any], arms: Sequence[str] = ("single", "default")) -> Rows:
    """A heading, then a line for each measure with the value of each arm."""

    def row(label: str, key: str, form: str = "{:,}") -> tuple[str, ...]:
        values = (numbers[f"{arm}_{key}"] for arm in arms)
        return (label, *("–" if value is None else form.format(value) for value in values))

    def rate(arm: str) -> str:
        share, low, high = (100 * numbers[f"{arm}_pass_at_1{end}"] for end in ("", "_low", "_high"))
        return f"{share:.1f}% ({low:.1f} to {high:.1f})"

    return [
        ("", *arms),
        ("solved", *(f"{numbers[f'{arm}_passed']} of {numbers['tasks']}" for arm in arms)),
        ("pass@1 (95%, Wilson)", *map(rate, arms)),
        row("stopped by a time limit", "timeouts"),
        row("model calls", "calls"),
        row("drafts", "drafts"),
        row("prompt tokens", "input_tokens"),
        row("of these cached", "cached_tokens"),
        row("completion tokens", "output_tokens"),
        row("tokens for each solved", "tokens_per_solved", "{:,.0f}"),
        row("wall time, shared calls once (s)", "seconds", "{:,.0f}"),
    ]


def facts(numbers: Mapping[str, Any]) -> Rows:
    """What holds for both arms together: a label and a value."""
    n = numbers
    return [
        (
            "default against single",
            f"{100 * n['difference']:+.1f} points: {n['wins']} tasks won, {n['losses']} lost "
            f"(exact McNemar p = {n['mcnemar_p']:.3g})",
        ),
        (
            "first drafts replaced",
            f"{n['replaced']}: {n['replaced_became_right']} became right, "
            f"{n['replaced_became_wrong']} became wrong, {n['replaced_stayed_right']} stayed "
            f"right, {n['replaced_stayed_wrong']} stayed wrong",
        ),
        ("tasks with a right draft", f"{n['right_draft_existed']} of {n['tasks']} in default"),
        ("first draft the same text", f"{n['same_first_draft']} of {n['tasks']} in both arms"),
        ("cells failed by infrastructure", f"{n['infrastructure_errors']}, in none of the rows"),
    ]


def title(numbers: Mapping[str, Any]) -> str:
    """What was measured, in one line."""
    return f"{numbers['task_set']}, {numbers['tasks']} tasks, {numbers['model']}"


def markdown(numbers: Mapping[str, Any]) -> str:
    """Both tables as Markdown, with a heading."""
    head, *rest = arm_rows(numbers)
    lines = [f"## {title(numbers)}", "", _line(head), _line(("---", *["---:"] * (len(head) - 1)))]
    lines += [*map(_line, rest), "", _line(("", "")), _line(("---", "---"))]
    return "\n".join([*lines, *map(_line, facts(numbers))]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def rich_tables(numbers: Mapping[str, Any]) -> RenderableType:
    """Both tables for a terminal."""
    from rich.console import Group
    from rich.table import Table

    head, *rest = arm_rows(numbers)
    arms = Table(title=title(numbers), title_justify="left")
    for index, name in enumerate(head):
        arms.add_column(name, justify="left" if index == 0 else "right")
    for cells in rest:
        arms.add_row(*cells)
    both = Table(show_header=False)
    for cells in facts(numbers):
        both.add_row(*cells)
    return Group(arms, both)
