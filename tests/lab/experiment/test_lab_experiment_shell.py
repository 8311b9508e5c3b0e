"""`triptych lab compare` and `run` as a user types them, against a scripted model."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from experiment_kit import own_prompt
from shell_kit import BETTER, SECRET, command, environment, reviewing_model, shell, sums

from triptych.testing import ScriptedServer
from triptych.testing.fixtures import ServerFactory


@pytest.fixture
def server(scripted_server: ServerFactory) -> ScriptedServer:
    return scripted_server(reviewing_model)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten tasks, and a reviewer's prompt with one more sentence."""
    sums(tmp_path / "sums.jsonl", 10)
    own_prompt(tmp_path / "my-review.md", "review", BETTER)
    return tmp_path


def asked(server: ScriptedServer, limit: int = 10, *more: str) -> list[str]:
    question = ["lab", "compare", "review@production", "./my-review.md"]
    question += ["--tasks", "./sums.jsonl", "--limit", str(limit)]
    return [*question, "--base-url", server.base_url, "--model", "scripted", *more]


def cells(out: Path) -> Counter[tuple[str, str]]:
    rows = map(json.loads, (out / "cells.jsonl").read_text().splitlines())
    return Counter((row["task"], row["variant"]) for row in rows)


def test_one_command_answers_whether_a_changed_sentence_is_better(
    folder: Path, server: ScriptedServer
) -> None:
    done = shell(folder, *asked(server, 10, "--json"), expect=0)

    result = json.loads(done.stdout)
    (verdict,) = result["comparisons"]
    assert (verdict["candidate"], verdict["verdict"]) == ("my-review", "better")
    assert (verdict["wins"], verdict["losses"]) == (10, 0)
    assert verdict["tokens"]["value"] > 1
    assert "can see   differences from 44 points on" in done.stderr
    (out,) = folder.glob("lab-review-*")
    assert (out / "report.html").is_file()
    assert set(cells(out).values()) == {1}

    # Nothing of the hidden checks was in a request, and nothing of them is in the record.
    assert server.chats
    assert not any(SECRET in json.dumps(entry.body) for entry in server.requests)
    written = [path for path in out.rglob("*") if path.is_file()]
    assert {"cells.jsonl", "experiment.json", "calls.sqlite"} <= {path.name for path in written}
    assert [path.name for path in written if SECRET.encode() in path.read_bytes()] == []

    # The same question again asks the model nothing.
    before = len(server.requests)
    again = shell(folder, *asked(server, 10, "--no-gate"), expect=0)
    assert len(server.requests) == before
    assert "cells     0 (" in again.stderr


def test_a_larger_limit_measures_what_is_new_and_too_few_tasks_get_no_verdict(
    folder: Path, server: ScriptedServer
) -> None:
    few = shell(folder, *asked(server, 3), expect=3)
    assert "There will be no verdict: 3 tasks are too few, 10 are the least." in few.stderr
    (out,) = folder.glob("lab-review-*")
    kept = (out / "cells.jsonl").read_bytes()

    shell(folder, *asked(server, 4, "--no-gate"), expect=0)

    assert (out / "cells.jsonl").read_bytes().startswith(kept)
    assert set(cells(out).values()) == {1}
    assert len({task for task, _ in cells(out)}) == 4


def test_a_dry_run_asks_nobody_and_leaves_nothing(folder: Path, server: ScriptedServer) -> None:
    done = shell(folder, *asked(server, 10, "--dry-run", "--json"), expect=0)

    told = json.loads(done.stdout)
    assert told["cells"] == 30
    assert told["calls"]["low"] < told["calls"]["high"]
    assert 0.3 < told["mde"] < 0.5
    assert not server.chats
    assert not list(folder.glob("lab-*"))


def test_the_everyday_command_word_for_word_on_a_model_that_never_reviews(
    folder: Path, server: ScriptedServer
) -> None:
    catalogue = folder / "catalogue.yaml"
    # The embedded model's own name and habits; the scripted server answers in its place.
    catalogue.write_text(
        f"- alias: local\n  kind: self-hosted\n  base_url: {server.base_url}\n  file: null\n"
    )
    words = "triptych lab compare review@production ./my-review.md --tasks humaneval --limit 40"

    done = shell(
        folder, *words.split()[1:], "--dry-run", expect=0, TRIPTYCH_CATALOGUE=str(catalogue)
    )

    assert "on local" in done.stdout
    assert "never asks 'review': it is switched on in both variants (review=decide" in done.stdout


def test_ctrl_c_keeps_what_is_measured_and_the_same_command_goes_on(
    folder: Path, server: ScriptedServer
) -> None:
    with subprocess.Popen(
        command(*asked(server, 6, "--at-once", "1")),
        cwd=folder,
        env=environment(folder / "home"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as child:
        server.wait_for(6, timeout=120)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=120)

    assert child.returncode == 130
    assert "the same command goes on" in said
    (out,) = folder.glob("lab-review-*")
    kept = cells(out)
    assert 0 < len(kept) < 18
    shell(folder, *asked(server, 6), expect=3)
    assert kept <= cells(out)
    assert set(cells(out).values()) == {1}


def test_on_a_cluster_no_log_quotes_a_hidden_check(folder: Path, server: ScriptedServer) -> None:
    done = shell(
        folder,
        *asked(server, 2, "--cluster", "local:1", "--no-gate"),
        expect=0,
        DASK_LOGGING__DISTRIBUTED="debug",
    )

    (out,) = folder.glob("lab-review-*")
    assert len(cells(out)) == 6
    assert "distributed" in done.stderr
    assert SECRET not in done.stdout + done.stderr


EXPERIMENT = """\
name: reviewers
tasks: {{path: sums.jsonl, limit: {limit}}}
model: scripted
aa: 0.0
variants:
  before:
    base_url: {url}
  after:
    base_url: {url}
    prompts: {{stages: {{review: ./my-review.md}}}}
    strategy: {{repairs: {repairs}}}
"""


def test_an_experiment_runs_from_its_yaml_wherever_one_stands(
    folder: Path, server: ScriptedServer
) -> None:
    file = folder / "exp.yaml"
    file.write_text(EXPERIMENT.format(limit=3, url=server.base_url, repairs=1))
    (folder / "elsewhere").mkdir()

    done = shell(folder / "elsewhere", "lab", "run", "../exp.yaml", "--out", "run", expect=0)

    out = folder / "elsewhere" / "run"
    assert len(cells(out)) == 6
    assert (out / "experiment.yaml").read_text() == file.read_text()
    assert "after" in done.stdout


def test_an_experiment_changed_after_half_of_it_ran_is_refused_and_told_what_differs(
    folder: Path, server: ScriptedServer
) -> None:
    file = folder / "exp.yaml"
    file.write_text(EXPERIMENT.format(limit=2, url=server.base_url, repairs=1))
    shell(folder, "lab", "run", "exp.yaml", "--out", "run", expect=0)
    kept = {p: p.read_bytes() for p in (folder / "run").rglob("*") if p.is_file()}
    asked_before = len(server.requests)
    file.write_text(EXPERIMENT.format(limit=4, url=server.base_url, repairs=2))

    done = shell(folder, "lab", "run", "exp.yaml", "--out", "run", expect=2)

    assert "variants.after.strategy.repairs: 1 in the record, 2 now" in done.stderr
    assert len(server.requests) == asked_before
    assert {p: p.read_bytes() for p in (folder / "run").rglob("*") if p.is_file()} == kept
