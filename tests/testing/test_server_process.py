"""A server in a process of its own, as benchmarks and other programs use it."""

from __future__ import annotations

import json

import pytest
import requests

from triptych.models import ChatNVIDIA
from triptych.testing import ServerProcess

ASK = {"model": "scripted", "messages": [{"role": "user", "content": "Count from 1 to 3"}]}
WAIT = 30


@pytest.mark.parametrize("quick", [[], ["--quick"]])
def test_it_answers_every_request_alike_and_counts(quick: list[str]) -> None:
    with ServerProcess("--text", "Hello, world!", *quick) as server, requests.Session() as client:
        model = ChatNVIDIA(base_url=server.base_url, model="scripted")
        assert model.invoke("Hi").content == "Hello, world!"
        assert "".join(chunk.content for chunk in model.stream("Hi")) == "Hello, world!"
        before = server.counts()
        url = f"{server.base_url}/chat/completions"
        for _ in range(3):
            body = client.post(url, json=ASK, timeout=WAIT).json()
            assert body["choices"][0]["message"]["content"] == "Hello, world!"
        after = server.counts()
    assert after["requests"] - before["requests"] == 3
    assert after["connections"] - before["connections"] == 1  # whoever counts does not count


def test_quick_answers_come_whole_whatever_the_packets(scripted_bytes: bytes) -> None:
    import socket
    from urllib.parse import urlsplit

    with ServerProcess("--quick") as server:
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port)) as client:
            client.settimeout(WAIT)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(scripted_bytes), 50):
                client.sendall(scripted_bytes[at : at + 50])
            got = b""
            while got.count(b"chat.completion") < 2:
                got += client.recv(65536)
    assert got.startswith(b"HTTP/1.1 200 OK")


@pytest.fixture
def scripted_bytes() -> bytes:
    body = json.dumps(ASK).encode()
    one = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    return (one + body) * 2


def test_it_can_be_a_perfect_model_that_wants_a_key() -> None:
    options = ("--perfect", "--dialect", "vllm-0.32", "--key", "not-a-real-key")
    with ServerProcess(*options) as server:
        url = f"{server.base_url}/chat/completions"
        assert requests.post(url, json=ASK, timeout=WAIT).status_code == 401
        headers = {"Authorization": "Bearer not-a-real-key"}
        body = requests.post(url, json=ASK, headers=headers, timeout=WAIT).json()
    assert body["choices"][0]["message"]["content"] == "1, 2, 3"


def test_it_ends_with_its_owner() -> None:
    with ServerProcess("--quick") as server:
        url = f"{server.base_url}/models"
        assert requests.get(url, timeout=WAIT).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=WAIT)


def test_options_that_are_none_are_told() -> None:
    with pytest.raises(RuntimeError, match="ended with 2"), ServerProcess("--nonsense"):
        pass
