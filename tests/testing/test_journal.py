"""What the journal tells: keys without showing them, connections, and clients that went away."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from triptych.testing import Reply, ScriptedServer, fingerprint

if TYPE_CHECKING:
    from triptych.testing.fixtures import ServerFactory

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
WAIT = 30


def post(server: ScriptedServer, client: requests.Session, key: str = "") -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"{server.base_url}/chat/completions"
    assert client.post(url, json=ASK, headers=headers, timeout=WAIT).ok


def test_a_key_has_a_fingerprint_and_does_not_show(scripted_server: ServerFactory) -> None:
    server = scripted_server(["x"] * 3)
    with requests.Session() as client:
        client.trust_env = False
        for key in ("one-secret", "", "two-secret"):
            post(server, client, key)
    keys = [entry.key for entry in server.requests]
    assert keys == [fingerprint("one-secret"), "", fingerprint("two-secret")]
    assert keys[0] != keys[2]
    assert "secret" not in f"{server.requests}{[entry.headers for entry in server.requests]}"


def test_connections_are_counted_and_told_apart(scripted_server: ServerFactory) -> None:
    server = scripted_server(["x"] * 4)
    with requests.Session() as first, requests.Session() as second:
        for client in (first, first, second, first):
            post(server, client)
        assert server.connections == 2
        assert server.open_connections == 2
    assert [entry.connection for entry in server.requests] == [1, 1, 2, 1]


def test_when_a_client_went_away(scripted_server: ServerFactory) -> None:
    server = scripted_server([Reply("a b", hold=threading.Event())])
    data = json.dumps(ASK | {"stream": True}).encode()
    address = urlsplit(server.base_url)
    with socket.create_connection((address.hostname, address.port)) as client:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        client.sendall(head % len(data) + data)
        assert server.started.wait(WAIT)
        assert server.requests[0].aborted_at is None
    assert server.requests[0].disconnected.wait(WAIT)
    gone = server.requests[0].aborted_at
    assert gone is not None
    assert gone >= server.requests[0].time
    assert server.requests[0].status == 0


def test_a_refusal_has_its_status_and_no_reply(scripted_server: ServerFactory) -> None:
    server = scripted_server(["x"], dialect="vllm-0.32")
    with requests.Session() as client:
        url = f"{server.base_url}/chat/completions"
        client.post(url, json=ASK, timeout=WAIT)
    assert (server.requests[0].status, server.requests[0].reply) == (404, None)
    assert server.chats == []
