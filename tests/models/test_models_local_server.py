"""The local server: the real model, shared by the process, and gone when its owner is gone."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from triptych.errors import ModelError
from triptych.models import catalogue, chat_model, destination, local_server
from triptych.models.embedded import download, local, machine

OWNER = """
import os, sys, threading, urllib.request
from triptych.models import local_server
from triptych.models.embedded import local
{body}
print(server.pid, flush=True)
sys.stdin.read()
"""
IN_A_THREAD = """
thread = threading.Thread(target=local_server)
thread.start()
thread.join()
server = local_server()
urllib.request.urlopen(server.base_url.removesuffix("/v1") + "/health").read()
"""
FORKED = """
server = local_server()
fork = os.fork()
if not fork:
    threading.Event().wait() if local._running == {} else os._exit(1)
print(fork, flush=True)
"""
LOADING = """
local._answer = lambda process: print(process.pid, flush=True) or sys.stdin.read()
server = local_server()
"""


@pytest.fixture(scope="module")
def server():
    return local_server("local")


def owner(body):
    """A process that owns a server of its own; it ends when its standard input does."""
    return subprocess.Popen(
        [sys.executable, "-c", OWNER.format(body=body)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NVIDIA_API_KEY": "nvapi-secret"},
    )


def next_pid(process):
    """A descriptor of the process whose pid the owner prints next."""
    return os.pidfd_open(int(process.stdout.readline()))


def ended(descriptor, seconds=20):
    """True as soon as the process behind a pidfd has ended."""
    return bool(select.select([descriptor], [], [], seconds)[0])


def test_the_local_model_writes_code(server):
    model = chat_model("local")
    answer = model.invoke("Write a Python function add(a, b) that returns their sum. Code only.")
    assert "def add(" in answer.content
    assert answer.response_metadata["model_name"] == "qwen2.5-coder-0.5b"
    assert answer.usage_metadata["output_tokens"] > 5
    assert destination(model) == "qwen2.5-coder-0.5b on this machine (127.0.0.1)"


def test_a_prompt_that_was_seen_before_is_counted_as_cached(server):
    model = chat_model("local", max_tokens=1)
    prompt = "Count the words of this sentence, please, and say their number as a numeral. " * 4
    model.invoke(prompt)
    usage = model.invoke(prompt).usage_metadata
    assert 0 < usage["input_token_details"]["cache_read"] <= usage["input_tokens"]


def test_all_callers_of_a_process_share_it(server):
    with ThreadPoolExecutor(8) as pool:
        assert {s.pid for s in pool.map(local_server, ["local"] * 8)} == {server.pid}
    assert local_server("qwen2.5-coder-0.5b") is server


def test_the_key_is_the_servers_own_and_stands_in_no_place_that_others_read(server):
    for place in ("cmdline", "environ"):
        with open(f"/proc/{server.pid}/{place}", "rb") as stream:
            assert server.key.encode() not in stream.read()
    assert server.key not in repr(server)
    with pytest.raises(ModelError, match="401"):
        chat_model(base_url=server.base_url, model="m").invoke("Hi")


def test_it_listens_on_this_machine_only(server):
    port = int(server.base_url.rpartition(":")[2].removesuffix("/v1"))
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # taken, had it bound all addresses


def test_ctrl_c_in_the_terminal_reaches_only_the_owner(server):
    assert os.getsid(server.pid) != os.getsid(0)


def test_a_prompt_beyond_its_context_is_a_clear_error(server):
    with pytest.raises(ModelError, match="prompt is too long") as caught:
        chat_model("local").invoke("word " * 20_000)
    assert caught.value.status == 400


async def test_a_cancelled_call_leaves_the_server_ready(server):
    model = chat_model("local", max_tokens=1000)
    stream = model.astream("Write a very long story about a lighthouse.")
    await anext(stream)
    await stream.aclose()
    async with asyncio.timeout(60):
        assert (await chat_model("local", max_tokens=1).ainvoke("Hi")).usage_metadata


def test_one_started_in_a_thread_outlives_the_thread_and_ends_with_the_owner():
    process = owner(IN_A_THREAD)
    pid = int(process.stdout.readline())
    descriptor = os.pidfd_open(pid)
    with open(f"/proc/{pid}/environ", "rb") as stream:
        environ = stream.read()
    assert b"PATH=" in environ
    assert b"nvapi-secret" not in environ
    assert not ended(descriptor, 0)
    process.stdin.close()
    assert ended(descriptor)
    assert process.wait() == 0


def test_kill_9_of_the_owner_ends_it_though_a_fork_of_the_owner_lives_on():
    process = owner(FORKED)
    forked, server = next_pid(process), next_pid(process)
    process.kill()
    process.wait()
    try:
        assert ended(server)
        assert not ended(forked, 0)
    finally:
        signal.pidfd_send_signal(forked, signal.SIGKILL)


def test_kill_9_of_the_owner_while_the_model_is_loading_ends_it():
    process = owner(LOADING)
    server = next_pid(process)
    process.kill()
    process.wait()
    assert ended(server)


def test_one_that_has_died_is_started_anew(monkeypatch):
    monkeypatch.setattr(local, "_running", {})  # other tests go on with the shared one
    first = local_server()
    first.process.kill()
    first.process.wait()
    again = local_server()
    assert again.alive
    assert again.pid != first.pid
    again.stop()
    again.stop()  # a second time does nothing
    assert not again.alive


def test_a_broken_model_file_is_an_error_with_the_servers_last_words(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"did not start: .*invalid magic"):
        local.start(catalogue.find("local"), path)


def test_a_port_that_is_taken_is_an_error(server):
    path = download.ensure(catalogue.find("local"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ModelError, match=rf"did not start: .*couldn't bind.*{port}"):
            local.start(catalogue.find("local"), path, port=port)


def test_slots_follow_cores_and_memory(monkeypatch):
    monkeypatch.setattr(machine, "threads", lambda: 4)
    for memory, slots in ((None, 4), (64 << 30, 4), (1 << 30, 3), (100, 1)):
        monkeypatch.setattr(machine, "_available", lambda memory=memory: memory)
        assert machine.slots(weights=400 << 20, bytes_per_token=12_288) == slots


def test_threads_are_at_least_one_and_no_more_than_this_process_may_use():
    assert 1 <= machine.threads() <= len(os.sched_getaffinity(0))
