"""`triptych doctor`, as a shell sees it."""

import json
import os
import subprocess
import sys

import pytest
from doctor_kit import healthy, ill
from typer.testing import CliRunner

from triptych.cli import app
from triptych.testing import Reply

KEY = "MARKED-0123456789"


@pytest.fixture(autouse=True)
def _quick_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path / "cache"))
    # Loading all packages in a process of its own takes seconds; see test_doctor_machine.py.
    monkeypatch.setattr("triptych.doctor.packages.unloadable", lambda names: [])


def run(*words, code=0):
    done = CliRunner().invoke(app, ["doctor", *words])
    assert done.exit_code == code, done.output
    return done


def test_without_a_key_and_a_file_the_machine_is_examined_and_the_way_on_is_told():
    done = run("--quick")
    assert done.stdout.splitlines()[0] == "At most 4,000 tokens will be spent."
    assert "skip  endpoint" in done.stdout
    assert "`triptych models pull local`" in done.stdout


def test_a_healthy_endpoint_ends_with_0_and_every_line_has_a_verdict(scripted_server):
    server = scripted_server(healthy)
    done = run("--base-url", server.base_url)  # the only model need not be named
    lines = [line for line in done.stdout.splitlines() if line[:4].strip() in ("ok", "warn")]
    assert len(lines) > 18
    assert "0 failed" in done.stdout.splitlines()[-1]
    assert "tokens spent" in done.stdout.splitlines()[-1]


def test_a_failure_ends_with_1_and_its_cure_stands_below_it(scripted_server):
    server = scripted_server(lambda request: Reply("no such thing", status=400))
    lines = run("--base-url", server.base_url, code=1).stdout.splitlines()
    assert any(line.startswith("fail  answer") and "no such thing" in line for line in lines)


def test_json_is_one_document_and_nothing_else(scripted_server):
    server = scripted_server(healthy)
    told = json.loads(run("--base-url", server.base_url, "--json", "--spend", "600").stdout)
    assert told["ok"] is True
    assert told["tokens"]["limit"] == 600 >= told["tokens"]["spent"] > 0
    assert told["measured"]["endpoint"] == server.base_url
    assert {"name", "verdict", "detail", "cure", "value"} == set(told["findings"][0])


def test_json_of_a_failure_is_a_document_too():
    told = json.loads(
        run("--base-url", "http://127.0.0.1:1/v1", "--json", "--quick", code=1).stdout
    )
    assert told["ok"] is False
    assert told["findings"][-1]["name"] == "endpoint"


def test_write_notes_an_unknown_model_so_that_it_has_a_name(scripted_server, monkeypatch, tmp_path):
    from triptych.models import catalogue, chat_model

    path = tmp_path / "mine.yaml"
    path.write_text("# my models\n")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    server = scripted_server(ill("response_format", "a haiku"), models=["org/My-Model_7B"])
    done = run("--base-url", server.base_url, "--write")
    assert f"my-model-7b, noted in {path}" in done.stdout
    entry = catalogue.find("my-model-7b")
    assert (entry.kind, entry.context, entry.id) == ("self-hosted", 32768, "org/My-Model_7B")
    assert entry.abilities.structured == "tools"
    assert entry.measured.seed_repeats is True
    assert chat_model("my-model-7b").base_url == server.base_url
    again = run("--model", "my-model-7b", "--write", "--quick")
    assert "catalogue entry" in again.stdout
    assert catalogue.find("my-model-7b").measured.seed_repeats is True  # of the last full look
    assert path.read_text().startswith("# my models\n")
    assert path.read_text().count("alias:") == 1


def test_write_notes_what_the_server_was_seen_not_to_do(scripted_server, monkeypatch, tmp_path):
    from triptych.models import catalogue

    path = tmp_path / "mine.yaml"
    path.write_text("")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    flags = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
    server = scripted_server(ill("tools", lambda: Reply(flags, status=400)))
    run("--base-url", server.base_url, "--write", code=1)
    assert catalogue.find("scripted").abilities.tools == "schema"


def test_write_after_a_failure_writes_nothing(scripted_server, monkeypatch, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    server = scripted_server(lambda request: Reply("no", status=400))
    assert "nothing was measured" in run("--base-url", server.base_url, "--write", code=1).stdout
    assert path.read_text() == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "devstrall"], "Did you mean devstral"),
        (["--base-url", "http://127.0.0.1:1", "--api-key-env", "NOT_SET"], "NOT_SET is not set"),
        (["--spend", "-1"], "--spend"),
    ],
)
def test_a_wrong_option_ends_with_2_before_anything_is_looked_at(words, said):
    done = run(*words, code=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_several_models_want_a_name(scripted_server):
    server = scripted_server(healthy, models=["a", "b"])
    assert "it serves a, b" in run("--base-url", server.base_url, "--quick", code=2).stderr


def test_a_broken_catalogue_fails_and_the_machine_is_examined_all_the_same(monkeypatch, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("- alias: a\n  idd: b\n")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    told = json.loads(run("--quick", "--json", code=1).stdout)
    verdicts = {f["name"]: f["verdict"] for f in told["findings"]}
    assert (verdicts["catalogue"], verdicts["sandbox"]) == ("fail", "ok")


def test_a_key_is_seen_nowhere_even_if_the_server_repeats_it(
    scripted_server, monkeypatch, tmp_path
):
    path = tmp_path / "mine.yaml"
    path.write_text("")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    monkeypatch.setenv("BOX_KEY", KEY)
    wrong = Reply(f"{KEY} is wrong", status=400)
    for script in (healthy, lambda request: f"I know {KEY}", lambda request: wrong):
        server = scripted_server(script, key=KEY)
        words = ["doctor", "--base-url", server.base_url, "--api-key-env", "BOX_KEY", "--write"]
        for more in ([], ["--json"]):
            done = CliRunner().invoke(app, [*words, *more])
            assert server.chats
            assert KEY not in done.output
    assert KEY not in path.read_text()


def test_colour_codes_of_a_server_do_not_reach_the_terminal(scripted_server):
    server = scripted_server(lambda request: Reply("\x1b[31mred\x1b]0;title\x07", status=400))
    assert "\x1b" not in run("--base-url", server.base_url, code=1).stdout


def test_what_takes_long_is_told_on_standard_error_alone(capsys):
    import io
    import threading

    from rich.console import Console

    from triptych.cli.waiting import Waiting

    told, seen = io.StringIO(), threading.Event()

    class Notes(Console):
        def print(self, *words, **how):
            super().print(*words, **how)
            seen.set()

    with Waiting(Notes(file=told), after=0.0)("the sandbox"):
        assert seen.wait(30)
    assert told.getvalue() == "looking at the sandbox …\n"
    with Waiting(Console(file=told), after=3600)("nothing"):
        pass
    assert "nothing" not in told.getvalue()


def test_help_tells_the_exit_codes_and_examples():
    text = run("--help").stdout
    assert "triptych doctor --base-url" in text
    for line in ("0    all", "1    something", "2    an error"):
        assert f"\n    {line}" in text


def test_on_an_ascii_terminal_no_letter_is_lost_to_an_error(scripted_server):
    server = scripted_server(lambda request: "Grüße … → 漢字")
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "triptych", "doctor", "--quick", "--base-url", server.base_url]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180)
    assert "Traceback" not in done.stderr
    assert "its encoding is ascii" in done.stdout
    assert done.returncode == 0
