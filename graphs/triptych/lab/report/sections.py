"""The parts of the page that need no script: verdicts, charts, tables, what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from triptych.lab.analysis.verdict import between, level, points
from triptych.lab.frozen import Fingerprint, FrozenVariant, LiveModel
from triptych.lab.report.charts import (
    Scale,
    balance,
    cost_plots,
    effects,
    forest_axis,
    forest_row,
)
from triptych.lab.report.elements import Child, Element, el
from triptych.lab.report.phrases import (
    SHORT,
    chance,
    headline,
    progress,
    ratios,
    share,
    size,
    steady,
    times,
)
from triptych.lab.report.tables import ONLY, Table, inner_tables, variants
from triptych.lab.results import Comparison, Result
from triptych.state import Strategy

MARKS = {"better": "▲", "not-worse": "≈", "worse": "▼", "inconclusive": "?", "none": "–"}
"""Beside the words and colours of verdicts."""


def masthead(result: Result, frozen: Fingerprint) -> list[Element]:
    """What was measured, and how much of it."""
    names = ", ".join(one.candidate for one in result.comparisons)
    compared = f"{names or 'Nothing'} against {frozen.baseline}, the baseline"
    told = [
        f"{len(frozen.tasks):,} tasks of {frozen.task_set}",
        *([f"{frozen.trials} trials each"] if frozen.trials > 1 else []),
        result.model,
        progress(result),
        *([f"{result.errors:,} infrastructure errors"] if result.errors else []),
    ]
    made = [el("h1", frozen.name)]
    if frozen.description:
        made.append(el("p", frozen.description, class_="description"))
    made.append(el("p", " · ".join(told), class_="told"))
    made.append(el("p", compared, class_="told"))
    if not result.complete:
        width = f"{100 * result.finished / max(1, result.planned):.1f}%"
        bar = el("rect", x="0", y="0", width=width, height="6")
        made.append(el("svg", bar, class_="progress", width="100%", height="6", aria_hidden="true"))
    return made


def verdicts(result: Result) -> list[Element]:
    """A card for each candidate."""
    if not result.comparisons:
        return [el("p", "There is one variant only: nothing to compare it with.")]
    return [_card(one) for one in result.comparisons]


def forest(result: Result, margin: float) -> list[Element]:
    """The effects, as a table with a chart in it."""
    main = [("", one) for one in result.comparisons if one.tasks]
    parts = [(f"against {row.comparison.baseline}", row.comparison) for row in result.ablation]
    scale = effects([one for _, one in (*main, *parts) if one.tasks])
    note = "Left of the line the baseline is better, right of it the candidate. "
    if margin:
        note += f"The band is a loss of {100 * margin:g} points, which would not matter. "
    note += "p is adjusted over the candidates (Holm)."
    out = []
    if main:
        title = f"Difference of pass rates against {main[0][1].baseline}"
        out += [_effects(title, main, scale, margin), el("p", note, class_="note")]
    if parts:
        out += [_effects("One stage at a time", parts, scale, margin), el("p", ONLY, class_="note")]
    return out


def _effects(
    title: str, parts: Sequence[tuple[str, Comparison]], scale: Scale, margin: float
) -> Element:
    head = ("candidate", "difference in points", "", "interval", "p", "verdict")
    kinds = ("", "", "", "number", "number", "")
    heads = (el("th", h, scope="col", class_=k) for h, k in zip(head, kinds, strict=True))
    rows = [_effect(name, one, scale, margin) for name, one in parts]
    axis = el("td", forest_axis(scale), class_="plot")
    foot = el("tfoot", el("tr", el("td"), axis, *(el("td") for _ in head[2:])), aria_hidden="true")
    table = el(
        "table",
        el("caption", title),
        el("thead", el("tr", *heads)),
        el("tbody", *rows),
        foot,
        class_="effects",
    )
    return _scrolling(table)


def costs(result: Result) -> list[Element]:
    """Cost against quality: plots, and the same numbers as a table."""
    plots = [
        el("figure", el("figcaption", f"Pass rate by {title}"), plot)
        for title, plot in cost_plots(result)
    ]
    spent = Table(
        "Spent against the baseline",
        ("candidate", "tokens", "model time", "money"),
        tuple(
            (one.candidate, times(one.tokens), times(one.seconds), times(one.money))
            for one in result.comparisons
        ),
        note="Geometric means of paired ratios by task, with their intervals; below ×1 is cheaper.",
    )
    out = [el("div", *plots, class_="plots")] if plots else []
    return out + (drawn(spent) if spent.rows else [])


def numbers(result: Result) -> list[Element]:
    """All tables but those that the charts are part of."""
    return [part for table in (variants(result), *inner_tables(result)) for part in drawn(table)]


def steadiness(result: Result) -> Element:
    """How far the measurement can be trusted."""
    return el("ul", *(el("li", line) for line in steady(result)), class_="plain")


def drawn(table: Table) -> list[Element]:
    """A table of text as one of HTML."""
    head = (
        el("th", name, scope="col", class_="" if index < table.labels else "number")
        for index, name in enumerate(table.head)
    )
    whole = el(
        "table",
        el("caption", table.title),
        el("thead", el("tr", *head)),
        el("tbody", *(_row(row, table.labels) for row in table.rows)),
    )
    note = [el("p", table.note, class_="note")] if table.note else []
    return [_scrolling(whole), *note]


def setup(frozen: Fingerprint) -> list[Element]:
    """What exactly was measured: prompts, models, strategies; and how it is judged."""
    judged = (
        f"Seed {frozen.seed}; {frozen.trials} trials; level {100 * (1 - frozen.alpha):g}%; "
        f"margin {100 * frozen.margin:g} points; identical calls "
        f"{'made once' if frozen.share_calls else 'made each time'}"
        f"{'; may end early' if frozen.stop_early else ''}."
    )
    sections = [_variant(name, one) for name, one in frozen.variants.items()]
    made = ", ".join(f"{name} {version}" for name, version in frozen.made_with.items())
    return [
        el("p", judged),
        el("div", *sections, class_="setups"),
        *([el("p", f"Made with {made}.", class_="note")] if made else []),
    ]


def _card(one: Comparison) -> Element:
    pairs = [part for name, text in ratios(one) for part in (el("dt", name), el("dd", text))]
    notes = [el("li", text) for text in one.warnings]
    found: list[Child] = [el("p", size(one), class_="told")]
    if one.tasks:
        interval = f"{level(one.interval)} interval {between(one.interval)}"
        found = [
            el("p", el("span", points(one.difference)), " points", class_="figure"),
            el("p", f"{interval} · {chance(one.p_holm)} · {size(one)}", class_="told"),
            balance(one),
            el(
                "p",
                el("span", f"{one.losses:,} lost", class_="loss"),
                f" · {one.ties:,} alike · ",
                el("span", f"{one.wins:,} won", class_="gain"),
                class_="told",
            ),
        ]
    return el(
        "article",
        el("div", el("p", _badge(one.verdict)), el("h3", headline(one)), *found),
        el(
            "div",
            el("p", one.why),
            *([el("dl", *pairs, class_="ratios")] if pairs else []),
            *([el("ul", *notes, class_="warnings")] if notes else []),
            class_="why",
        ),
        class_=f"card {one.verdict}",
    )


def _effect(name: str, one: Comparison, scale: Scale, margin: float) -> Element:
    return el(
        "tr",
        el("th", one.candidate, *_small(name), scope="row"),
        el("td", forest_row(one, scale, margin), class_="plot"),
        el("td", points(one.difference), class_="number strong"),
        el("td", between(one.interval), class_="number"),
        el("td", chance(one.p_holm), class_="number"),
        el("td", _badge(one.verdict)),
    )


def _badge(verdict: str) -> Element:
    return el(
        "span",
        el("span", MARKS[verdict], aria_hidden="true"),
        f" {SHORT[verdict]}",
        class_=f"badge {verdict}",
    )


def _variant(name: str, one: FrozenVariant) -> Element:
    rows: list[tuple[str, Child]] = [("model", _model(one.model))]
    rows += [(f"model of {stage}", _model(model)) for stage, model in one.models.items()]
    for stage, ref in one.prompts.items():
        told = f" ({ref.layer}, {ref.sha256[:12]})"
        rows.append((stage, el("span", el("code", ref.reference), told)))
    plain = Strategy()
    changed = {
        key: value for key, value in one.strategy if value != getattr(plain, key)
    } or "the defaults"
    rows.append(("strategy", _said(changed)))
    limits = {key: value for key, value in one.budget if value is not None}
    if limits:
        rows.append(("budget", _said(limits)))
    pairs = [part for key, value in rows for part in (el("dt", key), el("dd", value))]
    return el("section", el("h3", name), el("dl", *pairs))


def _model(model: LiveModel) -> str:
    told = f", {_said(model.parameters)}" if model.parameters else ""
    return f"{model.name} at {model.place}{told}"


def _said(values: object) -> str:
    if isinstance(values, dict):
        return ", ".join(f"{key} {value}" for key, value in values.items())
    return str(values)


def _row(cells: Sequence[str], labels: int) -> Element:
    out = [el("th", cells[0], scope="row")]
    for index, cell in enumerate(cells[1:], 1):
        out.append(el("td", cell, class_="" if index < labels else "number"))
    return el("tr", *out)


def _small(text: str) -> list[Element]:
    return [el("small", f" {text}")] if text else []


def _scrolling(table: Element) -> Element:
    # It can be scrolled sideways by keyboard, too.
    caption = table.find("caption")
    name = caption.text if caption is not None and caption.text else "table"
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=name)


def answer(result: Result) -> str:
    """The title of the window: the verdict itself, where there is one."""
    if len(result.comparisons) == 1:
        one = result.comparisons[0]
        return f"{headline(one)} ({points(one.difference)} points)"
    return f"{result.name}: {', '.join(f'{v.name} {share(v.rate)}' for v in result.variants)}"
