"""What an HTTP client raises, of any library, becomes the right typed error."""

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager

import aiohttp
import pytest
import requests
import urllib3

from triptych.errors import ModelTimeoutError, UnavailableError
from triptych.models import faults

PATH = "/v1/chat/completions"


@contextmanager
def listener(answer=None):
    """A socket that takes one connection after the other and does `answer` with it."""
    server = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            if answer:
                answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        for connection in held:
            connection.close()


def reset(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def half(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    connection.close()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def by_requests(url):
    try:
        with requests.Session() as client:
            client.trust_env = False
            client.post(url, json={}, timeout=(2, 0.05)).text  # noqa: B018
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        return error
    raise AssertionError("no error")


def by_aiohttp(url):
    async def ask():
        limit = aiohttp.ClientTimeout(total=None, sock_read=0.05)
        async with (
            aiohttp.ClientSession(timeout=limit) as client,
            client.post(url, json={}) as got,
        ):
            await got.text()

    try:
        asyncio.run(ask())
    except (aiohttp.ClientError, OSError) as error:
        return error
    raise AssertionError("no error")


@pytest.fixture(params=[by_requests, by_aiohttp])
def raised(request):
    """A function from an address to what a real client raises there."""
    return request.param


def test_nobody_listening_is_refused_and_may_be_tried_again(raised):
    url = f"http://127.0.0.1:{closed_port()}{PATH}"
    error = faults.unreachable(url, raised(url))
    assert type(error) is UnavailableError
    assert "connection refused" in error.message
    assert error.cure == "Is the server running?"
    assert error.retryable


def test_a_reset_is_a_lost_connection_and_may_be_tried_again(raised):
    with listener(reset) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        error = faults.unreachable(url, raised(url))
    assert type(error) is UnavailableError
    assert "connection lost" in error.message
    assert error.retryable


def test_an_answer_that_stops_in_the_middle_broke_off(raised):
    with listener(half) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        error = faults.unreachable(url, raised(url), begun=True)
    assert type(error) is UnavailableError
    assert "broke off in its answer (connection lost)" in error.message


@pytest.mark.parametrize(("begun", "kind"), [(False, "first-token"), (True, "between-tokens")])
def test_silence_is_a_timeout_of_its_kind(raised, begun, kind):
    with listener() as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        error = faults.unreachable(url, raised(url), begun=begun)
    assert type(error) is ModelTimeoutError
    assert error.kind == kind
    assert "timed out" in error.message


def test_a_server_without_tls_is_told_apart_from_a_wrong_certificate(raised):
    with listener(lambda c: (c.recv(99), c.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"))) as port:
        url = f"https://127.0.0.1:{port}{PATH}"
        error = faults.unreachable(url, raised(url))
    assert type(error) is UnavailableError
    assert "TLS" in error.message
    assert not error.retryable


@pytest.mark.parametrize(
    ("error", "reason", "retryable"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "certificate", False),
        (socket.gaierror(socket.EAI_NONAME, "x"), "no such host", False),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "for now", True),
        (requests.exceptions.ProxyError("Unable to connect", OSError("refused")), "proxy", True),
        (requests.exceptions.InvalidURL("no host"), "no valid address", False),
        (aiohttp.ServerDisconnectedError(), "connection lost", True),
        (BrokenPipeError(32, "Broken pipe"), "connection lost", True),
        (OSError(101, "x"), "network unreachable", True),
        (RuntimeError("odd"), "RuntimeError", False),
    ],
)
def test_each_reason_is_put_in_plain_words(error, reason, retryable):
    found = faults.unreachable("https://far.example/v1", error)
    assert type(found) is UnavailableError
    assert reason in found.message
    assert found.retryable is retryable
    assert found.endpoint == "far.example"


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectTimeout(),
        urllib3.exceptions.ConnectTimeoutError(),
        aiohttp.ConnectionTimeoutError(),
        TimeoutError("connect timed out"),
    ],
)
def test_a_connection_that_takes_too_long_is_a_connect_timeout(error):
    found = faults.unreachable("https://far.example/v1", error)
    assert isinstance(found, ModelTimeoutError)
    assert found.kind == "connect"
    assert found.retryable


def test_a_limit_that_the_caller_knows_is_named_with_its_seconds():
    error = faults.timed_out("http://here:80/v1", "total", 600.0, request_id="r")
    assert error.kind == "total"
    assert "within 600 s" in error.message
    assert not error.retryable
    known = faults.unreachable("http://here:80/v1", TimeoutError(), kind="connect", seconds=10.0)
    assert isinstance(known, ModelTimeoutError)
    assert "took no connection within 10 s" in known.message
