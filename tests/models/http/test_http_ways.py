"""Proxies, certificates, redirects, keys: where a request goes and what it shows there."""

import os
import socket
import subprocess
import threading
from contextlib import suppress

import onebyone
import pytest
from bytewise import DONE, END, WHOLE, Client, answering, chunk, event, head

from triptych.errors import InputError, ModelError, UnavailableError
from triptych.models.http import certificates, transport
from triptych.models.http.proxies import proxy_for
from triptych.models.http.transport import Call, Seen

KEY = "nvapi-marked-key"
TWO = [{"n": 1}, {"n": 2}]
VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A certificate for 127.0.0.1 and model.test that signs itself, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=model.test", "-keyout", path, "-out", path),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:model.test"),
        ],
        check=True,
        capture_output=True,
    )
    text = path.read_text()
    _, _, certificate = text.partition("-----BEGIN CERTIFICATE-----")
    both, alone = path, path.with_name("ca.pem")
    alone.write_text("-----BEGIN CERTIFICATE-----" + certificate)
    return both, alone


@pytest.fixture
def tls(wire, pem):
    """A function from what is done with a connection to an endpoint over TLS."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem[0])
    return lambda serve=None: wire(serve, context)


# Certificates


def test_a_certificate_that_nobody_trusts_is_refused(tls, send):
    with pytest.raises(UnavailableError, match="certificate is not trusted") as caught:
        send(Call(tls().url, {}))
    assert not caught.value.retryable


def test_a_file_of_authorities_is_trusted_and_the_connection_kept(tls, send, pem):
    server = tls()
    call = Call(server.url, {}, verify=str(pem[1]))
    assert send(call, call, call) == [TWO] * 3
    assert len(server.clients) == 1


def test_so_is_a_directory(tls, send, pem, tmp_path):
    subprocess.run(["cp", pem[1], tmp_path / "own.pem"], check=True)
    subprocess.run(["openssl", "rehash", tmp_path], check=True)
    assert send(Call(tls().url, {}, verify=str(tmp_path))) == [TWO]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_and_one_that_the_environment_names(tls, send, pem, monkeypatch, name):
    monkeypatch.setenv(name, str(pem[1]))
    assert send(Call(tls().url, {})) == [TWO]


def test_without_verification_anything_goes_but_on_connections_of_its_own(tls, send, pem):
    server = tls()
    unchecked, checked = Call(server.url, {}, verify=False), Call(server.url, {})
    assert send(unchecked) == [TWO]
    with pytest.raises(UnavailableError):
        send(checked)


def test_a_file_that_is_not_there_is_named(send, monkeypatch):
    with pytest.raises(InputError, match=r"/nowhere/ca\.pem.*verify"):
        send(Call("https://127.0.0.1:9/v1", {}, verify="/nowhere/ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/else.pem")
    with pytest.raises(InputError, match="SSL_CERT_FILE"):
        send(Call("https://127.0.0.1:9/v1", {}))


def test_the_context_is_made_once(pem):
    assert certificates.context(str(pem[1])) is certificates.context(str(pem[1]))
    assert certificates.context(True) is certificates.context(True)


def test_leaving_early_hangs_up_at_once_over_tls(tls, pem):
    def serve(client):
        client.request()
        client.send(head() + chunk(event(1)))
        client.gone()

    server = tls(serve)
    stream = onebyone.events(Call(server.url, {}, verify=str(pem[1])))
    next(stream)
    stream.close()
    assert server.left.get(timeout=10) == 1


async def test_leaving_early_hangs_up_at_once_over_tls_in_a_task(tls, pem):
    import asyncio

    def serve(client):
        client.request()
        client.send(head() + chunk(event(1)))
        client.gone()

    server = tls(serve)
    stream = onebyone.aevents(Call(server.url, {}, verify=str(pem[1])))
    await anext(stream)
    await stream.aclose()
    assert await asyncio.to_thread(server.left.get, timeout=10) == 1


# Proxies


class Proxy:
    """Speaks CONNECT, and else answers by itself; all names lead to one port."""

    def __init__(self, wire, port=0):
        self.asked = []
        self._port = port
        self.server = wire(self._serve)
        self.url = f"http://user:pa%20ss@127.0.0.1:{self.server.port}"  # pragma: allowlist secret

    def _serve(self, client: Client) -> None:
        while asked := client.request():
            self.asked.append(asked)
            if not asked.startswith(b"CONNECT"):
                client.send(WHOLE)
                continue
            client.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self._port)) as beyond:
                there = threading.Thread(target=pump, args=(client.sock, beyond), daemon=True)
                there.start()
                pump(beyond, client.sock)
                there.join(10)
            return


def pump(source, sink):
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def test_http_goes_through_the_proxy_of_the_environment(wire, send, monkeypatch):
    proxy = Proxy(wire)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    call = Call("http://model.test:8000/v1/chat/completions", {"n": 1}, key=KEY)
    assert send(call, call) == [TWO, TWO]
    first = proxy.asked[0]
    assert first.startswith(b"POST http://model.test:8000/v1/chat/completions HTTP/1.1")
    assert b"proxy-authorization: basic dxnlcjpwysbzcw==" in first.lower()  # user:pa ss
    assert len(proxy.server.clients) == 1


def test_https_goes_through_a_tunnel(wire, tls, send, monkeypatch, pem):
    server = tls()
    proxy = Proxy(wire, server.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    call = Call("https://model.test/v1/chat/completions", {}, key=KEY, verify=str(pem[1]))
    assert send(call, call) == [TWO, TWO]
    assert [asked.split()[:2] for asked in proxy.asked] == [[b"CONNECT", b"model.test:443"]]
    assert KEY.encode() not in b"".join(proxy.asked)
    assert len(server.clients) == 1


def test_a_proxy_that_refuses_is_told_as_such(wire, send, monkeypatch):
    server = wire(
        answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    )
    proxy = f"http://user:hunter2@127.0.0.1:{server.port}"  # pragma: allowlist secret
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ModelError) as caught:
        send(Call("https://model.test/v1/chat/completions", {}, key=KEY))
    assert "hunter2" not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("no_proxy", ["model.test", ".test", "*", "other.test, model.test:443"])
def test_no_proxy_is_heeded_and_the_environment_may_change(monkeypatch, no_proxy):
    url = "https://model.test/v1"
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:3128")
    assert proxy_for(url) == "http://proxy.test:3128"
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxy_for(url) is None
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.setenv("all_proxy", "http://another.test:1")
    assert proxy_for(url) == "http://another.test:1"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_this_machine_is_never_asked_for_through_a_proxy(monkeypatch, host):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    assert proxy_for(f"http://{host}/v1") is None


def test_a_proxy_of_another_kind_is_refused_without_its_password(monkeypatch):
    proxy = "socks5://user:hunter2@proxy.test:1080"  # pragma: allowlist secret
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(InputError, match=r"socks5://proxy\.test:1080") as caught:
        proxy_for("https://model.test/v1")
    assert "hunter2" not in str(caught.value)


# What is sent, and what is seen of the answer


def test_a_redirect_is_refused_and_the_key_stays(wire, send):
    other = wire()
    server = wire(answering(head(307, Location=other.url) + END))
    with pytest.raises(ModelError, match="307"):
        send(Call(server.url, {}, key=KEY))
    assert not other.clients


def test_netrc_is_not_read(wire, send, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = wire()
    send(Call(server.url, {}, key=KEY), Call(server.url, {}))
    with_key, without = server.requests
    assert f"Bearer {KEY}".encode() in with_key
    assert b"authorization" not in without.lower()


def test_cookies_are_not_kept(wire, send):
    server = wire(answering(head(Set_Cookie="a=b") + chunk(event(1) + DONE) + END))
    send(Call(server.url, {}), Call(server.url, {}))
    assert b"cookie" not in b"".join(server.requests).lower()


@pytest.mark.parametrize("key", ["with\nline", "mit-ä", "tab\t"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(send, key):
    with pytest.raises(InputError, match="characters") as caught:
        send(Call("http://127.0.0.1:9/v1/chat/completions", {}, key=key))
    assert key not in str(caught.value)


def test_no_text_of_a_call_shows_its_key():
    call = Call("http://h/v1/chat/completions", {}, key=KEY, headers={"Authorization": KEY})
    assert KEY not in repr(call) + str(call)


def test_user_and_password_in_the_address_are_sent_as_such_and_not_shown(wire, send):
    server = wire()
    url = server.url.replace("127.0.0.1", "me:hunter2@127.0.0.1")
    assert send(Call(url, {})) == [TWO]
    assert b"authorization: basic bWU6aHVudGVyMg==".lower() in server.requests[0].lower()
    server = wire(answering(head(500) + END))
    with pytest.raises(ModelError) as caught:
        send(Call(server.url.replace("127.0.0.1", "me:hunter2@127.0.0.1"), {}))
    assert "hunter2" not in str(caught.value)


def test_half_a_surrogate_pair_in_a_prompt_is_sent_all_the_same(wire, send):
    server = wire()
    assert send(Call(server.url, {"text": os.fsdecode(b"\xff")})) == [TWO]
    assert b"\\udcff" in server.requests[0]


def test_the_head_of_an_answer_is_seen(wire, send):
    server = wire(answering(WHOLE.replace(b"\r\n\r\n", b"\r\nNVCF-REQID: abc-1\r\n\r\n", 1)))
    seen = Seen()
    send(Call(server.url, {}, seen=seen))
    assert (seen.status, seen.request_id) == (200, "abc-1")
    assert seen.headers["nvcf-reqid"] == "abc-1"


def test_a_key_that_is_repeated_as_the_requests_name_is_blotted_out(wire, send):
    name = f"{'x' * 90}-{KEY}-1".encode()  # no half of it either, where the name is cut
    server = wire(
        answering(WHOLE.replace(b"\r\n\r\n", b"\r\nX-Request-Id: " + name + b"\r\n\r\n", 1))
    )
    seen = Seen()
    send(Call(server.url, {}, key=KEY, seen=seen))
    assert seen.request_id == f"{'x' * 90}-***-1"


def test_a_refusal_tells_when_to_come_back_and_its_request(wire, send):
    server = wire(answering(head(429, Retry_After="7", X_Request_Id="r-9") + chunk(b"no") + END))
    with pytest.raises(ModelError) as caught:
        send(Call(server.url, {}))
    assert (caught.value.retry_after, caught.value.request_id) == (7.0, "r-9")


def test_an_answer_before_the_whole_request_was_read_is_heard(wire, send):
    """A server that refuses a body for its size may close without reading it."""

    def serve(client):
        client.sock.recv(1000)
        client.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        client.sock.shutdown(socket.SHUT_WR)
        client.gone()

    server = wire(serve)
    with pytest.raises(ModelError) as caught:
        send(Call(server.url, {"text": "x" * 3_000_000}))
    assert caught.value.status == 413


# What an endpoint serves

LISTING = head() + chunk(b'{"data": [{"id": "a"}, {"id": "b"}, {}]}') + END


@pytest.fixture
def ask_served(mode):
    import asyncio

    if mode == "sync":
        return transport.served
    return lambda *args: asyncio.run(transport.aserved(*args))


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (LISTING, ["a", "b"]),
        (head(500) + END, None),
        (head() + chunk(b"<html>") + END, None),
        (head() + chunk(b"[]") + END, None),
        (head() + chunk(b'{"data": []}') + END, None),
    ],
)
def test_the_models_of_an_endpoint(wire, ask_served, answer, names):
    server = wire(answering(answer))
    base = server.url.removesuffix("/chat/completions")
    assert ask_served(base, KEY) == ask_served(base + "/") == names
    first, second = server.requests
    assert first.startswith(b"GET /v1/models ")
    assert KEY.encode() in first
    assert KEY.encode() not in second


def test_an_endpoint_that_cannot_be_reached_lists_nothing_but_an_error(ask_served):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(UnavailableError, match="refused"):
            ask_served(f"http://127.0.0.1:{free.getsockname()[1]}/v1")


def test_no_host_no_answer(send):
    with pytest.raises(UnavailableError, match=r"nowhere\.invalid"):
        send(Call("http://nowhere.invalid/v1/chat/completions", {}))


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1", "http:///v1"])
def test_an_address_that_is_none_is_an_error_of_ours(send, url):
    with pytest.raises(ModelError):
        send(Call(url, {}))
