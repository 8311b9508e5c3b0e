"""The numbers of a result as tables of text, for terminal, Markdown and page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from triptych.lab.analysis.verdict import between, level, points
from triptych.lab.report.phrases import (
    SHORT,
    UNKNOWN,
    chance,
    dollars,
    number,
    share,
    times,
)
from triptych.lab.results import (
    AblationRow,
    ChecksRow,
    Comparison,
    Result,
    ReviewRow,
    StageRow,
    VariantSummary,
)

Row = TypeVar("Row")

ONLY = (
    "only: the baseline with that stage of the candidate, against the baseline. "
    "without: the candidate with that stage of the baseline, against the candidate."
)


@dataclass(frozen=True)
class Table:
    """A table for people; the first `labels` columns are words, the others numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1
    note: str = ""


def all_tables(result: Result) -> list[Table]:
    """All tables of a result that have rows, the most important first."""
    moved = [comparisons("Against the baseline", result.comparisons), ablation(result.ablation)]
    return [variants(result), *(table for table in moved if table.rows), *inner_tables(result)]


def inner_tables(result: Result) -> list[Table]:
    """What moved inside of the variants: stages, checks, reviews; those that have rows."""
    made = [
        stages(_ordered(result, result.stages)),
        checks(_ordered(result, result.checks)),
        reviews(_ordered(result, result.reviews)),
    ]
    return [table for table in made if table.rows]


Named = TypeVar("Named", StageRow, ChecksRow, ReviewRow)


def _ordered(result: Result, rows: Sequence[Named]) -> list[Named]:
    """By variant, as the experiment has them; the rows of one as they are."""
    order = [one.name for one in result.variants]
    return sorted(rows, key=lambda row: order.index(row.variant))


def variants(result: Result) -> Table:
    """Each variant alone, one a column: a handful of variants, a dozen measures."""
    some = result.variants
    ks = sorted({k for one in some for k in one.pass_at} - {1})
    lines: list[tuple[str, Callable[[VariantSummary], str]]] = [
        ("solved", lambda v: f"{v.passed:,} of {v.cells:,}"),
        ("pass rate", lambda v: share(v.rate, v.interval)),
        *((f"pass@{k}", _at(k)) for k in ks),
        *((f"pass^{k}", _hat(k)) for k in ks),
        ("cells missing", lambda v: number(v.missing)),
        ("stopped by a time limit", lambda v: number(v.timeouts)),
        ("model calls", lambda v: number(v.calls)),
        ("of these replayed", lambda v: number(v.replayed)),
        ("drafts", lambda v: number(v.drafts)),
        ("repairs", lambda v: number(v.repairs)),
        ("first draft replaced", lambda v: number(v.replaced)),
        ("prompt tokens", lambda v: number(v.input_tokens)),
        ("of these cached", lambda v: number(v.cached_tokens)),
        ("completion tokens", lambda v: number(v.output_tokens)),
        ("tokens for each solved", lambda v: number(v.tokens_per_solved)),
        ("money", lambda v: dollars(v.money)),
        ("money for each solved", lambda v: dollars(v.money_per_solved)),
        ("model time (s)", lambda v: number(v.model_seconds)),
    ]
    rows = [(label, *map(form, some)) for label, form in lines]
    kept = [row for row in rows if any(cell not in (UNKNOWN, "0") for cell in row[1:])]
    sure = level(some[0].interval) if some else "95%"
    return Table(
        "The variants",
        ("", *(one.name for one in some)),
        tuple(kept),
        note=f"Behind a pass rate: its {sure} interval.",
    )


def comparisons(title: str, some: Sequence[Comparison]) -> Table:
    """Each candidate against the baseline."""
    head = ("candidate", "verdict", "points", "interval", "p", "won", "lost", "alike", "tokens")
    return _table(
        title,
        head,
        some,
        lambda c: (
            c.candidate,
            SHORT[c.verdict],
            points(c.difference),
            between(c.interval),
            chance(c.p_holm).removeprefix("p = ").removeprefix("p "),
            number(c.wins),
            number(c.losses),
            number(c.ties),
            times(c.tokens),
        ),
        labels=2,
        note="p is adjusted over the candidates (Holm).",
    )


def ablation(rows: Sequence[AblationRow]) -> Table:
    """One stage exchanged at a time."""
    table = comparisons("One stage at a time", [row.comparison for row in rows])
    named = zip(rows, table.rows, strict=True)
    return Table(
        table.title,
        ("exchanged", "against", *table.head[1:]),
        tuple((f"{r.kind} {r.stage}", r.comparison.baseline, *cells[1:]) for r, cells in named),
        labels=3,
        note=ONLY,
    )


def stages(rows: Sequence[StageRow]) -> Table:
    """What each stage has spent."""
    head = ("variant", "stage", "calls", "failed", "tokens in", "cached", "tokens out")
    more = ("model time (s)", "money", "tokens for each solved", "s for each solved")
    return _table(
        "Stage by stage",
        (*head, *more),
        rows,
        lambda s: (
            s.variant,
            s.stage,
            number(s.calls),
            number(s.failed_calls),
            number(s.input_tokens),
            number(s.cached_tokens),
            number(s.output_tokens),
            number(s.model_seconds),
            dollars(s.money),
            number(s.tokens_per_solved),
            number(s.seconds_per_solved, ",.1f"),
        ),
        labels=2,
    )


def checks(rows: Sequence[ChecksRow]) -> Table:
    """The run's own evidence against the hidden checks."""
    head = ("variant", "of", "passed and right", "passed and wrong", "failed and right")
    more = ("failed and wrong", "nothing ran", "false accepts", "false rejects")
    return _table(
        "The run's own checks against the hidden ones",
        (*head, *more),
        rows,
        lambda c: (
            c.variant,
            c.of,
            number(c.accepted_right),
            number(c.accepted_wrong),
            number(c.rejected_right),
            number(c.rejected_wrong),
            number(c.silent_right + c.silent_wrong),
            share(c.false_accept_rate, c.false_accept),
            share(c.false_reject_rate, c.false_reject),
        ),
        labels=2,
        note="False accepts: of the wrong ones that were checked, those whose own checks passed. "
        "False rejects: of the right ones, those whose own checks failed.",
    )


def reviews(rows: Sequence[ReviewRow]) -> Table:
    """The reviewer against the hidden checks."""
    head = ("variant", "approved and right", "approved and wrong", "objected and right")
    more = ("objected and wrong", "errors", "agreement", "kappa", "made right", "made wrong")
    return _table(
        "The reviewer against the hidden checks",
        (*head, *more),
        rows,
        lambda r: (
            r.variant,
            number(r.approve_right),
            number(r.approve_wrong),
            number(r.changes_right),
            number(r.changes_wrong),
            number(r.errors),
            share(r.agreement, r.interval),
            number(r.kappa, ".2f"),
            number(r.repaired_to_right),
            number(r.repaired_to_wrong),
        ),
        note="Made right, made wrong: what repairs after its objections came to.",
    )


def _table(
    title: str,
    head: tuple[str, ...],
    rows: Iterable[Row],
    form: Callable[[Row], tuple[str, ...]],
    *,
    labels: int = 1,
    note: str = "",
) -> Table:
    """Without the columns that say nothing in any row."""
    made = [form(row) for row in rows]
    kept = [i for i in range(len(head)) if any(row[i] != UNKNOWN for row in made)]
    cells = tuple(tuple(row[i] for i in kept) for row in made)
    return Table(title, tuple(head[i] for i in kept), cells, labels, note)


def _at(k: int) -> Callable[[VariantSummary], str]:
    return lambda one: share(one.pass_at.get(k))


def _hat(k: int) -> Callable[[VariantSummary], str]:
    return lambda one: share(one.pass_hat.get(k))
