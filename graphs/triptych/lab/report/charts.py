"""The charts of the page as inline SVG. Places are per cents, so that text keeps its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from triptych.lab.report.elements import Child, Element, el
from triptych.lab.results import Comparison, Result, VariantSummary

ROW = 44
"""Height of a row of the forest plot, px."""

HEIGHT = 240
"""Height of a plot of cost against quality, px; `EDGE` of it above and below are for the labels."""

EDGE = 22

NOMINAL = 300
"""Width that labels are placed for, px; where there is more, they have more room."""


@dataclass(frozen=True)
class Scale:
    """Values to per cents of the width."""

    low: float
    high: float

    def at(self, value: float) -> str:
        """Where a value stands, cut to the ends."""
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"

    def ticks(self, most: int = 6) -> list[float]:
        """Round values between the ends."""
        step = _round_step((self.high - self.low) / most)
        first = ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, floor(self.high / step + 1e-9) + 1)]


def effects(comparisons: Sequence[Comparison]) -> Scale:
    """One scale for all differences: what their intervals take, and zero in the middle of it."""
    reach = max(
        (abs(end) for one in comparisons for end in (one.interval.low, one.interval.high)),
        default=0.1,
    )
    reach = min(1.0, max(0.05, reach * 1.1))
    return Scale(-reach, reach)


def forest_row(one: Comparison, scale: Scale, margin: float) -> Element:
    """Point and interval of one difference; the band is what would not matter."""
    middle = str(ROW // 2)
    low, high = scale.at(one.interval.low), scale.at(one.interval.high)
    return _svg(
        ROW,
        *_margin(scale, margin, ROW),
        *(_line(scale.at(tick), "0", scale.at(tick), "100%", "grid") for tick in scale.ticks()),
        _line(scale.at(0), "0", scale.at(0), "100%", "zero"),
        _line(low, middle, high, middle, "interval"),
        *(_line(end, str(ROW // 2 - 5), end, str(ROW // 2 + 5), "interval") for end in (low, high)),
        el("circle", cx=scale.at(one.difference), cy=middle, r="6", class_="point"),
        class_=f"forest {one.verdict}",
    )


def forest_axis(scale: Scale) -> Element:
    """The numbers below the rows, in points."""
    marks = [
        el("text", _signed(tick), x=scale.at(tick), y="14", text_anchor=_anchor(scale, tick))
        for tick in scale.ticks()
    ]
    return _svg(20, *marks, class_="axis")


def balance(one: Comparison) -> Element:
    """Tasks lost, alike and won, as a bar."""
    total = max(1, one.wins + one.losses + one.ties)
    parts, at = [], 0.0
    for name, count in (("lost", one.losses), ("alike", one.ties), ("won", one.wins)):
        width = 100 * count / total
        parts.append(
            el("rect", x=f"{at:.2f}%", y="0", width=f"{width:.2f}%", height="12", class_=name)
        )
        at += width
    return _svg(12, *parts, class_="balance")


def cost_plots(result: Result) -> list[tuple[str, Element]]:
    """Cost against quality: a title and a plot for each cost that is known."""
    baseline = next((one.baseline for one in result.comparisons), "")
    # Not the baseline's second run nor the parts of an ablation: they would hide the question.
    names = {baseline, *(one.candidate for one in result.comparisons)}
    some = [one for one in result.variants if one.cells and one.name in names]
    costs: list[tuple[str, str, Callable[[VariantSummary], float | None]]] = [
        ("tokens a cell", "", lambda v: v.tokens / v.cells),
        ("model seconds a cell", "", lambda v: v.model_seconds / v.cells),
        ("US dollars a cell", "$", lambda v: None if v.money is None else v.money / v.cells),
    ]
    out = []
    for title, unit, cost in costs:
        known = [(one, value) for one in some if (value := cost(one)) is not None]
        if any(value for _, value in known):
            out.append((title, _scatter(known, baseline, unit)))
    return out


def _scatter(known: Sequence[tuple[VariantSummary, float]], baseline: str, unit: str) -> Element:
    wide = Scale(0, max(value for _, value in known) * 1.25)
    marks: list[Child] = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        marks.append(_line("0", f"{_y(tick):.1f}", "100%", f"{_y(tick):.1f}", "grid"))
        marks.append(el("text", f"{100 * tick:.0f}%", x="2", y=f"{_y(tick) - 4:.1f}"))
    for tick in wide.ticks(4):
        text = unit + _amount(tick)
        marks.append(
            el("text", text, x=wide.at(tick), y=str(HEIGHT - 4), text_anchor=_anchor(wide, tick))
        )
    taken = [_box(wide, value, one.rate) for one, value in known]
    labels: list[Child] = []
    for one, value in known:
        kind = "baseline" if one.name == baseline else "candidate"
        x, y = wide.at(value), f"{_y(one.rate):.1f}"
        low, high = f"{_y(one.interval.low):.1f}", f"{_y(one.interval.high):.1f}"
        marks.append(_line(x, low, x, high, f"interval {kind}"))
        marks.append(el("circle", cx=x, cy=y, r="6", class_=f"point {kind}"))
        labels.append(_label(one.name, wide, value, one.rate, taken))
    return _svg(HEIGHT, *marks, *labels, class_="scatter")


Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px, at a width of `NOMINAL`."""


def _box(wide: Scale, value: float, rate: float) -> Box:
    x, y = NOMINAL * float(wide.at(value)[:-1]) / 100, _y(rate)
    return x - 8, y - 8, x + 8, y + 8


def _label(name: str, wide: Scale, value: float, rate: float, taken: list[Box]) -> Element:
    """The name beside its point: the first place where it lies on nothing, else at its right."""
    x, y = NOMINAL * float(wide.at(value)[:-1]) / 100, _y(rate)
    length = 7.4 * len(name)
    places = [(1, 4), (-1, 4), (0, -14), (0, 24), (1, 20), (-1, 20), (1, -12), (-1, -12), (0, 40)]
    chosen, box = places[0], (0.0, 0.0, 0.0, 0.0)
    for side, step in places:
        left = x + 11 * side + length * (side - 1) / 2
        box = left, y + step - 12, left + length, y + step + 3
        fits = box[0] >= 0 and box[2] <= NOMINAL and box[1] >= 0 and box[3] <= HEIGHT - EDGE
        if fits and not any(_overlap(box, other) for other in taken):
            chosen = side, step
            break
    taken.append(box)
    return el(
        "text",
        name,
        x=wide.at(value),
        y=f"{y + chosen[1]:.1f}",
        dx=str(11 * chosen[0]),
        class_="label",
        text_anchor=("middle", "start", "end")[chosen[0]],
    )


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _margin(scale: Scale, margin: float, height: int) -> list[Element]:
    if not margin:
        return []
    left, right = float(scale.at(-margin)[:-1]), float(scale.at(0)[:-1])
    width = f"{right - left:.2f}%"
    return [el("rect", x=f"{left:.2f}%", y="0", width=width, height=str(height), class_="margin")]


def _svg(height: int, *children: Child, class_: str) -> Element:
    # Hidden from screen readers: the numbers stand in the table that each chart is part of.
    return el("svg", *children, class_=class_, width="100%", height=str(height), aria_hidden="true")


def _line(x1: str, y1: str, x2: str, y2: str, class_: str) -> Element:
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _y(rate: float) -> float:
    return EDGE + (HEIGHT - 2 * EDGE) * (1 - rate)


def _round_step(raw: float) -> float:
    size = 10 ** floor(log10(raw)) if raw > 0 else 1.0
    return float(next(n * size for n in (1, 2, 5, 10) if n * size >= raw * 0.999))


def _anchor(scale: Scale, tick: float) -> str:
    share = float(scale.at(tick)[:-1])
    return "start" if share < 4 else "end" if share > 96 else "middle"


def _signed(share: float) -> str:
    value = round(100 * share, 6)
    return f"{value:+g}" if value else "0"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.2g}"
