"""One folder through the shell: begun, killed, ended on other processes, reported, judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab_kit import make_tasks, right

from triptych.lab.folder import RunFolder
from triptych.lab.tasks.jsonl import write_jsonl
from triptych.testing import Reply, ScriptedServer

DEFINITION = """
name: two-models
tasks: {{path: tasks.jsonl}}
aa: 0
concurrency: 2
variants:
  bad: {{model: bad, base_url: "{url}", strategy: {single}}}
  good: {{model: good, base_url: "{url}", strategy: {single}}}
"""
SINGLE = "{plan: never, drafts: 1, repairs: 0, review: never}"


def triptych(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "triptych", "lab", *arguments]
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, timeout=240)


def test_a_run_is_begun_killed_ended_on_a_cluster_reported_and_judged(tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> Reply:
        return Reply(right(body) if body["model"] == "good" else "No.", delay=0.05)

    out = tmp_path / "out"
    write_jsonl(make_tasks(12).tasks, tmp_path / "tasks.jsonl")
    run = ["run", "exp.yaml", "--out", "out", "--yes"]
    with ScriptedServer(script, models=["bad", "good"]) as server:
        text = DEFINITION.format(url=server.base_url, single=SINGLE)
        (tmp_path / "exp.yaml").write_text(text)
        command = [sys.executable, "-m", "triptych", "lab", *run]
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child:
            server.wait_for(6, timeout=120)
            os.kill(child.pid, signal.SIGKILL)
        before = list(RunFolder.open(out).records())

        half = triptych(tmp_path, "gate", "out")
        ended = triptych(tmp_path, *run, "--cluster", "local:2")

    assert half.returncode == 3, half.stderr
    assert ended.returncode == 0, ended.stderr
    records = list(RunFolder.open(out).records())
    assert records[: len(before)] == before
    assert len({r.key for r in records}) == len(records) == 24
    assert triptych(tmp_path, "report", "out").returncode == 0
    assert (out / "report.html").stat().st_size > 10_000
    judged = triptych(tmp_path, "gate", "out", "--require", "better", "--json")
    assert judged.returncode == 0, judged.stdout
    assert json.loads(judged.stdout)["comparison"]["verdict"] == "better"
