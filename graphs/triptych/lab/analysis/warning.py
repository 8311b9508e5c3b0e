"""What a reader of a comparison should know beside its verdict."""

from __future__ import annotations

from math import sqrt

from triptych.lab.analysis.judging import FEW, Judged
from triptych.lab.analysis.pairs import Pairs
from triptych.lab.analysis.steadiness import course, noise
from triptych.lab.analysis.table import Table
from triptych.lab.analysis.verdict import level


def warnings(
    table: Table, baseline: str, candidate: str, pairs: Pairs, judged: Judged
) -> tuple[str, ...]:
    """Sentences, the most important first; none where all is well."""
    out = []
    if judged.method == "betting":
        out.append(_looked(table, pairs, judged))
    elif pairs.left_out:
        out.append(f"{pairs.left_out} tasks have no finished pair and do not count.")
    if judged.few and judged.units:
        out.append(
            f"Only {judged.differing} of {judged.units} {pairs.unit} differ: "
            f"with fewer than {FEW} nothing can be shown to be better."
        )
    if len({pair.trials for pair in pairs.pairs}) > 1:
        out.append("Some tasks have fewer trials than others; each task counts the same.")
    out += _noise(table, pairs)
    found = course(table)
    if found is not None and found.found:
        out.append(
            "Outcomes drift along the order of the run: the machine or the service has changed. "
            "The pairs are measured side by side, so the difference suffers less than the rates."
        )
    if table.frozen.trials > 1 and any(_greedy(table, name) for name in (baseline, candidate)):
        out.append("At temperature 0 trials hardly differ: they add little to the tasks.")
    return tuple(out)


def _looked(table: Table, pairs: Pairs, judged: Judged) -> str:
    total = table.planned.total()
    if table.frozen.grown:
        why = "The experiment was grown after it had been seen"
    elif table.frozen.stop_early:
        why = "The experiment may end early"
    else:
        why = f"{table.finished} of {total} cells are measured"
    return (
        f"{why}: the verdict is by the always-valid method (betting, at "
        f"{level(judged.interval)}), on the first {judged.units} of {pairs.units} {pairs.unit} "
        "in the order of the schedule."
    )


def _noise(table: Table, pairs: Pairs) -> list[str]:
    found = noise(table)
    if not found.pairs or not pairs.pairs or not found.rate:
        return []
    floor = 2 * sqrt(found.rate / (len(pairs.pairs) * max(1, pairs.trials)))
    if abs(pairs.mean()) >= floor:
        return []
    return [
        f"The baseline differs from itself in {100 * found.rate:.0f}% of like cells: by that "
        f"alone, differences up to {100 * floor:.1f} points are to be expected here."
    ]


def _greedy(table: Table, name: str) -> bool:
    return table.frozen.variants[name].model.parameters.get("temperature") == 0
