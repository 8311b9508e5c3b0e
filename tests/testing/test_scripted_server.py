"""The scripted server speaks the protocol of a real one, and breaks it on demand."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
from langchain_nvidia_ai_endpoints import ChatNVIDIA

from triptych.testing import Reply, ScriptedServer

if TYPE_CHECKING:
    from triptych.testing.fixtures import ServerFactory

pytest_plugins = ["triptych.testing.fixtures"]

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
STREAM = ASK | {"stream": True, "stream_options": {"include_usage": True}}
KEY = "not-a-real-key"
WAIT = 30  # seconds until a test gives up; none of them waits so long when it passes


def post(server: ScriptedServer, body: Any = ASK, **options: Any) -> requests.Response:
    return requests.post(f"{server.base_url}/chat/completions", json=body, timeout=WAIT, **options)


def chat(server: ScriptedServer) -> ChatNVIDIA:
    return ChatNVIDIA(base_url=server.base_url, model="m", api_key=KEY)


def stream_of(response: requests.Response) -> list[Any]:
    lines = [line for line in response.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    data = [line.removeprefix("data: ") for line in lines]
    return [value if value == "[DONE]" else json.loads(value) for value in data]


class TestProtocol:
    def test_an_answer_has_the_text_and_the_usage(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("Hello, world!", usage=(7, 5))])
        body = post(server).json()
        assert body["choices"][0]["message"]["content"] == "Hello, world!"
        assert body["choices"][0]["finish_reason"] == "stop"
        assert body["model"] == "m"
        assert body["usage"]["prompt_tokens"] == 7
        assert body["usage"]["total_tokens"] == 12

    def test_a_stream_has_role_words_finish_usage_and_done(
        self, scripted_server: ServerFactory
    ) -> None:
        response = post(scripted_server(["Hello,  big\nworld!"]), STREAM)
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Transfer-Encoding"] == "chunked"
        first, *words, finish, usage, done = stream_of(response)
        assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
        texts = [word["choices"][0]["delta"]["content"] for word in words]
        assert texts == ["Hello,  ", "big\n", "world!"]
        assert finish["choices"][0]["finish_reason"] == "stop"
        assert usage["choices"] == []
        assert usage["usage"]["completion_tokens"] > 0
        assert done == "[DONE]"

    def test_usage_is_streamed_only_if_asked_for(self, scripted_server: ServerFactory) -> None:
        events = stream_of(post(scripted_server(["x"]), ASK | {"stream": True}))
        assert not any("usage" in event for event in events[:-1])

    def test_tool_calls_come_whole_or_in_deltas(self, scripted_server: ServerFactory) -> None:
        call = {"name": "f", "arguments": {"a": "two words"}}
        server = scripted_server([Reply(tool_calls=[call]), Reply(tool_calls=[call])])
        message = post(server).json()["choices"][0]
        assert message["finish_reason"] == "tool_calls"
        assert json.loads(message["message"]["tool_calls"][0]["function"]["arguments"]) == {
            "a": "two words"
        }
        deltas = [e["choices"][0]["delta"] for e in stream_of(post(server, STREAM))[1:-3]]
        parts = [delta["tool_calls"][0]["function"] for delta in deltas]
        assert parts[0] == {"name": "f"}
        assert json.loads("".join(p["arguments"] for p in parts[1:])) == {"a": "two words"}

    def test_reasoning_has_a_field_of_its_own(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("x", reasoning="hm")] * 2)
        assert post(server).json()["choices"][0]["message"]["reasoning"] == "hm"
        assert stream_of(post(server, STREAM))[1]["choices"][0]["delta"] == {"reasoning": "hm"}

    def test_the_models_and_the_health_are_served(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(models=["a", "b"])
        models = requests.get(f"{server.base_url}/models", timeout=WAIT).json()
        assert [model["id"] for model in models["data"]] == ["a", "b"]
        health = requests.get(server.base_url.replace("/v1", "/health"), timeout=WAIT)
        assert (health.status_code, health.text) == (200, "")

    def test_other_paths_and_bad_bodies_are_errors_as_of_vllm(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server()
        lost = requests.get(f"{server.base_url}/nope", timeout=WAIT)
        assert (lost.status_code, lost.json()) == (404, {"detail": "Not Found"})
        bad = requests.post(f"{server.base_url}/chat/completions", data=b"\xff{", timeout=WAIT)
        assert bad.status_code == 400
        assert bad.json()["error"]["code"] == 400

    def test_a_key_is_asked_for_and_masked_in_the_journal(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(["x"], key=KEY)
        refused = post(server, headers={"Authorization": "Bearer wrong"})
        assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})
        assert post(server, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert [e.headers["authorization"] for e in server.requests] == ["Bearer ***"] * 2
        assert KEY not in repr(server.requests)
        assert [entry.reply is not None for entry in server.requests] == [False, True]

    def test_the_key_can_be_shown(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["x"], show_keys=True)
        post(server, headers={"Authorization": f"Bearer {KEY}"})
        assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"


class TestScript:
    def test_replies_are_used_in_order_then_it_is_exhausted(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(["a", Reply("b")])
        texts = [post(server).json()["choices"][0]["message"]["content"] for _ in range(2)]
        assert texts == ["a", "b"]
        end = post(server)
        assert end.status_code == 500
        assert end.json()["error"]["message"] == "script exhausted"

    def test_a_function_answers_by_the_request(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(lambda body: body["messages"][-1]["content"].upper())
        assert post(server).json()["choices"][0]["message"]["content"] == "HI"

    def test_what_the_function_raises_comes_out_at_the_end(self) -> None:
        def script(body: dict[str, Any]) -> str:
            raise AssertionError("wrong prompt")

        with pytest.raises(AssertionError, match="wrong prompt"), ScriptedServer(script) as server:
            assert post(server).status_code == 500

    def test_a_status_comes_with_headers_and_an_error_object(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server([Reply("slow down", status=429, headers={"Retry-After": "2"})])
        response = post(server, STREAM)
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "2"
        assert response.json()["error"]["message"] == "slow down"

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ("<html>504</html>", "text/html"),
            ("data: {}\n\n", "text/event-stream"),
            ({"error": "x"}, "application/json"),
            (b'["x"]', "application/json"),
        ],
    )
    def test_a_body_is_sent_as_it_is(
        self, scripted_server: ServerFactory, body: Any, kind: str
    ) -> None:
        response = post(scripted_server([Reply(body=body)]), STREAM)
        assert response.headers["Content-Type"].startswith(kind)
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        assert response.content == (sent if isinstance(sent, bytes) else sent.encode())

    def test_the_journal_has_the_body_and_the_order(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["a", "b"])
        post(server)
        post(server, STREAM)
        first, second = server.wait_for(2)
        assert (first.method, first.path, first.body) == ("POST", "/v1/chat/completions", ASK)
        assert second.body == STREAM
        assert first.time <= second.time
        assert first.finished.wait(WAIT)
        assert not first.disconnected.is_set()

    def test_waiting_for_requests_that_do_not_come_is_an_error(
        self, scripted_server: ServerFactory
    ) -> None:
        with pytest.raises(TimeoutError, match="0 of 1"):
            scripted_server().wait_for(1, timeout=0.01)


class TestFaults:
    @pytest.mark.parametrize("body", [ASK, STREAM])
    def test_cut_before_is_a_closed_connection(
        self, scripted_server: ServerFactory, body: Any
    ) -> None:
        with pytest.raises(requests.ConnectionError, match="without response"):
            post(scripted_server([Reply("a b c", cut="before")]), body)

    @pytest.mark.parametrize("body", [ASK, STREAM])
    def test_cut_reset_is_a_reset_in_the_middle(
        self, scripted_server: ServerFactory, body: Any
    ) -> None:
        with pytest.raises(requests.exceptions.RequestException, match="reset"):
            post(scripted_server([Reply("a b c", cut="reset")]), body)

    def test_what_came_before_a_reset_can_be_read(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("a b c", cut="reset", cut_after=2)])
        response = post(server, STREAM, stream=True)
        got: list[bytes] = []
        with pytest.raises(requests.exceptions.RequestException):
            got.extend(response.iter_content(None))
        assert b'"b "' in b"".join(got)
        assert b'"c"' not in b"".join(got)

    def test_cut_eof_is_a_proper_end_without_finish(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("a b c", cut="eof", cut_after=2)] * 2)
        events = stream_of(post(server, STREAM))
        assert [e["choices"][0]["delta"]["content"] for e in events] == ["", "a ", "b "]
        assert all(e["choices"][0]["finish_reason"] is None for e in events)
        with pytest.raises(requests.JSONDecodeError):
            post(server).json()

    def test_cut_error_event_is_an_error_after_200(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("a b c", cut="error-event", error="no memory")] * 2)
        *_, last, error, done = stream_of(post(server, STREAM))
        assert last["choices"][0]["delta"]["content"] == "a "
        assert error["error"]["message"] == "no memory"
        assert done == "[DONE]"
        plain = post(server)
        assert (plain.status_code, plain.json()["error"]["message"]) == (200, "no memory")

    def test_a_cut_is_not_a_client_that_went_away(self) -> None:
        reply = Reply("a", cut="before")
        with ScriptedServer([reply]) as server, pytest.raises(requests.ConnectionError):
            post(server)
        assert server.requests[0].finished.is_set()
        assert not reply.closed.is_set()


class TestTime:
    def test_a_held_stream_waits_for_its_event(self, scripted_server: ServerFactory) -> None:
        hold = threading.Event()
        server = scripted_server([Reply("a b c", hold=hold)])
        response = post(server, STREAM, stream=True)
        parts = response.iter_content(None)
        got = b""
        while b'"a "' not in got:
            got += next(parts)
        assert server.started.wait(WAIT)
        assert not server.requests[0].finished.is_set()
        hold.set()
        assert b'"b "' not in got
        assert b"".join(parts).endswith(b"data: [DONE]\n\n")
        assert server.requests[0].finished.wait(WAIT)

    @pytest.mark.parametrize("body", [ASK, STREAM])
    def test_a_client_that_goes_away_is_noticed(
        self, scripted_server: ServerFactory, body: Any
    ) -> None:
        reply = Reply("a b c", hold=threading.Event())
        server = scripted_server([reply])
        data = json.dumps(body).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        port = int(server.base_url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(head % len(data) + data)
            assert server.started.wait(WAIT)
            assert not reply.closed.is_set()
        assert reply.closed.wait(WAIT)
        assert server.requests[0].disconnected.wait(WAIT)
        assert not server.requests[0].finished.is_set()

    async def test_a_cancelled_call_is_noticed(self, scripted_server: ServerFactory) -> None:
        reply = Reply("a b c", hold=threading.Event())
        server = scripted_server([reply])
        call = asyncio.create_task(chat(server).ainvoke("Hi"))
        assert await asyncio.to_thread(server.started.wait, WAIT)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await asyncio.to_thread(reply.closed.wait, WAIT)

    def test_a_server_with_a_held_reply_stops_at_once(self) -> None:
        reply = Reply("a b", hold=threading.Event())
        start = time.monotonic()
        with ScriptedServer([reply]) as server:
            response = post(server, STREAM, stream=True)
            assert server.started.wait(WAIT)
        assert time.monotonic() - start < 10
        assert not reply.closed.is_set()
        response.close()

    def test_a_delay_comes_before_the_first_byte(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("a", delay=0.05)])
        start = time.monotonic()
        post(server, stream=True)
        assert time.monotonic() - start >= 0.05

    def test_slow_chunks_come_one_by_one(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("a b c", chunk_delay=0.02)])
        parts = list(post(server, STREAM, stream=True).iter_content(None))
        assert len(parts) > 1
        assert b"".join(parts).endswith(b"[DONE]\n\n")

    async def test_fifty_streams_are_served_at_once(self, scripted_server: ServerFactory) -> None:
        hold = threading.Event()
        server = scripted_server(lambda _: Reply("word " * 50, delay=0.02, hold=hold))

        async def read(session: aiohttp.ClientSession) -> bytes:
            url = f"{server.base_url}/chat/completions"
            async with session.post(url, json=STREAM) as response:
                return await response.read()

        async with aiohttp.ClientSession() as session:
            calls = [asyncio.create_task(read(session)) for _ in range(50)]
            entries = await asyncio.to_thread(server.wait_for, 50)
            for entry in entries:  # all are under way before the first may end
                assert await asyncio.to_thread(entry.started.wait, WAIT)
            hold.set()
            answers = await asyncio.gather(*calls)
        assert all(answer.endswith(b"[DONE]\n\n") for answer in answers)
        assert len(answers[0].split(b"\n\n")) > 50


class TestWithChatNVIDIA:
    def test_invoke_and_stream(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("Hello, world!", usage=(7, 5)), "Hello, world!"])
        answer = chat(server).invoke("Hi")
        assert answer.content == "Hello, world!"
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["total_tokens"] == 12
        chunks = [chunk.content for chunk in chat(server).stream("Hi")]
        assert "".join(map(str, chunks)) == "Hello, world!"
        assert len(chunks) > 2
        assert [entry.body["messages"][0]["content"] for entry in server.chats] == ["Hi", "Hi"]

    async def test_ainvoke_and_astream(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["Hello, world!"] * 2)
        assert (await chat(server).ainvoke("Hi")).content == "Hello, world!"
        chunks = [chunk.content async for chunk in chat(server).astream("Hi")]
        assert "".join(map(str, chunks)) == "Hello, world!"

    def test_tool_calls(self, scripted_server: ServerFactory) -> None:
        reply = Reply(tool_calls=[{"name": "f", "arguments": {"a": 1}, "id": "abcdefghi"}])
        server = scripted_server([reply, reply])
        call = {"name": "f", "args": {"a": 1}, "id": "abcdefghi", "type": "tool_call"}
        assert chat(server).invoke("Hi").tool_calls == [call]
        merged = None
        for chunk in chat(server).stream("Hi"):
            merged = chunk if merged is None else merged + chunk
        assert merged is not None
        assert merged.tool_calls == [call]

    def test_an_error_status_is_raised(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("overloaded", status=503)])
        with pytest.raises(Exception, match="503"):
            chat(server).invoke("Hi")
