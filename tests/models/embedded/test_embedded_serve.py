"""`triptych models serve`, as other programs and a terminal see it; the server is a fake one."""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.error
from pathlib import Path
from types import SimpleNamespace

import fake
import pytest

COMMAND = """
import fake
fake.install()
from triptych.cli import serving
if {patient}:
    serving.IN_A_ROW_SECONDS = 0.0
from triptych.cli.models import app
app()
"""


class Serve:
    """The running command: `text` is what it printed up to its last line."""

    def __init__(self, *words, patient=False, **env):
        self.popen = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(patient=patient), "serve", "local", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **env},
        )
        self.text = ""
        for line in self.popen.stdout:
            self.text += line
            if "Ctrl-C" in line:
                break

    @property
    def url(self):
        return self.text.split()[2].rstrip(",")

    def ask(self, key, text="Hello"):
        return fake.ask(SimpleNamespace(base_url=self.url, key=key), text)

    def stop(self, number=signal.SIGINT):
        self.popen.send_signal(number)
        _, errors = self.popen.communicate(timeout=60)
        return self.popen.returncode, errors


@pytest.fixture
def serve(meeting_place, monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path))
    monkeypatch.delenv("TRIPTYCH_API_KEY", raising=False)
    made = []

    def make(*words, **env):
        made.append(Serve(*words, **env))
        return made[-1]

    yield make
    for each in made:
        each.popen.kill()
        each.popen.communicate()


def test_a_made_key_is_kept_in_a_file_for_as_long_as_it_serves(serve, tmp_path, watch):
    serving = serve()
    (path,) = tmp_path.glob("serve-*.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text()
    assert key not in serving.text
    assert str(path) in serving.text
    server = watch(serving.ask(key)["pid"])
    assert serving.stop() == (0, "")
    assert server.ended()
    assert not path.exists()


def test_sigterm_ends_it_cleanly_as_well(serve, tmp_path):
    assert serve().stop(signal.SIGTERM) == (0, "")
    assert not list(tmp_path.glob("serve-*.key"))


def test_kill_9_ends_the_server(serve, tmp_path, watch):
    serving = serve()
    server = watch(serving.ask(next(tmp_path.glob("*.key")).read_text())["pid"])
    serving.popen.kill()
    assert server.ended()


def test_the_users_own_key_file_stays_and_opens_it(serve, tmp_path):
    mine = tmp_path / "mine.key"
    mine.touch(0o600)
    mine.write_text("my-own-key\n")
    serving = serve("--key-file", str(mine))
    assert serving.ask("my-own-key")
    assert serving.stop()[0] == 0
    assert mine.read_text() == "my-own-key\n"


def test_a_key_in_the_environment_opens_it_and_is_shown_nowhere(serve, tmp_path, watch):
    serving = serve(TRIPTYCH_API_KEY="sk-from-the-environment")
    pid = serving.ask("sk-from-the-environment")["pid"]
    assert "sk-from-the-environment" not in serving.text
    assert "Bearer $TRIPTYCH_API_KEY" in serving.text
    assert not list(tmp_path.glob("*.key"))
    with open(f"/proc/{pid}/environ", "rb") as stream:
        assert b"sk-from-the-environment" not in stream.read()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        serving.ask("another")


def test_the_printed_curl_call_works_as_it_stands(serve):
    serving = serve()
    command = serving.text.partition("curl ")[2].partition("\n\n")[0]
    done = subprocess.run(["bash", "-c", f"curl -s {command}"], capture_output=True, text=True)
    assert json.loads(done.stdout)["pid"]


def test_the_printed_python_is_python_with_the_address(serve):
    lines = [line.strip() for line in serve().text.splitlines()]
    code = [line for line in lines if line.startswith(("client", "chat_model"))]
    assert len(code) == 3
    for line in code:
        compile(line, "printed", "exec")


def test_a_port_is_kept_and_other_machines_are_let_in_only_when_asked(serve):
    first = serve()
    port = first.url.rpartition(":")[2].removesuffix("/v1")
    assert "Other machines" not in first.text
    first.stop()
    second = serve("--host", "0.0.0.0", "--port", port)
    assert second.url == f"http://127.0.0.1:{port}/v1"
    assert "unencrypted" in second.text


def test_after_a_crash_it_serves_on_at_the_same_address_with_the_same_key(serve, tmp_path):
    serving = serve(patient=True)
    key = next(tmp_path.glob("*.key")).read_text()
    before = serving.ask(key)["pid"]
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        serving.ask(key, "crash")
    assert "runs again" in serving.popen.stderr.readline()
    assert serving.ask(key)["pid"] != before


def test_a_crash_right_after_a_restart_ends_it_with_the_last_words(serve, tmp_path):
    serving = serve()
    key = next(tmp_path.glob("*.key")).read_text()
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        serving.ask(key, "crash")
    assert "runs again" in serving.popen.stderr.readline()
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        serving.ask(key, "crash")
    _, errors = serving.popen.communicate(timeout=60)
    assert serving.popen.returncode != 0
    assert "ended again" in " ".join(errors.split())
    assert "fake: crashed on ***" in errors
    assert key not in errors
