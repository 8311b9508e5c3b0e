"""`triptych lab report` and `triptych lab gate`, through the real shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from record_kit import fingerprint_of, record, write_run
from report_kit import made_up, reported
from typer.testing import CliRunner

from triptych.cli import app
from triptych.lab.records import Record


def shell(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["lab", *map(str, words)])
    return done.exit_code, done.stdout


def refused(*words: object) -> str:
    """What is said on standard error; the exit code must be 2."""
    done = CliRunner().invoke(app, ["lab", *map(str, words)])
    assert done.exit_code == 2
    return done.stderr


def pairs(wins: int, losses: int, ties: int) -> list[Record]:
    """Cells of that outcome for b against a."""
    outcomes = [("failed", "passed")] * wins + [("passed", "failed")] * losses
    outcomes += [("passed", "passed")] * ties
    return [
        record(f"task-{n}", variant, verdict, position=n, place=place)
        for n, both in enumerate(outcomes)
        for place, (variant, verdict) in enumerate(zip("ab", both, strict=True))
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("run"), tasks=30, page=False)


def test_report_shows_the_table_and_writes_all_three_files(run: Path) -> None:
    code, shown = shell("report", run)

    assert code == 0
    assert shown == (run / "table.md").read_text()
    assert shown.startswith("## made-up: made-up, scripted, all 60 cells")
    assert (run / "report.html").read_text().startswith("<!doctype html>")


def test_report_as_json_is_the_result_file(run: Path) -> None:
    _, shown = shell("report", run, "--json", "--no-html")

    assert shown == (run / "result.json").read_text()
    assert json.loads(shown)["finished"] == 60


def test_report_writes_what_other_tools_read(run: Path, tmp_path: Path) -> None:
    code, _ = shell(
        *("report", run, "--no-html"),
        *("--junit", tmp_path / "junit.xml", "--inspect", tmp_path / "logs"),
    )

    assert code == 0
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().tag == "testsuites"
    assert len(list((tmp_path / "logs").glob("*.json"))) == 2


@pytest.mark.parametrize(
    ("outcomes", "options", "code", "word"),
    [
        ((20, 0, 20), ["--require", "better"], 0, "passed: b is better"),
        ((20, 0, 20), [], 0, "passed: b is not-worse"),
        ((0, 20, 20), [], 1, "failed: b is not-worse"),
        ((5, 5, 30), [], 3, "undecided: b is not-worse"),
        ((3, 0, 3), [], 3, "undecided: b is not-worse"),
        ((20, 0, 20), ["--max-tokens", "0.5"], 1, "failed: b is not-worse and tokens at most ×0.5"),
        ((20, 0, 20), ["--max-tokens", "1.2"], 0, "passed: b is not-worse and tokens at most ×1.2"),
        ((20, 0, 20), ["--max-money", "1.2"], 3, "undecided"),
    ],
)
def test_the_gates_exit_code_says_whether_the_requirement_holds(
    tmp_path: Path, outcomes: tuple[int, int, int], options: list[str], code: int, word: str
) -> None:
    write_run(tmp_path, pairs(*outcomes), fingerprint_of(tasks=sum(outcomes)))

    assert shell("gate", tmp_path, *options)[0] == code
    assert shell("gate", tmp_path, *options)[1].startswith(word)


def test_the_gate_on_half_a_record_is_undecided_and_says_so(tmp_path: Path) -> None:
    write_run(tmp_path, pairs(20, 0, 20)[:-7], fingerprint_of(tasks=40))

    code, shown = shell("gate", tmp_path)

    assert code == 3
    assert "73 of 80 cells are measured" in shown


def test_the_gate_only_reads(tmp_path: Path) -> None:
    write_run(tmp_path, pairs(5, 0, 20), fingerprint_of(tasks=25))
    before = sorted(tmp_path.iterdir())

    shell("gate", tmp_path)

    assert sorted(tmp_path.iterdir()) == before


def test_the_gate_as_json_and_as_junit(tmp_path: Path) -> None:
    write_run(tmp_path / "run", pairs(0, 20, 20), fingerprint_of(tasks=40))

    _, shown = shell("gate", tmp_path / "run", "--json", "--junit", tmp_path / "gate.xml")

    assert json.loads(shown)["exit_code"] == 1
    assert json.loads(shown)["comparison"]["verdict"] == "worse"
    suite = ElementTree.parse(tmp_path / "gate.xml").getroot()[0]
    gate = suite.find("testcase[@name='gate: b is not-worse']")
    assert gate is not None
    assert gate.find("failure") is not None


@pytest.mark.parametrize("command", ["report", "gate"])
def test_a_folder_without_a_run_is_a_clear_error(tmp_path: Path, command: str) -> None:
    told = refused(command, tmp_path)

    assert "There is no run in" in told
    assert "triptych lab run" in told


def test_the_gate_of_several_candidates_asks_which(tmp_path: Path) -> None:
    run = made_up(tmp_path, tasks=20, rates={"a": 0.5, "b": 0.5, "c": 0.5}, page=False)

    assert "--variant NAME" in refused("gate", run)
    assert shell("gate", run, "--variant", "c")[0] == 3


def test_a_report_needs_no_langchain(tmp_path: Path) -> None:
    run = reported(tmp_path, pairs(3, 1, 8), fingerprint_of(tasks=12), page=False)
    told = (
        "import sys; from pathlib import Path; from triptych.lab import RunFolder, write_report;"
        f"write_report(RunFolder.open(Path({str(run)!r})));"
        "print([m for m in sys.modules if m.split('.')[0] in ('langchain_core', 'langgraph')])"
    )

    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
