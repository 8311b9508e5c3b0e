"""Verdicts, tables and sentences, held against numbers that were made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from record_kit import fingerprint_of, record
from report_kit import made_up, reported
from rich.console import Console

from triptych.lab.folder import RunFolder
from triptych.lab.report.phrases import chance, dollars, progress, share, times
from triptych.lab.report.tables import all_tables, stages, variants
from triptych.lab.report.terminal import markdown, rich_tables
from triptych.lab.report.writing import result_json, write_report
from triptych.lab.results import (
    AblationRow,
    Comparison,
    Interval,
    Noise,
    Ratio,
    Result,
    StageRow,
    VariantSummary,
)


def comparison(**more: Any) -> Comparison:
    values: dict[str, Any] = {
        "baseline": "a",
        "candidate": "b",
        "tasks": 40,
        "families": 40,
        "trials": 1,
        "difference": 0.1,
        "interval": Interval(0.012, 0.188),
        "p": 0.031,
        "p_holm": 0.031,
        "method": "newcombe+mcnemar",
        "verdict": "better",
        "why": "It passes more of the tasks.",
        "wins": 6,
        "losses": 2,
        "ties": 32,
    }
    return Comparison(**{**values, **more})


def result(*comparisons: Comparison, **more: Any) -> Result:
    values: dict[str, Any] = {
        "name": "try",
        "task_set": "humaneval",
        "model": "local",
        "planned": 80,
        "finished": 80,
        "errors": 0,
        "complete": True,
        "variants": (
            VariantSummary("a", 40, 40, 20, 0.5, Interval(0.35, 0.65), {1: 0.5}, {1: 0.5}),
            VariantSummary("b", 40, 40, 24, 0.6, Interval(0.44, 0.74), {1: 0.6}, {1: 0.6}),
        ),
        "comparisons": comparisons,
        "noise": Noise("none"),
        "drift": None,
    }
    return Result(**{**values, **more})


@pytest.mark.parametrize(
    ("verdict", "heading"),
    [
        ("better", "**b is better than a.**"),
        ("not-worse", "**b is not worse than a.**"),
        ("worse", "**b is worse than a.**"),
        ("inconclusive", "**Undecided between b and a.**"),
        ("none", "**No verdict on b against a.**"),
    ],
)
def test_each_verdict_has_its_heading(verdict: Any, heading: str) -> None:
    assert heading in markdown(result(comparison(verdict=verdict)))


def test_a_verdict_comes_with_effect_counts_costs_and_warnings() -> None:
    one = comparison(tokens=Ratio(1.25, 1.1, 1.4, 40), warnings=("Few tasks differ.",))

    text = markdown(result(one))

    assert "+10.0 points (95% interval +1.2 to +18.8), p = 0.031, by newcombe+mcnemar" in text
    assert "40 tasks: 6 won, 2 lost, 32 alike" in text
    assert "against the baseline: tokens ×1.25 (1.10 to 1.40)" in text
    assert "Note: Few tasks differ." in text


def test_the_adjusted_p_is_told_where_it_differs() -> None:
    assert "p = 0.031, p = 0.062 adjusted" in markdown(result(comparison(p_holm=0.062)))


def test_lines_that_say_nothing_are_left_out_and_an_unknown_number_is_a_dash() -> None:
    some = result(comparison()).variants
    table = variants(result(variants=(replace(some[0], repairs=3, money=0.5), some[1])))
    lines = {row[0]: row[1:] for row in table.rows}

    assert lines["repairs"] == ("3", "0")
    assert lines["money"] == ("$0.50", "–")
    assert "drafts" not in lines


def test_a_column_that_nothing_is_known_of_is_left_out() -> None:
    assert "money" not in stages([StageRow("a", "code", 40, calls=40)]).head
    assert "money" in stages([StageRow("a", "code", 40, calls=40, money=0.1)]).head


def test_pass_at_k_is_told_for_more_than_one_trial() -> None:
    some = result(comparison()).variants
    one = replace(some[0], pass_at={1: 0.5, 5: 0.8}, pass_hat={1: 0.5, 5: 0.2})
    lines = {row[0]: row[1:] for row in variants(result(variants=(one,))).rows}

    assert lines["pass@5"] == ("80.0%",)
    assert lines["pass^5"] == ("20.0%",)


def test_an_unfinished_record_says_how_far_it_is_and_by_what_the_verdict_is() -> None:
    part = result(comparison(method="betting"), planned=400, finished=312, complete=False)

    assert progress(part) == "312 of 400 cells; verdict by the always-valid method"
    assert "88 cells are missing" in markdown(part)


def test_each_part_of_an_ablation_says_what_it_is_held_against() -> None:
    only = comparison(candidate="b:only-code")
    without = comparison(candidate="b:without-code", baseline="b", verdict="worse")
    rows = (
        AblationRow("code", "only", "b:only-code", only),
        AblationRow("code", "without", "b:without-code", without),
    )

    text = markdown(result(comparison(), ablation=rows))

    assert "| only code | a | better |" in text
    assert "| without code | b | worse |" in text


def test_names_of_anybody_stay_names_in_a_table() -> None:
    text = markdown(result(comparison(candidate="x|y<b>\n[z](u)")))

    assert "x\\|y\\<b> \\[z](u)" in text
    assert "<b>" not in text.replace("\\<b>", "")


def test_the_terminal_shows_the_same_and_reads_no_markup() -> None:
    console = Console(width=160)
    with console.capture() as shown:
        console.print(rich_tables(result(comparison(candidate="[red]b[/red]"))))

    assert "[red]b[/red] is better than a" in shown.get()
    assert "50.0% (35.0 to 65.0)" in shown.get()


def test_numbers_are_said_briefly() -> None:
    assert chance(0.00001) == "p < 0.0001"
    assert times(None) == share(None) == dollars(None) == "–"
    assert (dollars(0.000431), dollars(12.3)) == ("$0.000431", "$12.30")


def test_json_holds_all_of_the_result_and_no_number_that_is_none() -> None:
    one = comparison(tokens=Ratio(1.0, float("nan"), float("inf"), 1))

    numbers = json.loads(result_json(result(one)))

    assert numbers["comparisons"][0]["tokens"]["high"] is None
    assert numbers["comparisons"][0]["interval"] == {"low": 0.012, "high": 0.188, "level": 0.95}
    assert numbers["variants"][0]["pass_at"] == {"1": 0.5}


def test_a_run_has_a_table_for_stages_checks_and_reviews(tmp_path: Path) -> None:
    run = RunFolder.open(made_up(tmp_path, tasks=20, page=False))

    titles = [table.title for table in all_tables(write_report(run, page=False))]

    assert titles == [
        "The variants",
        "Against the baseline",
        "Stage by stage",
        "The run's own checks against the hidden ones",
        "The reviewer against the hidden checks",
    ]


def test_a_record_without_a_cell_has_a_report(tmp_path: Path) -> None:
    run = reported(tmp_path, [], fingerprint_of(tasks=20))

    assert "0 of 40 cells" in (run / "table.md").read_text()
    assert "0 of 40 cells" in (run / "report.html").read_text()


def test_one_variant_alone_has_a_report(tmp_path: Path) -> None:
    cells = [record(f"task-{n}", "a", "passed") for n in range(3)]
    run = reported(tmp_path, cells, fingerprint_of(tasks=3, variants=("a",)))

    assert "nothing to compare it with" in (run / "report.html").read_text()
