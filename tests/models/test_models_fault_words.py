"""What an endpoint says, in any shape and any server's words, becomes the right typed error."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych import errors
from triptych.errors import ModelError
from triptych.models import faults

URL = "http://127.0.0.1:8000/v1/chat/completions"
HOSTED = "https://integrate.api.nvidia.com/v1/chat/completions"
RECORDED = json.loads(
    (Path(__file__).parents[1] / "data/wire/vllm-0.32/errors.json").read_text(encoding="utf-8")
)
SPECIAL = {
    "02_image_part": "UnsupportedContentError",
    "05_noflags": "ToolsNotEnabledError",
    "06_err_context_too_long": "ContextTooLongError",
    "06_err_max_tokens_over_context": "ContextTooLongError",
    "06_err_unknown_model": "UnknownModelError",
    "06_err_no_key": "AuthenticationError",
    "06_err_models_no_key": "AuthenticationError",
    "06_err_wrong_key": "AuthenticationError",
    "06_queue_full": "UnavailableError",
    "06_drain": "UnavailableError",
}


def body_of(body) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def refused(status, body, url=URL, **more) -> ModelError:
    return faults.refused(url, status, body_of(body), "m", **more)


@pytest.mark.parametrize("answer", RECORDED["answers"], ids=lambda answer: answer["case"])
def test_every_recorded_refusal_of_a_real_vllm_is_typed(answer):
    error = faults.refused(URL, answer["status"], body_of(answer["body"]), answer["model"])
    named = [name for case, name in SPECIAL.items() if answer["case"].startswith(case)]
    assert type(error).__name__ == (named or ["BadRequestError"])[0]
    assert error.status == answer["status"]
    assert error.retryable == (answer["status"] >= 500)
    assert error.cure


@pytest.mark.parametrize(
    ("event", "kind", "retryable"),
    [
        (RECORDED["events"][0]["event"], errors.BadRequestError, False),
        (RECORDED["events"][1]["event"], errors.UnavailableError, True),
        ({"error": {"message": "slow", "code": 429}}, errors.RateLimitedError, True),
        ({"error": {"message": "slow", "type": "rate_limit_error"}}, errors.RateLimitedError, True),
        ({"error": {"message": "x", "code": "402"}}, errors.QuotaError, False),
        ({"error": {"message": "x", "type": "server_error"}}, errors.UnavailableError, True),
        ({"error": "it fell over"}, errors.BadResponseError, True),
        ({"object": "error", "message": "no", "code": 400}, errors.BadRequestError, False),
        ({"error": {"code": 500, "type": "exceed_context_size_error", "message": "x"}},
         errors.ContextTooLongError, False),
        ({"status": "ok"}, errors.BadResponseError, False),
        (None, errors.BadResponseError, False),
    ],
)  # fmt: skip
def test_an_error_inside_a_stream_is_typed_by_the_same_table(event, kind, retryable):
    error = faults.in_stream(URL, event, request_id="r-1")
    assert type(error) is kind
    assert error.retryable is retryable
    assert (error.endpoint, error.request_id) == ("127.0.0.1:8000", "r-1")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error": {"message": "the card is on fire", "code": 400}}, ": the card is on fire."),
        ({"error": "Unauthorized"}, ": Unauthorized."),
        ({"object": "error", "message": "no such field"}, ": no such field."),
        ({"detail": "Not Found"}, ": Not Found."),
        (
            {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}]},
            ": body.messages: Field required.",
        ),
        ({"status": 400, "title": "Bad Request", "detail": "no such id"}, ": no such id."),
        ({"error": "Bad Request", "message": "top_k?"}, ": Bad Request: top_k?"),
        ({"detail": '{"error": {"message": "inside"}}'}, ": inside."),
        ([{"error": {"message": "in a list"}}], ": in a list."),
        (["in", "a list"], ": in."),
        ('"a string"', ": a string."),
        ("plain words\nin lines", ": plain words in lines."),
        ("<html><title>413 Too Large</title><body>nginx</body></html>", ": 413 Too Large."),
        ("<!DOCTYPE html><body>nginx</body>", "answered 400."),
        ("", "answered 400."),
        ("[]", "answered 400."),
        ("null", "answered 400."),
        ("7", ": 7."),
        ("[" * 100_000, "answered 400"),
    ],
)
def test_the_words_are_found_in_a_body_of_any_shape(body, says):
    error = refused(400, body)
    assert error.message.partition("127.0.0.1:8000 ")[2].startswith("answered 400")
    assert says in error.message


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["error", "message", "detail", "code", "type", "status", "n_ctx", "msg"]),
        inner, max_size=4),
    max_leaves=12,
), st.integers(300, 599))  # fmt: skip
def test_no_body_and_no_event_can_break_the_reading_of_it(body, status):
    error = faults.refused(URL, status, json.dumps(body), "m")
    assert isinstance(error, ModelError)
    assert error.status == status
    assert isinstance(faults.in_stream(URL, body), ModelError)


@pytest.mark.parametrize(
    ("server", "status", "body", "numbers"),
    [
        ("vLLM 0.12, prompt", 400, "This model's maximum context length is 4096 tokens. However, "
         "your request has 5000 input tokens. Please reduce the length of the input messages.",
         (4096, 5000)),
        ("vLLM 0.12, with max_tokens", 400, "'max_tokens' or 'max_completion_tokens' is too large: "
         "2000. This model's maximum context length is 4096 tokens and your request has 3030 input "
         "tokens (2000 > 4096 - 3030).", (4096, 5030)),
        ("older vLLM, OpenAI", 400, "This model's maximum context length is 8192 tokens. However, "
         "you requested 10000 tokens (8000 in the messages, 2000 in the completion).",
         (8192, 10000)),
        ("OpenAI, hosted", 400, "This model's maximum context length is 196608 tokens. However, "
         "your messages resulted in 199906 tokens. Please reduce the length of the messages.",
         (196608, 199906)),
        ("SGLang", 400, "Requested token count exceeds the model's maximum context length of 4096 "
         "tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and "
         "1000 tokens for the completion.", (4096, 5000)),
        ("llama.cpp", 400, {"error": {"code": 400, "type": "exceed_context_size_error",
         "message": "the request exceeds the available context size. try increasing it",
         "n_prompt_tokens": 14429, "n_ctx": 8192}}, (8192, 14429)),
        ("llama.cpp, newer", 400, "request (13392 tokens) exceeds the available context size "
         "(8192 tokens), try increasing it", (8192, 13392)),
        ("llama.cpp, older", 500, {"error": {"code": 500, "type": "exceed_context_size_error",
         "message": "the request exceeds the available context size", "n_prompt_tokens": 1407,
         "n_ctx": 256}}, (256, 1407)),
        ("TensorRT-LLM", 400, "Prompt length (5000) exceeds maximum input length (4096).",
         (4096, 5000)),
        ("Mistral", 400, "Prompt contains 40,000 tokens and 0 draft tokens, too large for model "
         "with 32,768 maximum context length", (32768, 40000)),
        ("a code alone", 400, {"error": {"message": "no", "code": "context_length_exceeded"}},
         (None, None)),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)  # fmt: skip
def test_too_long_is_said_with_both_numbers_whatever_the_server(server, status, body, numbers):
    error = refused(status, {"error": {"message": body}} if isinstance(body, str) else body)
    assert isinstance(error, errors.ContextTooLongError)
    assert (error.limit, error.asked) == numbers
    assert not error.retryable
    for number in filter(None, numbers):
        assert str(number) in error.cure


@pytest.mark.parametrize(
    "words",
    [
        "List should have at most 4 items after validation, not 10: too_long",
        "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
        "max_tokens must be at least 1, got -1. (parameter=max_tokens, value=-1)",
        "Function name was x! but must be a-z, with a maximum length of 64.",
    ],
)
def test_other_things_that_are_long_are_no_matter_of_context(words):
    assert type(refused(400, {"error": {"message": words}})) is errors.BadRequestError


@pytest.mark.parametrize(
    ("status", "body", "kind", "cure"),
    [
        (400, {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice and '
         "--tool-call-parser to be set"}}, errors.ToolsNotEnabledError,
         "`--enable-auto-tool-choice --tool-call-parser`"),
        (500, {"error": {"message": "tools param requires --jinja flag"}},
         errors.ToolsNotEnabledError, "--jinja"),
        (400, {"error": {"message": "gemma:2b does not support tools"}},
         errors.ToolsNotEnabledError, "Ask a model"),
        (400, {"error": {"message": "GrammarFactory.get_lark_from_jinja() missing 1 required "
         "positional argument: 'force_tool_names'"}}, errors.BadRequestError,
         "mistral_common 1.12.0"),
        (400, {"error": {"message": "flagged", "code": "content_filter"}},
         errors.ContentFilteredError, "other words"),
        (402, {"detail": "Cloud credits expired"}, errors.QuotaError, "local"),
        (429, {"error": {"message": "You exceeded your current quota, please check your plan",
         "code": "insufficient_quota"}}, errors.QuotaError, "local"),
        (429, {"status": 429, "title": "Too Many Requests"}, errors.RateLimitedError, "fewer"),
        (403, {"detail": "Forbidden"}, errors.PermissionDeniedError, "api_key"),
        (401, "", errors.AuthenticationError, "TRIPTYCH_API_KEY"),
        (404, {"error": {"message": "The model `m` does not exist."}}, errors.UnknownModelError,
         "models list"),
        (404, {"detail": "Not Found"}, errors.BadRequestError, "/v1"),
        (413, "", errors.BadRequestError, "Shorten"),
        (422, {"detail": [{"loc": ["body"], "msg": "no"}]}, errors.BadRequestError, "change"),
        (408, "", errors.UnavailableError, "again"),
        (503, "", errors.UnavailableError, "starting"),
    ],
)  # fmt: skip
def test_the_cure_fits_the_fault(status, body, kind, cure):
    error = refused(status, body)
    assert type(error) is kind
    assert cure in error.cure


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_retryable(status):
    assert refused(status, "").retryable


@pytest.mark.parametrize("status", [307, 400, 401, 402, 403, 404, 409, 410, 413, 422, 501, 505])
def test_any_other_status_is_not(status):
    assert not refused(status, "").retryable


def test_an_unknown_model_carries_the_names_that_the_endpoint_lists():
    error = refused(404, "", served=["mm", "other"])
    assert (error.names, error.cure) == (("mm", "other"), "It serves mm.")
    said = {"error": {"message": "The model `m` does not exist. Valid aliases: tiny, alias2."}}
    assert refused(404, said).names == ("tiny", "alias2")


def test_on_the_hosted_catalog_every_404_is_about_the_model():
    assert isinstance(refused(404, "404 page not found", HOSTED), errors.UnknownModelError)


def test_a_hosted_401_and_403_name_the_variable():
    for status in (401, 403):
        assert "NVIDIA_API_KEY" in refused(status, "", HOSTED).cure


def test_headers_give_the_request_id_the_wait_and_the_redirect():
    error = refused(429, "", headers={"Retry-After": "7", "NVCF-REQID": "abc"})
    assert (error.retry_after, error.request_id) == (7.0, "abc")
    assert "request id abc" in str(error)
    moved = refused(307, "", headers={"location": "https://me:pw@other/v1?token=t"})
    assert "https://other/v1:" in moved.cure
    assert "pw" not in str(moved)
    assert "token" not in str(moved)


KEY = "nvapi-Marked+Key/0123456789"


@pytest.mark.parametrize("url", [URL, HOSTED])
@pytest.mark.parametrize(
    "body",
    [
        f"the key {KEY} is wrong",
        json.dumps({"error": {"message": f"Incorrect API key: {KEY}", "code": KEY, "type": KEY}}),
        json.dumps({"detail": [{"loc": ["header"], "msg": f"Bearer {KEY}"}]}),
        json.dumps({"unknown": KEY}).replace("/", "\\/"),
    ],
)
def test_a_key_that_the_server_repeats_is_blotted_out(url, body):
    found = [
        faults.refused(url, s, body, "m", secrets=[KEY]) for s in (400, 401, 403, 404, 429, 500)
    ]
    found.append(faults.not_a_completion(url, body.replace("\\/", "/"), secrets=[KEY]))
    if body.startswith("{"):
        found.append(faults.in_stream(url, json.loads(body), secrets=[KEY]))
    for error in found:
        assert "Marked" not in f"{error}{error!r}{vars(error)}"


def test_the_shipped_class_loses_status_and_words_and_ours_keeps_them(endpoint, model, ask):
    from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped

    shipped = Shipped(base_url=endpoint.url, model="alpha-7b", api_key="k")
    endpoint.says(b'["busy"]', status=400)
    with pytest.raises(AttributeError):  # it takes every body for an object
        shipped.invoke("Hi")
    with pytest.raises(errors.BadRequestError, match="busy") as caught:
        ask(model)
    assert caught.value.status == 400

    endpoint.says(b'{"error": "Unauthorized"}', status=401)
    with pytest.raises(Exception, match="401") as lost:
        asyncio.run(shipped.ainvoke("Hi"))
    assert type(lost.value) is Exception
    assert not hasattr(lost.value, "status")
    with pytest.raises(errors.AuthenticationError) as kept:
        ask(model)
    assert kept.value.status == 401
