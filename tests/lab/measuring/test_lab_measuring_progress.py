"""What is told while an experiment runs."""

from __future__ import annotations

import io
from pathlib import Path

from lab_kit import experiment
from record_kit import record
from rich.console import Console

from triptych.lab.experiment.fingerprint import fingerprint
from triptych.lab.folder import RecordWriter
from triptych.lab.measuring.prepare import prepare
from triptych.lab.measuring.progress import Watcher
from triptych.lab.measuring.schedule import schedule
from triptych.lab.records import Failure

FAILURE = Failure(task="t/0", variant="single", error="gone", kind="X", started="")


class Clock:
    """Ten seconds a cell."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


def watching(out: Path, count: int = 12) -> tuple[Watcher, io.StringIO]:
    text = io.StringIO()
    console = Console(file=text, width=200)
    watcher = Watcher(experiment("http://127.0.0.1:9", count), out, console=console, clock=Clock())
    return watcher, text


def test_rates_the_running_difference_and_the_time_that_is_left_are_told(tmp_path: Path) -> None:
    watcher, text = watching(tmp_path)
    resolved = experiment("http://127.0.0.1:9", 12)
    with watcher:
        for slot in schedule(fingerprint(resolved))[:4]:
            watcher.saw(record(slot.task, "single", "failed"))
            watcher.saw(record(slot.task, "drafts", "passed"))

    assert watcher.text == (
        "single 0/4, drafts 4/4; drafts +100.0 points (-50 to +100 on the first 4); 3 min left"
    )
    last = text.getvalue().splitlines()[-1]
    assert last.startswith("8/24 t/")
    assert last.endswith(watcher.text)


def test_errors_are_told_and_are_no_cells(tmp_path: Path) -> None:
    watcher, text = watching(tmp_path)
    watcher.saw(FAILURE)

    assert watcher.text == "starting; 1 errors"
    assert "t/0 single: not measured (gone)" in text.getvalue()


def test_cells_of_before_are_counted_and_do_not_speed_up_the_rest(tmp_path: Path) -> None:
    resolved = experiment("http://127.0.0.1:9", 12)
    prepare(tmp_path, resolved)
    with RecordWriter(tmp_path) as writer:
        for n in range(11):
            writer.append(record(f"t/{n}", "single", "passed"))
    watcher, _ = watching(tmp_path)
    watcher.saw(record("t/11", "single", "passed"))

    assert watcher.text == "single 12/12; 2 min left"


def test_a_long_run_is_told_in_few_lines(tmp_path: Path) -> None:
    watcher, text = watching(tmp_path, 300)
    for n in range(300):
        for variant in ("single", "drafts"):
            watcher.saw(record(f"t/{n}", variant, "passed", texts=False))

    assert len(text.getvalue().splitlines()) <= 200


def test_the_running_difference_is_told_past_a_cell_that_could_not_be_measured(
    tmp_path: Path,
) -> None:
    watcher, _ = watching(tmp_path)
    first, *others = schedule(fingerprint(experiment("http://127.0.0.1:9", 12)))[:4]
    watcher.saw(record(first.task, "single", "failed"))
    watcher.saw(FAILURE.model_copy(update={"task": first.task, "variant": "drafts"}))
    for slot in others:
        watcher.saw(record(slot.task, "single", "failed"))
        watcher.saw(record(slot.task, "drafts", "passed"))

    assert "drafts +100.0 points" in watcher.text
    assert "on the first 3" in watcher.text


def test_cells_that_are_no_longer_planned_are_not_counted(tmp_path: Path) -> None:
    prepare(tmp_path, experiment("http://127.0.0.1:9", 12))
    with RecordWriter(tmp_path) as writer:
        for n in range(12):
            writer.append(record(f"t/{n}", "single:again", "passed"))
    watcher, text = watching(tmp_path)
    watcher.saw(record("t/0", "single", "passed"))

    assert text.getvalue().startswith("1/24 ")
