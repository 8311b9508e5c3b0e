"""The dialects that were recorded: each recorded request is answered as the real server did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from wire_kit import alike, cases, events_of, like_some, recorded, reply_of

from triptych.testing import Reply

if TYPE_CHECKING:
    from triptych.testing import ScriptedServer
    from triptych.testing.fixtures import ServerFactory

WAIT = 30
KEY = "not-a-real-key"
SERVERS: dict[str, dict[str, Any]] = {
    "A": {"models": ["qwen05"], "context": 4096},
    "C": {"models": ["devstral-dummy"], "context": 4096, "template": "mistral"},
    "D": {"models": ["tiny", "alias2"], "context": 2048, "template": "alternate", "tools": False},
    "E": {"models": ["devstral7-dummy"], "context": 4096, "template": "mistral"},
}
SAID_BEFORE_THE_FIRST_EVENT = "06_stream_error_chunk_after_200"
NO_KEY = ("06_err_no_key", "06_err_wrong_key")


def ask(server: ScriptedServer, case: dict[str, Any], key: str | None = None) -> requests.Response:
    request = case["request"]
    headers = {**request["headers"]} | ({"Authorization": f"Bearer {key}"} if key else {})
    url = server.base_url.removesuffix("/v1") + request["path"]
    body = json.dumps(request["body"]) if request.get("body") is not None else None
    return requests.request(request["method"], url, data=body, headers=headers, timeout=WAIT)


def same_as_recorded(answer: requests.Response, response: dict[str, Any]) -> None:
    assert answer.status_code == response["status"], answer.text
    headers = dict(response["headers"])
    assert answer.headers["Content-Type"] == headers["content-type"]
    assert answer.headers["Server"] == headers["server"]
    if "sse" not in response:
        assert alike(answer.json(), response["body"])
        return
    lines = [line for line in answer.text.split("\n\n") if line]
    ours, theirs = events_of(lines), events_of(response["sse"])
    assert like_some(ours, theirs)
    assert like_some(theirs, ours)


class TestVllm:
    @pytest.mark.parametrize(
        "name", [n for n in cases("vllm-0.32") if n not in (SAID_BEFORE_THE_FIRST_EVENT, *NO_KEY)]
    )
    def test_an_answer_has_the_recorded_shape_and_a_refusal_the_recorded_words(
        self, scripted_server: ServerFactory, name: str
    ) -> None:
        case = recorded("vllm-0.32", name)
        options = SERVERS[case["server"].split()[0]]
        server = scripted_server([reply_of(case["response"])], dialect="vllm-0.32", **options)
        answer = ask(server, case)
        same_as_recorded(answer, case["response"])
        if answer.status_code != 200:
            assert answer.json() == case["response"]["body"]
            assert not server.chats

    @pytest.mark.parametrize("name", NO_KEY)
    def test_a_missing_or_wrong_key_is_answered_with_a_text_as_error(
        self, scripted_server: ServerFactory, name: str
    ) -> None:
        case = recorded("vllm-0.32", name)
        server = scripted_server(dialect="vllm-0.32", key=KEY)
        answer = ask(server, case, key=None if name == "06_err_no_key" else "wrong")
        assert (answer.status_code, answer.json()) == (401, case["response"]["body"])

    @pytest.mark.parametrize("name", ["01_models", "01_models_two_aliases", "01_version"])
    def test_the_lists_are_as_recorded(self, scripted_server: ServerFactory, name: str) -> None:
        case = recorded("vllm-0.32", name)
        options = SERVERS[case["server"].split()[0]]
        answer = ask(scripted_server(dialect="vllm-0.32", **options), case)
        same_as_recorded(answer, case["response"])
        if "models" in name:
            ours = [(m["id"], m["max_model_len"]) for m in answer.json()["data"]]
            data = case["response"]["body"]["data"]
            assert ours == [(m["id"], m["max_model_len"]) for m in data]

    def test_an_error_in_a_stream_is_as_recorded(self, scripted_server: ServerFactory) -> None:
        case = recorded("vllm-0.32", SAID_BEFORE_THE_FIRST_EVENT)
        server = scripted_server(
            [Reply("x", cut="error-event")], dialect="vllm-0.32", models=["devstral-dummy"]
        )
        *_, error = events_of([line for line in ask(server, case).text.split("\n\n") if line])
        assert alike(error, events_of(case["response"]["sse"])[0])

    def test_health_is_empty_and_needs_no_key(self, scripted_server: ServerFactory) -> None:
        server = scripted_server(dialect="vllm-0.32", key=KEY)
        answer = ask(server, recorded("vllm-0.32", "06_health_no_key"))
        assert (answer.status_code, answer.content) == (200, b"")

    def test_a_request_id_of_the_client_names_the_completion(
        self, scripted_server: ServerFactory
    ) -> None:
        case = recorded("vllm-0.32", "02_request_id")
        server = scripted_server(["Hello!"], dialect="vllm-0.32", models=["qwen05"])
        assert ask(server, case).json()["id"] == case["response"]["body"]["id"]


WORDS_OF_ITS_OWN = ("too_long", "too_long_stream")  # with token counts of the real tokenizer
NOT_KNOWN = ("bad_schema",)  # the scripted server does not read schemas


class TestLlamaCpp:
    @pytest.mark.parametrize(
        "name", [n for n in cases("llama.cpp") if n not in ("no_key", "wrong_key", *NOT_KNOWN)]
    )
    def test_an_answer_has_the_recorded_shape_and_a_refusal_the_recorded_words(
        self, scripted_server: ServerFactory, name: str
    ) -> None:
        case = recorded("llama.cpp", name)
        server = scripted_server(
            [reply_of(case["response"])], dialect="llama.cpp", models=["qwen05"], context=1024
        )
        answer = ask(server, case)
        same_as_recorded(answer, case["response"])
        if answer.status_code != 200 and name not in WORDS_OF_ITS_OWN:
            assert answer.json() == case["response"]["body"]

    @pytest.mark.parametrize("name", ["no_key", "wrong_key", "models_no_key", "not_found"])
    def test_refusals_of_the_server_itself_are_as_recorded(
        self, scripted_server: ServerFactory, name: str
    ) -> None:
        case = recorded("llama.cpp", name)
        server = scripted_server(dialect="llama.cpp", key=KEY)
        key = {"wrong_key": "wrong", "not_found": KEY}.get(name)
        answer = ask(server, case, key=key)
        assert (answer.status_code, answer.json()) == (
            case["response"]["status"],
            case["response"]["body"],
        )

    @pytest.mark.parametrize("name", ["models", "health"])
    def test_the_lists_are_as_recorded(self, scripted_server: ServerFactory, name: str) -> None:
        case = recorded("llama.cpp", name)
        server = scripted_server(dialect="llama.cpp", models=["qwen05"], context=1024)
        answer = ask(server, case)
        same_as_recorded(answer, case["response"])

    def test_props_have_nothing_that_the_real_ones_lack(
        self, scripted_server: ServerFactory
    ) -> None:
        case = recorded("llama.cpp", "props")
        ours = ask(scripted_server(dialect="llama.cpp"), case).json()
        assert ours.keys() <= case["response"]["body"].keys()
        assert ours["default_generation_settings"]["n_ctx"] == 32768

    def test_it_answers_with_its_own_name(self, scripted_server: ServerFactory) -> None:
        case = recorded("llama.cpp", "unknown_model")
        server = scripted_server(["x"], dialect="llama.cpp", models=["qwen05"])
        assert case["request"]["body"]["model"] == "nope"
        assert ask(server, case).json()["model"] == "qwen05"
