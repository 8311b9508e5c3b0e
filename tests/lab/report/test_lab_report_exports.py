"""What other tools read: JUnit, pandas, inspect_ai."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from record_kit import fabricate, fingerprint_of, record, write_run

from triptych.errors import LabError
from triptych.lab import result, to_pandas
from triptych.lab.folder import RunFolder
from triptych.lab.records import Failure
from triptych.lab.report.frames import comparisons
from triptych.lab.report.inspect_log import export
from triptych.lab.report.junit import junit

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """12 tasks: b loses task-0, wins task-1, and all else is alike."""
    cells = [
        record("task-0", "a", "passed"),
        record("task-0", "b", "failed"),
        record("task-1", "a", "failed"),
        record("task-1", "b", "failed", "passed", delivered=1),
        *(record(f"task-{n}", name, "passed") for n in range(2, 12) for name in "ab"),
    ]
    return RunFolder.open(write_run(tmp_path / "run", cells, fingerprint_of(tasks=12)))


def parsed(text: str) -> Any:
    return ElementTree.fromstring(text.split("\n", 1)[1])


def test_junit_has_a_suite_a_candidate_and_a_case_a_task(run: RunFolder) -> None:
    suite = parsed(junit(result(run), run))[0]

    assert suite.attrib["name"] == "made-up: b against a"
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("13", "1")
    lost = [
        case.attrib["name"] for case in suite.iter("testcase") if case.find("failure") is not None
    ]
    assert lost == ["task-0"]
    verdict = suite.find("testcase[@name='verdict']")
    assert verdict.find("skipped") is not None
    told = {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}
    assert (told["verdict"], told["tasks"], told["cells"]) == ("inconclusive", "12", "24 of 24")


def test_junit_of_a_worse_variant_fails(tmp_path: Path) -> None:
    cells = [
        record(f"task-{n}", name, "passed" if name == "a" else "failed")
        for n in range(20)
        for name in "ab"
    ]
    run = RunFolder.open(write_run(tmp_path, cells, fingerprint_of(tasks=20)))

    failure = parsed(junit(result(run)))[0].find("testcase[@name='verdict']/failure")

    assert failure.attrib["type"] == "worse"


def test_junit_holds_only_what_xml_may_hold(tmp_path: Path) -> None:
    bad = "a\x00\x1b[31m]]></testcase>&"
    cells = [record(bad, name, "passed") for name in "ab"]
    frozen = fingerprint_of(tasks=1).model_copy(update={"tasks": {bad: "0" * 64}})
    run = RunFolder.open(write_run(tmp_path, cells, frozen))

    suite = parsed(junit(result(run), run))[0]

    assert [case.attrib["name"] for case in suite.iter("testcase")][1] == (
        "a\ufffd\ufffd[31m]]></testcase>&"
    )


def test_pandas_has_a_row_a_cell(run: RunFolder) -> None:
    frame = to_pandas(run)

    assert len(frame) == 24
    assert frame.groupby("variant", observed=True)["passed"].sum().to_dict() == {"a": 11, "b": 11}
    row = frame[(frame.task == "task-1") & (frame.variant == "b")].iloc[0]
    assert (row.drafts, row.repairs, row.replaced, row.hidden) == (2, 1, True, "passed")
    assert (row.tokens, row.code_tokens, row.prompt_code) == (630, 290, "code@1.0.0")
    assert str(frame.started.dt.tz) == "UTC"
    assert frame.money.isna().all()


def test_pandas_of_comparisons_has_a_row_a_candidate(run: RunFolder) -> None:
    frame = comparisons(result(run))

    assert frame.candidate.tolist() == ["b"]
    assert frame.interval_low[0] < 0 < frame.interval_high[0]


def test_pandas_of_an_empty_record_is_empty(tmp_path: Path) -> None:
    assert len(to_pandas(RunFolder.open(write_run(tmp_path, [], fingerprint_of())))) == 0


def test_a_missing_pandas_says_what_to_install(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(LabError, match=r"triptych\[frames\]"):
        to_pandas(run)


def test_inspect_logs_are_those_that_inspect_ai_has_read(tmp_path: Path) -> None:
    """`make test-inspect` reads these golden files with inspect_ai itself."""
    made = export(RunFolder.open(GOLDEN / "run"), tmp_path)

    golden = sorted((GOLDEN / "inspect").iterdir())
    assert [path.name for path in made] == [path.name for path in golden]
    for fresh, kept in zip(made, golden, strict=True):
        assert json.loads(fresh.read_text()) == json.loads(kept.read_text())


def test_inspect_logs_have_a_sample_a_cell_and_an_epoch_a_trial(tmp_path: Path) -> None:
    cells = list(fabricate(tasks=10, trials=3))
    run = RunFolder.open(write_run(tmp_path / "run", cells, fingerprint_of(tasks=10, trials=3)))

    first, _ = (json.loads(path.read_text()) for path in export(run, tmp_path / "logs"))

    assert first["status"] == "success"
    assert {(s["id"], s["epoch"], s["scores"]["hidden"]["value"]) for s in first["samples"]} == {
        (c.task, c.trial + 1, "C" if c.passed else "I") for c in cells if c.variant == "a"
    }
    rate = sum(c.passed for c in cells if c.variant == "a") / 30
    assert first["results"]["scores"][0]["metrics"]["accuracy"]["value"] == pytest.approx(rate)


def test_inspect_logs_of_half_a_record_are_not_finished_and_name_the_errors(tmp_path: Path) -> None:
    gone = Failure(
        task="task-1", variant="a", error="no", kind="Timeout", started="2026-11-25T00:00:00Z"
    )
    cells = [record("task-0", "a", "passed", started="")]
    run = RunFolder.open(write_run(tmp_path / "run", cells, fingerprint_of(tasks=3), [gone]))

    made = export(run, tmp_path / "logs")

    assert [path.name[:10] for path in made] == ["1970-01-01"]
    log = json.loads(made[0].read_text())
    assert (log["status"], log["results"]["total_samples"]) == ("started", 3)
    assert log["samples"][1]["error"]["message"] == "Timeout: no"
