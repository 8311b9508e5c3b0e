"""`triptych models`, as a shell sees it."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from triptych.cli.models import app
from triptych.errors import InputError, UnknownModelError
from triptych.models import ChatNVIDIA

COMMAND = [sys.executable, "-c", "from triptych.cli.models import app; app()"]


def run(*words):
    return CliRunner().invoke(app, words)


def test_list_is_tab_separated_where_it_is_no_terminal():
    rows = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert [row[0] for row in rows] == ["devstral", "local", "local:qwen2.5-coder-1.5b"]
    assert rows[1][1:4] == ["qwen2.5-coder-0.5b", "this machine", "491 MB"]
    assert rows[0][6:] == [
        "262,144", "8,192", "native", "json_schema", "-", "built-in"
    ]  # fmt: skip
    assert {len(row) for row in rows} == {12}


def test_list_knows_what_is_here(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path))
    rows = json.loads(run("list", "--json").stdout)
    assert [row["present"] for row in rows] == [None, False, False]
    assert rows[1]["path"] == f"{tmp_path}/models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"


def test_rm_deletes_the_file_and_all_that_is_left_of_it(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path))
    (tmp_path / "models").mkdir()
    name = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
    for suffix in ("", ".ok", ".part", ".part.json"):
        (tmp_path / "models" / (name + suffix)).write_bytes(b"x" * 1_000_000)
    assert "4 MB freed" in run("rm", "local").stdout
    assert list((tmp_path / "models").iterdir()) == []
    assert "is not here" in run("rm", "local").stdout


@pytest.mark.parametrize("command", ["pull", "rm", "serve"])
def test_a_hosted_model_and_an_unknown_name_are_refused(command):
    assert isinstance(run(command, "devstral").exception, InputError)
    assert isinstance(run(command, "devstrall").exception, UnknownModelError)


def test_pull_prints_the_path():
    path = run("pull", "local").stdout.strip()
    assert os.path.getsize(path) == 491_400_064


@pytest.mark.parametrize("word", ["", "list", "pull", "serve", "rm"])
def test_every_help_shows_an_example(word):
    assert "Example" in run(*word.split(), "--help").stdout


def test_serve_tells_how_to_call_it_keeps_the_key_in_a_file_and_ends_with_ctrl_c(tmp_path):
    key_file = tmp_path / "key"
    process = subprocess.Popen(
        [*COMMAND, "serve", "local", "--key-file", str(key_file)],
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    key = key_file.read_text()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key not in "".join(lines)
    url = lines[0].split()[2].rstrip(",")
    model = ChatNVIDIA(base_url=url, model="qwen2.5-coder-0.5b", api_key=key, max_tokens=1)
    assert model.invoke("Hi").usage_metadata["output_tokens"] == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert key_file.exists()  # the user's own


def test_a_key_that_others_can_read_is_refused(tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text("secret")
    key_file.chmod(0o644)
    error = run("serve", "local", "--key-file", str(key_file)).exception
    assert isinstance(error, InputError)
    assert "chmod 600" in error.cure
