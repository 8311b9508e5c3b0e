"""The folder of a run: what survives a crash, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from record_kit import fingerprint_of, record, write_run

from triptych.errors import LabError
from triptych.lab.folder import RecordWriter, RunFolder
from triptych.lab.records import Failure

FAILURE = Failure(task="a", variant="v", error="gone", kind="X", started="2026-11-25T00:00:00Z")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with two cells."""
    write_run(tmp_path, [], fingerprint_of())
    with RecordWriter(tmp_path) as writer:
        writer.append(record("a", "v", "passed"))
        writer.append(record("b", "v", "failed", reason="naïve \ud800 text"))
    return tmp_path


def tasks(out: Path) -> list[str]:
    return [r.task for r in RunFolder.open(out).records()]


def test_a_record_is_read_as_it_was_written(out: Path) -> None:
    assert next(RunFolder.open(out).records()) == record("a", "v", "passed")
    assert tasks(out) == ["a", "b"]


def test_a_cell_that_is_there_is_not_written_again(out: Path) -> None:
    with RecordWriter(out) as writer:
        assert not writer.append(record("a", "v", "failed"))
        assert writer.append(record("a", "v", "failed", trial=1))
        assert not writer.append(record("a", "v", "failed", trial=1))

    assert tasks(out) == ["a", "b", "a"]


@pytest.mark.parametrize("cut", [1, 7, 400])
def test_a_torn_last_line_is_dropped_and_the_next_cell_starts_a_line(out: Path, cut: int) -> None:
    cells = out / "cells.jsonl"
    cells.write_bytes(cells.read_bytes()[:-cut])

    assert tasks(out) == ["a"]
    with RecordWriter(out) as writer:
        assert writer.done == {("a", "v", 0)}
        writer.append(record("c", "v", "passed"))
    assert tasks(out) == ["a", "c"]


def test_a_file_of_one_torn_line_is_an_empty_record(out: Path) -> None:
    cells = out / "cells.jsonl"
    cells.write_bytes(b"x" * 200_000)

    with RecordWriter(out) as writer:
        assert writer.done == set()
    assert cells.read_bytes() == b""


def test_a_damaged_line_in_the_middle_is_an_error_that_names_it(out: Path) -> None:
    cells = out / "cells.jsonl"
    first, second = cells.read_bytes().splitlines(keepends=True)
    cells.write_bytes(first[:-7] + b"\n" + second)

    with pytest.raises(LabError, match=r"cells\.jsonl:1 "):
        RecordWriter(out)
    with pytest.raises(LabError, match=r"cells\.jsonl:1 "):
        tasks(out)


def test_two_writers_cannot_have_one_folder(out: Path) -> None:
    with RecordWriter(out), pytest.raises(LabError, match="Another process"):
        RecordWriter(out)
    with RecordWriter(out):
        pass


def test_failed_attempts_are_kept_apart_and_counted(out: Path) -> None:
    with RecordWriter(out) as writer:
        writer.append_failure(FAILURE)
        writer.append_failure(FAILURE)
    with RecordWriter(out) as writer:
        assert writer.attempts["a", "v", 0] == 2

    assert list(RunFolder.open(out).failures()) == [FAILURE, FAILURE]
    assert tasks(out) == ["a", "b"]


def test_a_folder_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="triptych lab run"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema_version": 2}', "version 2"),
        ("{}", "name: Field required"),
        ("{", "cannot be read"),
        ("[]", "version None"),
    ],
)
def test_a_damaged_or_foreign_description_is_refused(out: Path, text: str, said: str) -> None:
    (out / "experiment.json").write_text(text)

    with pytest.raises(LabError, match=said):
        RunFolder.open(out)


def test_a_made_file_is_replaced_whole(out: Path) -> None:
    run = RunFolder.open(out)
    run.replace("table.md", "one")

    assert run.replace("table.md", "two").read_text() == "two"
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def test_a_reader_of_a_record_that_is_being_written_sees_whole_cells_only(out: Path) -> None:
    with RecordWriter(out) as writer, (out / "cells.jsonl").open("ab") as other:
        other.write(b'{"task": "half')
        other.flush()
        assert tasks(out) == ["a", "b"]
        assert writer.done


def test_a_file_that_cannot_be_replaced_leaves_nothing_unfinished_behind(out: Path) -> None:
    (out / "table.md").mkdir()

    with pytest.raises(OSError, match=r"table\.md"):
        RunFolder.open(out).replace("table.md", "one")
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
