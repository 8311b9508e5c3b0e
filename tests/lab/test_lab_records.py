"""The record file: what survives a crash, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_kit import MakeRecord

from triptych.errors import LabError
from triptych.lab import RecordFile
from triptych.lab.records import differences, finished, read


@pytest.fixture
def path(tmp_path: Path, record: MakeRecord) -> Path:
    """A file of two cells."""
    path = tmp_path / "records.jsonl"
    with RecordFile(path) as file:
        file.append(record("a", "single", "passed"))
        file.append(record("b", "single", "failed", reason="naïve \ud800 text"))
    return path


def test_a_record_is_read_as_it_was_written(path: Path, record: MakeRecord) -> None:
    assert read(path)[0] == record("a", "single", "passed")


def test_a_torn_last_line_is_dropped_and_the_next_cell_starts_a_line(
    path: Path, record: MakeRecord
) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])

    assert [r.task for r in read(path)] == ["a"]
    with RecordFile(path) as file:
        assert [r.task for r in file.records] == ["a"]
        file.append(record("c", "single", "passed"))
    assert [r.task for r in read(path)] == ["a", "c"]


def test_a_damaged_line_in_the_middle_is_an_error_that_names_it(path: Path) -> None:
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first[:-7] + b"\n" + second)

    with pytest.raises(LabError, match=r"records\.jsonl:1 "):
        RecordFile(path)


def test_two_processes_cannot_write_one_record(path: Path) -> None:
    with RecordFile(path), pytest.raises(LabError, match="Another process"):
        RecordFile(path)


def test_a_missing_record_names_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="triptych lab run"):
        read(tmp_path / "none.jsonl")


def test_a_cell_without_a_verdict_is_not_finished(record: MakeRecord) -> None:
    failed = record("a", "single", delivered=None, passed=None, error="ModelError: gone")

    assert finished([failed]) == {}
    assert list(finished([failed, record("a", "single", "failed")])) == [("a", "single")]


def test_differences_name_the_place_and_both_values() -> None:
    old = {"model": {"seed": 42, "model": "m"}, "prompts": {"code": {"version": "1.0.0"}}}
    new = {"model": {"seed": 7, "model": "m"}, "prompts": {"code": {"version": "1.1.0"}}}

    assert differences(old, new) == [
        "model.seed: 42 in the record, 7 now",
        "prompts.code.version: 1.0.0 in the record, 1.1.0 now",
    ]
