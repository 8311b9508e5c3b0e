"""The numbers of a table against numbers that were counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab_kit import MakeRecord
from typer.testing import CliRunner

from triptych.cli.lab import app
from triptych.errors import LabError
from triptych.lab import Record, RecordFile, summarise
from triptych.lab.folder import RECORDS
from triptych.lab.table import markdown


@pytest.fixture
def records(record: MakeRecord) -> list[Record]:
    """Five tasks of which the last lacks its second arm, and one that the endpoint failed."""
    broken = {"passed": None, "error": "ModelError: gone", "delivered": None, "drafts": []}
    return [
        record("a", "single", "passed"),
        record("a", "default", "passed"),
        # Won: the first draft was wrong and was replaced by a right one.
        record("b", "single", "failed"),
        record("b", "default", "failed", "failed", "passed", delivered=2),
        # Lost: the first draft was right and was replaced by a wrong one.
        record("c", "single", "passed"),
        record("c", "default", "passed", "timeout", delivered=1),
        # Replaced, and as wrong as before.
        record("d", "single", "failed"),
        record("d", "default", "failed", "failed", delivered=1),
        record("e", "single", "passed"),
        record("f", "single", "passed"),
        record("f", "default", **broken),
    ]


def test_only_tasks_that_both_arms_finished_are_counted(records: list[Record]) -> None:
    numbers = summarise(records)

    assert numbers["tasks"] == 4
    assert numbers["infrastructure_errors"] == 1
    assert (numbers["single_passed"], numbers["default_passed"]) == (2, 2)
    assert numbers["single_pass_at_1"] == 0.5
    # Wilson for 2 of 4: 0.5 ± 1.95996 * sqrt(0.0625 + 0.06003) / 1.96036
    assert numbers["single_pass_at_1_low"] == pytest.approx(0.1500, abs=1e-4)
    assert numbers["single_pass_at_1_high"] == pytest.approx(0.8500, abs=1e-4)


def test_the_difference_is_paired(records: list[Record]) -> None:
    numbers = summarise(records)

    assert (numbers["wins"], numbers["losses"]) == (1, 1)
    assert numbers["difference"] == 0.0
    assert numbers["mcnemar_p"] == 1.0


def test_replaced_drafts_are_sorted_by_what_became_of_them(records: list[Record]) -> None:
    numbers = summarise(records)

    assert numbers["replaced"] == 3
    assert numbers["replaced_became_right"] == 1
    assert numbers["replaced_became_wrong"] == 1
    assert numbers["replaced_stayed_right"] == 0
    assert numbers["replaced_stayed_wrong"] == 1
    assert numbers["right_draft_existed"] == 3


def test_costs_are_sums_over_the_counted_tasks(records: list[Record]) -> None:
    numbers = summarise(records)

    assert numbers["default_calls"] == 1 + 3 + 2 + 2
    assert numbers["default_input_tokens"] == 400
    assert numbers["default_output_tokens"] == 80
    assert numbers["default_tokens_per_solved"] == 240
    assert numbers["default_timeouts"] == 1
    assert numbers["single_seconds"] == 8.0


def test_equal_first_drafts_are_counted(records: list[Record]) -> None:
    assert summarise(records)["same_first_draft"] == 4


def test_a_cell_that_was_measured_at_the_second_try_is_no_error(
    records: list[Record], record
) -> None:
    numbers = summarise([*records, record("f", "default", "passed")])

    assert numbers["infrastructure_errors"] == 0
    assert numbers["tasks"] == 5


def test_nothing_solved_has_no_price(record: MakeRecord) -> None:
    numbers = summarise([record("a", "single", "failed"), record("a", "default", "failed")])

    assert numbers["single_tokens_per_solved"] is None
    assert "| tokens for each solved | – | – |" in markdown(numbers)


def test_nothing_finished_is_an_error(record: MakeRecord) -> None:
    with pytest.raises(LabError, match="both arms"):
        summarise([record("a", "single", "passed")])


def test_the_report_command_writes_the_table_and_flat_numbers(
    records: list[Record], tmp_path: Path
) -> None:
    with RecordFile(tmp_path / RECORDS) as file:
        for one in records:
            file.append(one)

    shown = CliRunner().invoke(app, ["report", str(tmp_path)])

    assert shown.exit_code == 0
    assert "| solved | 2 of 4 | 2 of 4 |" in shown.stdout
    assert "3: 1 became right, 1 became wrong" in shown.stdout
    assert (tmp_path / "table.md").read_text() == shown.stdout
    numbers = json.loads((tmp_path / "result.json").read_text())
    assert not any(isinstance(value, dict | list) for value in numbers.values())
    as_json = CliRunner().invoke(app, ["report", str(tmp_path), "--json"])
    assert json.loads(as_json.stdout) == numbers
