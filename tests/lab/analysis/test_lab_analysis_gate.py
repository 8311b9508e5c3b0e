"""Whether a change may go through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from analysis_kit import outcomes, pairs_of, result_of

from triptych.errors import LabError
from triptych.lab.analysis.gate import gate
from triptych.lab.results import AblationRow, Ratio, Result, Verdict

RATIO = Ratio(1.3, 1.1, 1.5, 30)


@pytest.fixture(scope="module")
def found(tmp_path_factory: Any) -> Result:
    folder: Path = tmp_path_factory.mktemp("gate") / "run"
    return result_of(folder, *outcomes(pairs_of(10, 5, 5, 10)))


def having(result: Result, verdict: Verdict = "better", **more: Any) -> Result:
    return replace(result, comparisons=(replace(result.comparisons[0], verdict=verdict, **more),))


@pytest.mark.parametrize(
    ("verdict", "require", "code"),
    [
        ("better", "better", 0),
        ("better", "not-worse", 0),
        ("not-worse", "not-worse", 0),
        ("not-worse", "better", 3),
        ("inconclusive", "not-worse", 3),
        ("none", "not-worse", 3),
        ("worse", "not-worse", 1),
        ("worse", "better", 1),
    ],
)
def test_the_verdict_decides(found: Result, verdict: Any, require: Any, code: int) -> None:
    held = gate(having(found, verdict), require=require)

    assert held.exit_code == code
    assert held.passed is (code == 0)
    assert held.requirement == f"b is {require}"


@pytest.mark.parametrize(
    ("limit", "ratio", "code"),
    [
        (1.05, RATIO, 1),  # the whole interval is above it
        (1.2, RATIO, 3),  # the point is
        (1.3, RATIO, 0),
        (1.6, RATIO, 0),
        (1.2, None, 3),
    ],
)
@pytest.mark.parametrize("cost", ["tokens", "seconds", "money"])
def test_a_cost_above_its_limit_stops_even_what_is_better(
    found: Result, cost: str, limit: float, ratio: Ratio | None, code: int
) -> None:
    held = gate(having(found, **{cost: ratio}), **{f"max_{cost}": limit})  # type: ignore[arg-type]

    assert held.exit_code == code
    assert f"{cost} at most ×{limit:g}" in held.requirement
    assert cost in held.why or code == 0


def test_what_is_known_to_fail_comes_before_what_is_undecided(found: Result) -> None:
    assert gate(having(found, "inconclusive", tokens=RATIO), max_tokens=1.05).exit_code == 1
    assert gate(having(found, "worse", tokens=None), max_tokens=1.05).exit_code == 1


@pytest.mark.parametrize("verdict", ["better", "worse"])
def test_missing_cells_leave_it_undecided(found: Result, verdict: Verdict) -> None:
    held = gate(replace(having(found, verdict), complete=False, finished=41, planned=60))

    assert held.exit_code == 3
    assert "41 of 60 cells" in held.why


def test_one_of_several_candidates_must_be_named(found: Result) -> None:
    one = found.comparisons[0]
    two = replace(found, comparisons=(one, replace(one, candidate="c", verdict="better")))

    with pytest.raises(LabError, match=r"2 candidates \(b, c\).*--variant"):
        gate(two)
    assert gate(two, variant="c").exit_code == 0
    with pytest.raises(LabError, match="'d' is no candidate"):
        gate(two, variant="d")


def test_without_a_candidate_there_is_nothing_to_hold(found: Result) -> None:
    with pytest.raises(LabError, match="0 candidates"):
        gate(replace(found, comparisons=()))


def test_a_part_of_an_ablation_can_be_named(found: Result) -> None:
    part = replace(found.comparisons[0], candidate="b:only-code", verdict="better")
    whole = replace(found, ablation=(AblationRow("code", "only", "b:only-code", part),))

    assert gate(whole, variant="b:only-code").exit_code == 0
