"""The real server with the real model: what a fake one cannot show."""

import asyncio
import dataclasses
import os
import signal
import socket
import urllib.error

import fake
import pytest

from triptych.errors import ModelError
from triptych.models import catalogue, chat_model, destination, local_server
from triptych.models.embedded import download, local, serving


@pytest.fixture(scope="module")
def server():
    return local_server("local")


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


def test_the_key_is_the_servers_own_and_stands_in_no_place_that_others_read(server):
    for place in ("cmdline", "environ"):
        with open(f"/proc/{server.pid}/{place}", "rb") as stream:
            assert server.key.encode() not in stream.read()
    assert server.key not in repr(server)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        fake.ask(dataclasses.replace(server, key="guessed"))


def test_it_listens_on_this_machine_only(server):
    port = int(server.base_url.rpartition(":")[2].removesuffix("/v1"))
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # taken, had it bound all addresses


def test_ctrl_c_in_the_terminal_does_not_reach_it(server):
    assert os.getsid(server.pid) != os.getsid(0)


def test_its_threads_do_not_spin_for_long_when_others_want_the_cores(server):
    with open(f"/proc/{server.pid}/environ", "rb") as stream:
        assert b"GOMP_SPINCOUNT=1000\0" in stream.read()


def test_a_prompt_beyond_its_context_is_a_clear_error(server):
    with pytest.raises(ModelError) as caught:
        chat_model("local").invoke("word " * 20_000)
    assert caught.value.status == 400


async def test_a_cancelled_call_leaves_the_server_ready(server):
    model = chat_model("local", max_tokens=1000)
    stream = model.astream("Write a very long story about a lighthouse.")
    await anext(stream)
    await stream.aclose()
    async with asyncio.timeout(60):
        assert (await chat_model("local", max_tokens=1).ainvoke("Hi")).usage_metadata


def test_a_broken_model_file_is_an_error_with_the_servers_last_words(tmp_path, meeting_place):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"this is no model")
    with pytest.raises(ModelError, match=r"did not start: .*invalid magic"):
        serving.start(catalogue.find("local"), path)


def test_a_port_that_is_taken_is_an_error(meeting_place):
    path = download.ensure(catalogue.find("local"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ModelError, match=rf"did not start: .*couldn't bind.*{port}"):
            serving.start(catalogue.find("local"), path, port=port)


def test_a_model_built_before_a_crash_works_after_it(monkeypatch, meeting_place):
    monkeypatch.setattr(local, "_running", {})  # other tests go on with the shared one
    monkeypatch.setattr(local, "_known", {})
    model = chat_model("local", max_tokens=1)
    first = local_server("local")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert model.invoke("Hi").usage_metadata["output_tokens"] == 1
    assert local_server("local").pid != first.pid
    local.stop_all()
