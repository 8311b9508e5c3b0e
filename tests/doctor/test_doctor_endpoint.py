"""Each verdict on an endpoint, over real HTTP, and its cure."""

import pytest
from doctor_kit import COUNTED, healthy, ill

from triptych.doctor import Purse, Subject, of_endpoint
from triptych.testing import Reply

ENDPOINT = ["reachable", "key", "model", "context", "answer", "streaming", "usage", "first token",
            "speed", "tools", "forced tool", "structured output", "seed", "prefix cache",
            "concurrency"]  # fmt: skip
ASKED = ENDPOINT[4:]


def test_a_healthy_endpoint_has_no_warning_and_no_failure(examine):
    found = examine()
    assert list(found) == ENDPOINT
    assert {f.name for f in found.values() if f.verdict in ("warn", "fail")} == set()
    assert found["context"].detail == "32,768 tokens"
    assert found["answer"].detail.startswith("'1, 2, 3")


def test_an_address_where_nobody_is_fails_and_nothing_is_asked():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    found = {f.name: f for f in of_endpoint(Subject(url, "m", Purse()))}
    assert found["reachable"].verdict == "fail"
    assert "refused" in found["reachable"].detail
    assert "Is the server running?" in found["reachable"].cure
    assert {found[name].verdict for name in ASKED} == {"skip"}


@pytest.mark.parametrize(("key", "words"), [("", "none is given"), ("wrong", "is refused")])
def test_a_key_that_is_missing_or_wrong_fails_before_anything_is_spent(scripted_server, key, words):
    locked = scripted_server(healthy, key="right")
    found = {f.name: f for f in of_endpoint(Subject(locked.base_url, "scripted", Purse(), key))}
    assert found["key"].verdict == "fail"
    assert words in found["key"].detail
    assert "--api-key-env" in found["key"].cure
    assert {found[name].detail for name in ASKED} == {"because of: key"}
    assert locked.chats == []


def test_the_right_key_is_accepted_everywhere(scripted_server):
    locked = scripted_server(healthy, key="right")
    subject = Subject(locked.base_url, "scripted", Purse(100_000), "right")
    assert {f.verdict for f in of_endpoint(subject)} <= {"ok", "skip"}


def test_the_hosted_endpoint_without_a_key_is_told_where_one_is_had():
    from triptych.doctor.listing import key

    found = key(Subject("https://integrate.api.nvidia.com/v1", "m", Purse()), 200)
    assert found.verdict == "fail"
    assert "build.nvidia.com" in found.cure


def test_a_model_that_is_not_served_is_told_the_nearest_one(examine):
    found = examine(model="qwen-o5", models=["qwen-05", "llama"])
    assert found["model"].verdict == "fail"
    assert "qwen-05" in found["model"].cure
    assert examine.server.chats == []


def test_an_endpoint_that_lists_nothing_is_asked_all_the_same():
    from triptych.doctor.listing import served

    assert served("m", 404, []).verdict == "warn"


def test_an_answer_that_comes_in_one_piece_is_told_of_the_proxy(examine):
    found = examine(ill("Count", Reply(COUNTED, chunks=[COUNTED])))
    assert found["streaming"].verdict == "warn"
    assert "proxy_buffering" in found["streaming"].cure


def test_a_server_that_counts_no_tokens_is_told_so(examine):
    found = examine(ill("Count", Reply(COUNTED, usage_as="missing")))
    assert found["answer"].verdict == "ok"
    assert found["usage"].verdict == "warn"


def test_an_empty_answer_fails_and_the_rest_is_left_out(examine):
    found = examine(ill("Count", ""))
    assert found["answer"].verdict == "fail"
    assert "chat template" in found["answer"].cure
    assert found["tools"].detail == "because of: answer"
    assert len(examine.server.chats) == 1


def test_a_model_that_only_thinks_is_told_of_its_limit(examine):
    reply = Reply("", reasoning="hm " * 20, finish_reason="length")
    found = examine(ill("Count", lambda: reply))
    assert found["answer"].verdict == "warn"
    assert "max_tokens" in found["answer"].cure


def test_a_key_that_only_the_answer_refuses_fails_there(examine):
    found = examine(lambda request: Reply("Invalid key", status=401))
    assert found["answer"].verdict == "fail"
    assert found["tools"].verdict == "skip"


def test_mistral_common_1_13_is_known_by_its_words(examine):
    text = (
        "GrammarFactory.get_lark_from_jinja() missing 1 required positional argument: "
        "'force_tool_names'"
    )
    found = examine(lambda request: Reply(text, status=400))
    assert found["answer"].verdict == "fail"
    assert "mistral_common==1.12.0" in found["answer"].cure


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (
            "weather in Oslo",
            "tools",
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser '
            "to be set",
        ),
        (
            "Say hello",
            "forced tool",
            'tool_choice=function "get_weather" requires --tool-call-parser to be set',
        ),
    ],
)
def test_a_server_without_tool_flags_is_told_their_names(examine, kind, name, text):
    found = examine(ill(kind, lambda: Reply(text, status=400)))
    assert found[name].verdict == "fail"
    assert "--tool-call-parser" in found[name].cure
    assert found["structured output"].verdict == "ok"  # it goes on


def test_a_model_that_talks_instead_of_calling_is_a_warning_with_a_setting(examine):
    found = examine(ill("weather in Oslo", "It rains."))
    assert found["tools"].verdict == "warn"
    assert "It rains." in found["tools"].detail
    assert "tools: schema" in found["tools"].cure


def test_a_call_without_its_argument_is_a_warning(examine):
    found = examine(ill("Say hello", Reply(tool_calls=[{"name": "get_weather", "arguments": {}}])))
    assert found["forced tool"].verdict == "warn"


@pytest.mark.parametrize(
    "said", ["Rain falls softly", '{"verdict": "good"}', '{"verdict": "heron-41", "more": 1}', "[]"]
)
def test_a_schema_that_is_ignored_is_a_warning_with_a_setting(examine, said):
    found = examine(ill("response_format", said))
    assert found["structured output"].verdict == "warn"
    assert "structured: tools" in found["structured output"].cure


def test_a_seed_that_does_not_repeat_is_a_warning(examine):
    numbers = iter(range(100))
    found = examine(ill("spaceship", lambda: f"The Number {next(numbers)}"))
    assert found["seed"].verdict == "warn"
    assert found["seed"].value is False


def test_the_seed_is_tried_where_it_matters(examine):
    examine()
    bodies = [e.body for e in examine.server.chats if "spaceship" in str(e.body["messages"])]
    assert [(body["temperature"], body["seed"]) for body in bodies] == [(1, 20261)] * 2


def test_the_prefix_is_long_twice_the_same_and_new_in_each_examination(examine):
    said = []
    for _ in range(2):
        examine()
        said.append([e.body["messages"][-1]["content"] for e in examine.server.chats
                     if "list of parts" in str(e.body["messages"])])  # fmt: skip
    assert said[0][0] == said[0][1] != said[1][0]
    assert len(said[0][0]) > 4 * 400


def test_a_prompt_that_is_read_anew_each_time_is_a_warning_with_the_flags(examine):
    found = examine(ill("list of parts", lambda: Reply("read", cached=0)))
    assert found["prefix cache"].verdict == "warn"
    assert "--enable-prefix-caching" in found["prefix cache"].cure


def test_quick_asks_once(examine):
    found = examine(quick=True)
    assert len(examine.server.chats) == 1
    assert found["speed"].verdict in ("ok", "skip")
    assert found["concurrency"].detail == "left out by --quick"


def test_concurrency_ends_at_the_first_failure_and_says_so(examine):
    def script(request):
        pace = "fruits" in str(request["messages"])
        return Reply("no", status=400) if pace and "number 2" in str(request) else healthy(request)

    found = examine(script)["concurrency"]
    assert found.verdict == "ok"
    assert found.value == 1
    assert "2 at once failed" in found.detail
