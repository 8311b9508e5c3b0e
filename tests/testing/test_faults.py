"""Each fault does on the wire what its name says, by script and by chance."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from triptych.testing import FAULTS, Faults, Reply, ScriptedServer, fault

if TYPE_CHECKING:
    from triptych.testing.fixtures import ServerFactory

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
STREAM = ASK | {"stream": True, "stream_options": {"include_usage": True}}
WAIT = 30
BROKEN = requests.exceptions.RequestException


def post(server: ScriptedServer, body: Any = STREAM, **options: Any) -> requests.Response:
    url = f"{server.base_url}/chat/completions"
    return requests.post(url, json=body, timeout=WAIT, **options)


def lines(answer: requests.Response) -> list[str]:
    return [line for line in answer.text.split("\n\n") if line]


def said(answer: requests.Response) -> list[Any]:
    return [json.loads(line.removeprefix("data: ")) for line in lines(answer)[:-1]]


def finishes(events: list[Any]) -> list[Any]:
    return [c["finish_reason"] for event in events for c in event["choices"] if c["finish_reason"]]


class TestByScript:
    @pytest.mark.parametrize("name", ["closed", "reset-before", "reset", "close"])
    def test_a_broken_connection(self, scripted_server: ServerFactory, name: str) -> None:
        with pytest.raises(BROKEN):
            post(scripted_server([fault(name, "a b c")]))

    def test_a_reset_before_the_headers_is_no_orderly_end(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server([fault("reset-before", "x")])
        with pytest.raises(requests.ConnectionError, match=r"[Rr]eset"):
            post(server)

    @pytest.mark.parametrize(
        ("name", "headers", "first"),
        [("slow-headers", False, False), ("slow-first", True, False), ("stall", True, True)],
    )
    def test_silence_begins_where_it_should(
        self, scripted_server: ServerFactory, name: str, headers: bool, first: bool
    ) -> None:
        release = threading.Event()
        server = scripted_server([fault(name, "a b c", release)])
        data = json.dumps(STREAM).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port)) as client:
            client.settimeout(WAIT)
            client.sendall(head % len(data) + data)
            assert server.started.wait(WAIT)
            got = b""
            while headers and (b'"a "' not in got if first else b"\r\n\r\n" not in got):
                got += client.recv(65536)
            assert b'"b "' not in got
            assert (b'"a "' in got) is first
            release.set()
            while b"[DONE]" not in got:
                got += client.recv(65536)
        assert b'"c"' in got

    def test_an_error_event(self, scripted_server: ServerFactory) -> None:
        answer = post(scripted_server([fault("error-event", "a b c")]))
        assert answer.status_code == 200
        assert "error" in said(answer)[-1]

    @pytest.mark.parametrize(("name", "done"), [("end-early", False), ("no-finish", True)])
    def test_an_end_without_a_finish_reason(
        self, scripted_server: ServerFactory, name: str, done: bool
    ) -> None:
        answer = post(scripted_server([fault(name, "a b c")]))
        assert (lines(answer)[-1] == "data: [DONE]") is done
        assert "stop" not in answer.text

    def test_an_end_without_done_is_whole_else(self, scripted_server: ServerFactory) -> None:
        answer = post(scripted_server([fault("no-done", "a b c")]))
        assert "[DONE]" not in answer.text
        assert '"finish_reason":"stop"' in answer.text

    def test_a_cut_in_the_middle_of_an_event(self, scripted_server: ServerFactory) -> None:
        last = lines(post(scripted_server([fault("cut-json", "a b c")])))[-1]
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            json.loads(last.removeprefix("data: "))

    def test_garbage_stands_between_good_events(self, scripted_server: ServerFactory) -> None:
        found = lines(post(scripted_server([fault("garbage", "a b c")])))
        assert "data: {]oops" in found
        assert found[-1] == "data: [DONE]"

    def test_a_huge_line_and_comments_leave_the_answer_whole(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server([fault("huge-line", "a b c"), fault("comments", "a b c")])
        huge, spoken = post(server), post(server)
        assert max(map(len, lines(huge))) > 2**20
        assert finishes(said(huge)) == ["stop"]
        assert spoken.text.count(": keep-alive") == 1
        assert '"c"' in spoken.text

    @pytest.mark.parametrize(
        ("name", "start"), [("html", "<html>"), ("error-200", '{"error"'), ("empty-200", "")]
    )
    def test_a_200_that_is_no_completion(
        self, scripted_server: ServerFactory, name: str, start: str
    ) -> None:
        answer = post(scripted_server([fault(name, "a")]))
        assert answer.status_code == 200
        assert answer.text.startswith(start)
        assert "choices" not in answer.text

    def test_cut_arguments(self, scripted_server: ServerFactory) -> None:
        call = {"name": "f", "arguments": {"a": 1}}
        server = scripted_server([fault("cut-arguments", Reply(tool_calls=[call]))])
        choice = post(server, ASK).json()["choices"][0]
        assert choice["finish_reason"] == "length"
        assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"'

    def test_usage_without_figures_or_none_at_all(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([fault("null-usage", "a"), fault("no-usage", "a")])
        assert said(post(server))[-1]["usage"] is None
        assert "usage" not in post(server).text

    @pytest.mark.parametrize("name", [name for name in FAULTS if name.isdigit()])
    def test_a_status(self, scripted_server: ServerFactory, name: str) -> None:
        answer = post(scripted_server([fault(name, "a")]))
        assert answer.status_code == int(name)
        assert answer.headers.get("Retry-After") == ("1" if name == "429" else None)

    @pytest.mark.parametrize("name", FAULTS)
    def test_the_journal_names_it(self, scripted_server: ServerFactory, name: str) -> None:
        release = threading.Event()
        release.set()
        server = scripted_server([fault(name, "a b c", release)])
        try:
            post(server)
        except BROKEN:
            assert name in ("closed", "reset-before", "reset", "close")
        assert server.chats[0].reply is not None
        assert server.chats[0].reply.fault == name

    def test_a_server_that_is_down_refuses_and_comes_back_where_it_was(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(["a", "b"])
        address = server.base_url
        with requests.Session() as session:
            assert session.get(f"{address}/models", timeout=WAIT).ok
            with server.refusing(), pytest.raises(requests.ConnectionError, match="refused"):
                requests.get(f"{address}/models", timeout=WAIT)
        assert server.base_url == address
        assert post(server).ok


class TestByChance:
    def test_a_seed_gives_one_sequence(self) -> None:
        def drawn(seed: int) -> list[str]:
            faults = Faults(["429", "reset", "stall"], chance=0.5, seed=seed)
            return [faults("x").fault for _ in range(50)]

        assert drawn(1) == drawn(1)
        assert drawn(1) != drawn(2)
        assert 10 < drawn(1).count("") < 40

    def test_they_end_where_they_are_numbered(self, scripted_server: ServerFactory) -> None:
        faults = Faults(["503"], most=2)
        server = scripted_server(["a"] * 4, faults=faults)
        assert [post(server).status_code for _ in range(4)] == [503, 503, 200, 200]

    def test_an_unknown_name_is_told_at_once(self) -> None:
        with pytest.raises(ValueError, match="oops"):
            Faults(["oops"])

    def test_what_is_held_back_goes_on_when_released(self, scripted_server: ServerFactory) -> None:
        faults = Faults(["stall"])
        server = scripted_server(["a b c"], faults=faults)
        got: list[requests.Response] = []
        thread = threading.Thread(target=lambda: got.append(post(server)))
        thread.start()
        assert server.started.wait(WAIT)
        assert not got
        faults.release.set()
        thread.join(WAIT)
        assert got[0].text.endswith("data: [DONE]\n\n")
