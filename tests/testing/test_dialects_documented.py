"""The dialects that could not be recorded: what their sources and documents say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from wire_kit import events_of

from triptych.testing import Reply

if TYPE_CHECKING:
    from triptych.testing import ScriptedServer
    from triptych.testing.fixtures import ServerFactory

ASK = {"model": "scripted", "messages": [{"role": "user", "content": "Hi"}]}
KEY = "not-a-real-key"
CALL = {"name": "f", "arguments": {"a": 1}}


def post(server: ScriptedServer, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{server.base_url}/chat/completions"
    return requests.post(url, json=ASK | more, headers=headers, timeout=30)


def page(server: ScriptedServer, path: str) -> Any:
    return requests.get(server.base_url.removesuffix("/v1") + path, timeout=30).json()


class TestVllm012:
    def test_every_message_has_a_list_of_calls_and_two_names_for_reasoning(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(["x", Reply("x", reasoning="hm")], dialect="vllm-0.12")
        plain, thought = (post(server).json()["choices"][0]["message"] for _ in range(2))
        assert (plain["tool_calls"], plain["reasoning_content"]) == ([], None)
        assert (thought["reasoning"], thought["reasoning_content"]) == ("hm", "hm")

    def test_reasoning_is_streamed_under_both_names(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply("x", reasoning='a "b"')], dialect="vllm-0.12")
        events = events_of(post(server, stream=True).text.strip().split("\n\n"))
        said = [e["choices"][0]["delta"] for e in events if "reasoning" in str(e)]
        assert [delta["reasoning"] for delta in said] == ["a ", '"b"']
        assert all(delta["reasoning"] == delta["reasoning_content"] for delta in said)

    def test_a_prompt_and_its_limit_that_do_not_fit_together_are_refused(
        self, scripted_server: ServerFactory
    ) -> None:
        old, new = (
            scripted_server(["x"], dialect=dialect, context=100)
            for dialect in ("vllm-0.12", "vllm-0.32")
        )
        answer = post(old, max_tokens=98)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == (
            "'max_tokens' or 'max_completion_tokens' is too large: 98. This model's maximum context"
            " length is 100 tokens and your request has 5 input tokens (98 > 100 - 5)."
        )
        assert post(new, max_tokens=98).status_code == 200

    def test_no_aliases_are_told_and_an_empty_list_of_tools_is_taken(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(["x"], dialect="vllm-0.12")
        lost = post(server, model="nope").json()["error"]["message"]
        assert lost == "The model `nope` does not exist."
        assert post(server, tools=[]).status_code == 200

    def test_its_ids_are_longer(self, scripted_server: ServerFactory) -> None:
        server = scripted_server([Reply(tool_calls=[CALL])], dialect="vllm-0.12")
        body = post(server).json()
        assert len(body["id"]) == len("chatcmpl-") + 32
        (call,) = body["choices"][0]["message"]["tool_calls"]
        assert len(call["id"]) == len("chatcmpl-tool-") + 32


class TestNim:
    def test_errors_stand_at_the_top_of_the_body(self, scripted_server: ServerFactory) -> None:
        body = post(scripted_server(dialect="nim"), model="nope").json()
        assert body["object"] == "error"
        assert (body["type"], body["code"]) == ("NotFoundError", 404)

    def test_its_own_pages_need_no_key(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(dialect="nim", key=KEY)
        assert page(server, "/v1/health/ready")["message"] == "Service is ready."
        assert page(server, "/v1/version").keys() == {"release", "api"}
        assert page(server, "/v1/models") == {"error": "Unauthorized"}


class TestHosted:
    def test_each_answer_has_the_gateways_headers(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["x", "y"], dialect="hosted")
        first, second = post(server), post(server, stream=True)
        assert first.headers["NVCF-STATUS"] == "fulfilled"
        assert first.headers["NVCF-REQID"] != second.headers["NVCF-REQID"]

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (429, {"status": 429, "title": "Too Many Requests"}),
            (
                402,
                {
                    "status": 402,
                    "title": "Payment Required",
                    "type": "about:blank",
                    "detail": "no credits",
                },
            ),
        ],
    )
    def test_rate_and_credits_are_refused_by_the_gateway(
        self, scripted_server: ServerFactory, status: int, body: Any
    ) -> None:
        reply = Reply("no credits", status=status, headers={"Retry-After": "7"})
        answer = post(scripted_server([reply], dialect="hosted"))
        assert (answer.status_code, answer.json()) == (status, body)
        assert answer.headers["Retry-After"] == "7"

    def test_a_wrong_key_and_an_unknown_model_are_too(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(["x"], dialect="hosted", key="another")
        assert post(server).json()["title"] == "Unauthorized"
        lost = post(scripted_server(dialect="hosted"), model="no/such")
        assert (lost.status_code, lost.json()["title"]) == (404, "Not Found")
        assert "no/such" in lost.json()["detail"]

    def test_the_list_needs_no_key_and_tells_no_context(
        self, scripted_server: ServerFactory
    ) -> None:
        server = scripted_server(dialect="hosted", key=KEY, models=["mistralai/devstral"])
        (model,) = page(server, "/v1/models")["data"]
        assert model["owned_by"] == "mistralai"
        assert "max_model_len" not in model

    def test_what_the_model_refuses_has_the_models_words(
        self, scripted_server: ServerFactory
    ) -> None:
        answer = post(scripted_server(dialect="hosted", context=4))
        assert "maximum context length is 4 tokens" in answer.json()["error"]["message"]
