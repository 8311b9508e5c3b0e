"""The records in `benchmarks/` still give the figures that are committed beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triptych.lab.analysis.result import result
from triptych.lab.folder import RunFolder
from triptych.lab.report.terminal import markdown
from triptych.lab.report.writing import result_json

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RUNS = sorted(
    path.parent
    for path in BENCHMARKS.rglob("experiment.json")
    if (path.parent / "result.json").is_file()  # else it is being measured
)


@pytest.mark.parametrize("folder", RUNS, ids=lambda path: path.name)
def test_a_record_gives_its_committed_result(folder: Path) -> None:
    found = result(RunFolder.open(folder))
    assert result_json(found) == (folder / "result.json").read_text()
    assert markdown(found) == (folder / "table.md").read_text()
    assert (folder / "report.html").is_file()


@pytest.mark.parametrize("folder", RUNS, ids=lambda path: path.name)
def test_a_record_holds_no_path_of_a_machine(folder: Path) -> None:
    texts = [path.read_text() for path in folder.glob("*.json*")]
    assert texts
    assert not any(f'"{place}/' in text for text in texts for place in ("/root", "/home", "/tmp"))


def test_the_first_rooms_record_kept_its_figures_when_it_was_converted() -> None:
    found = json.loads((BENCHMARKS / "humaneval" / "result.json").read_text())
    (one,) = found["comparisons"]
    assert [v["passed"] for v in found["variants"]] == [95, 102]
    assert (one["wins"], one["losses"]) == (7, 0)
    assert one["p"] == pytest.approx(0.015625)
    assert one["difference"] == pytest.approx(0.0427, abs=5e-5)
    assert [v["tokens"] for v in found["variants"]] == [70105, 109409]
