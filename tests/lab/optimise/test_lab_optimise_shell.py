"""From a search to a promotion and back, through the shell, on a scripted model."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from optimise_kit import BETTER, HARMLESS, Script, sums
from typer.testing import CliRunner, Result

from triptych.cli import app
from triptych.lab.tasks.jsonl import write_jsonl
from triptych.prompts import library
from triptych.testing import ScriptedServer


def shell(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TRIPTYCH_PROMPTS", raising=False)
    (tmp_path / "mine").mkdir()
    write_jsonl(sums(30).tasks, tmp_path / "tasks.jsonl")
    return tmp_path


def optimise(server: ScriptedServer, *more: str) -> Result:
    return shell(
        *("lab", "optimise", "code", "--tasks", "tasks.jsonl", "--prompts", "mine"),
        *("--model", "scripted", "--base-url", server.base_url, "--out", "out", "--calls", "16"),
        *("--strategy", "plan=never,drafts=1,repairs=0,review=never,edit_format=whole", *more),
    )


def production(name: str) -> str:
    shown = shell("prompts", "show", f"{name}@production", "--prompts", "mine", "--json")
    return str(json.loads(shown.stdout)["reference"]) if shown.exit_code == 0 else ""


def test_what_was_found_is_judged_on_other_tasks_promoted_and_taken_back(place: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        done = optimise(server)
        asked = len(server.chats)
        again = optimise(server)
        assert len(server.chats) == asked

    assert done.exit_code == again.exit_code == 0, done.output
    assert "released: code.gepa@0.1.0" in done.stderr
    assert "code.gepa is better than current." in done.stdout
    assert (place / "out" / "held-out" / "report.html").is_file()
    journal = json.loads((place / "out" / "optimise.json").read_text())
    fingerprint = json.loads((place / "out" / "held-out" / "experiment.json").read_text())
    assert list(fingerprint["tasks"]) == journal["held_out"]
    assert not set(fingerprint["tasks"]) & {*journal["train"], *journal["selection"]}

    assert "code: code.gepa@0.1.0\ninto mine/sets/default.yaml" in done.stderr.replace("  ", "")
    assert library("mine").select()["code"].reference == "code@1.0.0"
    (place / "mine" / "sets").mkdir()
    (place / "mine" / "sets" / "default.yaml").write_text("code: code.gepa@0.1.0\n")
    assert library("mine").select()["code"].reference == "code.gepa@0.1.0"
    printed = [shlex.split(line) for line in done.stderr.splitlines() if "  triptych" in line]
    assert [words[2] for words in printed] == ["new", "release"]
    for _, *words in printed:
        ran = shell(*words)
        assert ran.exit_code == 0, ran.output
    made = library("mine").get(ran.stdout.strip())
    assert made.full_name == "code"
    assert made.parent == "code.gepa@0.1.0"  # which says what it was searched on

    promote = ("prompts", "promote", "code.gepa@0.1.0", "--to", "production", "--prompts", "mine")
    moved = shell(*promote, "--because", "out/held-out")
    assert moved.exit_code == 0, moved.output
    assert production("code.gepa") == "code.gepa@0.1.0"
    move = json.loads((place / "mine" / "moves.jsonl").read_text().splitlines()[-1])
    assert move["comparison"]["verdict"] == "better"

    shell("prompts", "new", "code.gepa", "--prompts", "mine")
    copy = place / "mine" / "code.gepa" / "_next.md"
    copy.write_text(copy.read_text().replace("complete, correct", "complete and correct"))
    released = shell("prompts", "release", "code.gepa", "--changelog", "And.", "--prompts", "mine")
    second = released.stdout.split()[0]
    assert second != "code.gepa@0.1.0"
    shell("prompts", "promote", second, *promote[3:], "--why", "a try", "--force")
    assert production("code.gepa") == second
    shell("prompts", "rollback", "code.gepa", "--prompts", "mine")
    assert production("code.gepa") == "code.gepa@0.1.0"


def test_tasks_that_were_searched_on_justify_no_promotion(place: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        optimise(server)
        compared = shell(
            *("lab", "compare", "code@1.0.0", "code.gepa@0.1.0", "--tasks", "tasks.jsonl"),
            *("--prompts", "mine", "--model", "scripted", "--base-url", server.base_url),
            *("--out", "all", "--limit", "12", "--strategy", "plan=never,drafts=1,repairs=0"),
        )
    assert compared.exit_code in (0, 3), compared.output
    refused = shell(
        *("prompts", "promote", "code.gepa@0.1.0", "--to", "production", "--prompts", "mine"),
        *("--because", "all"),
    )
    assert refused.exit_code == 2
    assert "tasks were used to find the wording" in refused.stderr


def test_a_search_that_finds_nothing_says_so_and_releases_nothing(place: Path) -> None:
    with ScriptedServer(Script(HARMLESS)) as server:
        done = optimise(server)
    assert done.exit_code == 1
    assert "No better wording was found" in done.stderr
    assert not list((place / "mine").iterdir())


def test_a_dry_run_spends_nothing_and_says_how_the_tasks_are_parted(place: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        done = optimise(server, "--dry-run")
        assert not server.chats
    assert done.exit_code == 0
    assert "put away for the verdict" in done.stderr
    assert not (place / "out").exists()


def test_a_line_that_is_no_name_is_refused_before_anything_is_asked(place: Path) -> None:
    with ScriptedServer(Script(BETTER)) as server:
        done = optimise(server, "--line", "Not A Name")
        assert not server.chats
    assert done.exit_code == 2
    assert "'code.Not A Name' is no name for a prompt" in done.stderr
