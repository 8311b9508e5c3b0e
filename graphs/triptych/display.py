"""An outcome for people: text for the terminal, Markdown for notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from triptych.state import CheckResult, Evidence, Outcome, Review, Usage

MARKS = {"passed": "✓", "failed": "✗", "timeout": "✗", "not-run": "–"}
COLOURS = {"passed": "green", "failed": "red", "timeout": "red", "not-run": "yellow"}
STATUS_COLOURS = {"approved": "green", "needs-work": "yellow", "limit": "yellow"}


def printable(text: str) -> str:
    """The text without control characters: a model's words must not steer the terminal."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "�", text.expandtabs(4).replace("\r\n", "\n"))


def evidence_lines(evidence: Evidence) -> list[str]:
    """The checks of a draft, strongest kind first, as lines of rich markup: mark, source and,
    unless it passed, why. What passed of a file's static checks stands in one line.
    """
    lines = [_check_line(r, r.source or r.name) for r in evidence.of("command")]
    lines += [_check_line(r, r.source or r.name) for r in evidence.of("example")]
    static = evidence.of("static")
    for path in dict.fromkeys(r.source for r in static):
        own = [r for r in static if r.source == path]
        passed = [r for r in own if r.status == "passed"]
        if passed:
            lines.append(_check_line(passed[0], f"{path}: {', '.join(r.name for r in passed)}"))
        lines += [_check_line(r, f"{path}: {r.name}") for r in own if r.status != "passed"]
    return lines


def _check_line(result: CheckResult, what: str) -> str:
    colour = COLOURS[result.status]
    line = f"[{colour}]{MARKS[result.status]}[/] {escape(_one_line(what))}"
    if result.status == "passed":
        return line
    why = printable(result.detail).strip().splitlines() or [result.status]
    return f"{line}  [dim]{escape(why[-1][:200])}[/]"


def _one_line(text: str) -> str:
    return printable(text).strip().replace("\n", " ⏎ ")


def review_lines(review: Review) -> list[str]:
    """A review as lines of rich markup: the verdict, then each finding with its quote."""
    if review.error:
        return [f"[yellow]review failed:[/] {escape(printable(review.error))}"]
    count = len(review.findings)
    lines = [f"review: {review.verdict}, {count} finding{'' if count == 1 else 's'}"]
    for finding in review.findings:
        lines.append(f"  [cyan]{escape(printable(finding.quote.strip()))}[/]")
        lines.append(f"    {escape(printable(finding.failure.strip()))}")
    return lines


def usage_line(usage: Usage) -> str:
    """What a run has spent, in one line."""
    parts = [
        f"{usage.calls} call{'' if usage.calls == 1 else 's'}",
        f"{usage.input_tokens:,} + {usage.output_tokens:,} tokens",
        f"{usage.seconds:.1f} s",
    ]
    if usage.failed_calls:
        parts.insert(1, f"{usage.failed_calls} failed")
    if usage.money is not None:
        parts.append(f"${usage.money:.4f}")
    return ", ".join(parts)


def status_line(outcome: Outcome) -> str:
    """How the run ended and why, as rich markup."""
    colour = STATUS_COLOURS.get(outcome.status, "red")
    return f"[bold {colour}]{outcome.status}[/]: {escape(printable(outcome.reason))}"


def _made_by(outcome: Outcome) -> str:
    """The model, what it used and the prompts that it was given."""
    prompts = ", ".join(f"{ref.name}@{ref.version}" for ref in outcome.prompts.values())
    parts = (outcome.model, usage_line(outcome.usage), prompts and f"prompts {prompts}")
    return "; ".join(filter(None, parts))


def highlighted(text: str, path: str) -> Text:
    """Code or a patch with the colours of its language, its lines as they are."""
    lexer = "diff" if path.endswith(".patch") else Syntax.guess_lexer(path)
    syntax = Syntax("", lexer, theme="ansi_dark", background_color="default")
    return syntax.highlight(printable(text))


def summary_lines(outcome: Outcome) -> list[str]:
    """Status, evidence, review and usage as lines of rich markup."""
    lines = [status_line(outcome), *(f"  {line}" for line in evidence_lines(outcome.evidence))]
    if outcome.review:
        lines += [f"  {line}" for line in review_lines(outcome.review)]
    return [*lines, f"[dim]{escape(printable(_made_by(outcome)))}[/]"]


def show(outcome: Outcome, console: Console | None = None) -> None:
    """Show an outcome: as Markdown in a notebook, with colours on a terminal.

    Args:
        outcome: What `triptych.run` returned.
        console: Where to print; None for the notebook or standard output.
    """
    if console is None and (display := _notebook()):
        display({"text/markdown": to_markdown(outcome), "text/plain": outcome.code}, raw=True)
        return
    from rich.console import Console

    console = console or Console()
    for path, text in outcome.files.items():
        console.print(f"[dim]# {escape(path)}[/]", soft_wrap=True, highlight=False)
        console.print(highlighted(text, path), soft_wrap=True, highlight=False)
    for line in summary_lines(outcome):
        console.print(line, soft_wrap=True, highlight=False)


def to_markdown(outcome: Outcome) -> str:
    """An outcome as Markdown: status, each file, the checks, the review and what was spent."""
    parts = [f"**{outcome.status}**: {outcome.reason}"]
    for path, text in outcome.files.items():
        language = PurePath(path).suffix.lstrip(".").replace("py", "python")
        parts.append(f"`{path}`\n\n{_fenced(text, language)}")
    lines = [Text.from_markup(line).plain for line in evidence_lines(outcome.evidence)]
    if outcome.review:
        lines += [Text.from_markup(line).plain for line in review_lines(outcome.review)]
    if lines:
        parts.append(_fenced("\n".join(lines), "text"))
    return "\n\n".join([*parts, _made_by(outcome)]) + "\n"


def _fenced(text: str, language: str) -> str:
    """The text in a fence longer than any in it."""
    ticks = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _notebook() -> Callable[..., object] | None:
    """IPython's display function where a notebook runs us, else None."""
    import sys

    shell = sys.modules.get("IPython")
    instance = shell.get_ipython() if shell else None
    if instance is None or not hasattr(instance, "kernel"):
        return None
    from IPython import display

    show: Callable[..., object] = display.display
    return show
