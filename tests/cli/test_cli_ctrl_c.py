"""Ctrl-C stops a run cleanly and delivers the best so far; a second one ends at once."""

import json
import signal
import socket
import subprocess
import sys
import threading

import pytest
from cli_kit import REQUEST, WRONG, WRONG_CODE, command, environment

from triptych.testing import Reply

pytest_plugins = ["triptych.testing.fixtures"]

MORE_DRAFTS = ("--plan", "never", "--review", "never", "--drafts", "2")


@pytest.fixture
def started(scripted_server, folder, tmp_path):
    """A run whose first draft is wrong and whose second one never comes; and that reply."""
    hanging = Reply("x", hold=threading.Event())
    server = scripted_server([WRONG, hanging])
    where = ("--base-url", server.base_url, "--model", "scripted")
    processes = []

    def start(*options):
        process = subprocess.Popen(
            command("run", *where, *MORE_DRAFTS, *options, REQUEST),
            cwd=folder, env=environment(tmp_path),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        server.wait_for(2, timeout=180)
        return process, hanging

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_the_first_ctrl_c_prints_the_best_so_far(started):
    process, hanging = started()
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=180)
    assert process.returncode == 4, told
    assert out == WRONG_CODE
    assert "aborted: interrupted" in told
    assert "Traceback" not in told
    assert hanging.closed.wait(60), "the model was left working"


def test_json_is_one_document_also_after_ctrl_c(started):
    process, _ = started("--json")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 4
    document = json.loads(out)
    assert document["status"] == "aborted"
    assert document["code"] == WRONG_CODE


def test_the_second_ctrl_c_ends_at_once():
    script = """if True:
        import threading
        from triptych.cli.interrupt import stoppable
        with stoppable(lambda: True, lambda: print("stopping", flush=True)):
            try:
                print("working", flush=True)
                threading.Event().wait()
            except KeyboardInterrupt:
                threading.Event().wait()  # what is being cleaned up never ends
    """
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "stopping\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_ctrl_c_while_a_model_is_made_ready_ends_at_once(folder, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        process = subprocess.Popen(
            command("run", "x", "--base-url", url), cwd=folder, env=environment(tmp_path),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        silent.settimeout(180)
        silent.accept()  # it asks which models there are, and waits
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in told
