"""The lab's logs in inspect_ai itself: `make test-inspect`.

Runs with the Python of build/inspect, where inspect-ai is and Triptych is not. Reads the golden
logs of the tests, and fresh exports of the committed records, with inspect_ai's own reader and data
frames; then opens its viewer on the golden ones in Chromium. Arguments: folders of further runs.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/lab/report/golden"
TRIPTYCH = ROOT / ".venv/bin/triptych"
PATIENCE = 60.0
"""Seconds for the viewer to start, and for each thing that it is to show."""


def main(names: list[str]) -> None:
    """Check the golden logs, then those of runs.

    Raises:
        SystemExit: inspect_ai reads something else than was written.
    """
    print(f"inspect_ai {import_module('inspect_ai').__version__}")
    runs = [GOLDEN / "run", *map(Path, names)]
    runs += [file.parent for file in sorted(ROOT.glob("benchmarks/*/**/experiment.json"))]
    with tempfile.TemporaryDirectory() as place:
        for number, run in enumerate(runs):
            folder = Path(place) / str(number)
            check(export(run, folder), folder)
        for file in sorted((GOLDEN / "inspect").glob("*.json")):
            fresh = Path(place) / "0" / file.name
            hold(fresh.read_bytes() == file.read_bytes(), f"{file.name} is out of date")
        look(Path(place) / "0")


def export(run: Path, folder: Path) -> Path:
    """Have Triptych write the logs of a run; returns the copy it read: a report writes into it."""
    copy = folder.with_name(f"{folder.name}-{run.name}")
    shutil.copytree(run, copy)
    command = [str(TRIPTYCH), "lab", "report", str(copy), "--no-html", "--inspect", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return copy


def hold(true: bool, otherwise: str) -> None:
    """End with a message if something is not so."""
    if not true:
        sys.exit(otherwise)


def check(run: Path, folder: Path) -> None:
    """Read the logs of a run, and hold them against its own records."""
    log, analysis = import_module("inspect_ai.log"), import_module("inspect_ai.analysis")
    cells = [json.loads(line) for line in (run / "cells.jsonl").read_text().splitlines()]
    scored = {(c["task"], c["variant"], c["trial"] + 1): "CI"[not c["passed"]] for c in cells}
    found: dict[tuple[str, str, int], str] = {}
    names = [info.name for info in log.list_eval_logs(str(folder))]
    hold(
        len(names) == len(list(folder.glob("*.json"))),
        f"{run}: inspect_ai does not list all of its logs",
    )
    for name in names:
        one = log.read_eval_log(name)
        variant = one.eval.task_args["variant"]
        mine = [passed == "C" for (_, v, _), passed in scored.items() if v == variant]
        hold(one.results.total_samples >= len(mine), "samples are missing")
        for sample in one.samples:
            if sample.error is None:
                found[sample.id, variant, sample.epoch] = sample.scores["hidden"].value
    hold(found == scored, "the scores are not those of the record")
    frame = analysis.samples_df(str(folder), quiet=True)
    hold(len(frame) >= len(cells), "rows are missing")
    values = sorted(frame["score_hidden"].dropna())
    hold(values == sorted(scored.values()), "the scores of the frame are others")
    print(f"{run.name}: {len(names)} logs, {len(frame)} samples, read and alike")


def look(folder: Path) -> None:
    """Open inspect_ai's viewer on logs: the list, a log, a sample of it."""
    sync_api = import_module("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed (Debian, Ubuntu: apt install chromium).")
    with viewer(folder) as address, sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        seen(page, "golden-a")
        page.get_by_text("golden-a").first.click()
        seen(page, "HumanEval/0")
        page.get_by_text("HumanEval/0").first.click()
        seen(page, "def f(x)")
        browser.close()


def seen(page: Any, text: str) -> None:
    """Wait until a text is on the page.

    Raises:
        TimeoutError: It is not, after `PATIENCE`; playwright's own.
    """
    page.get_by_text(text).first.wait_for()
    print(f"the viewer shows {text!r}")


@contextmanager
def viewer(folder: Path) -> Iterator[str]:
    """inspect_ai's viewer on a folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "inspect_ai", "view", "start", "--log-dir", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}/"
        try:
            until = time.monotonic() + PATIENCE
            while not answers(address):
                if server.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    sys.exit(f"The viewer did not start:\n{said.read().decode()}")
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait()


def answers(address: str) -> bool:
    """Whether something answers there."""
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:  # noqa: S310 - our own address
            return bool(reply.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
