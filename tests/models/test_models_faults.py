"""Faults of an endpoint become typed errors that say what happened and what to do."""

import json
import socket

import pytest

from triptych.errors import ModelError, UnknownModelError
from triptych.models.retry import Policy

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def no_waiting(monkeypatch):
    """Retries come at once."""
    monkeypatch.setattr(Policy, "wait", lambda self, failed, asked, draw=None: 0.0)


ERROR = {"message": "the card is on fire", "type": "internal", "code": 500}


def test_an_error_inside_a_stream_is_raised_with_the_text_so_far(endpoint, model, ask):
    endpoint.says(endpoint.delta(content="half"), endpoint.event(error=ERROR), b"data: [DONE]\n\n")
    with pytest.raises(ModelError, match="the card is on fire") as caught:
        ask(model)
    assert (caught.value.partial, caught.value.status) == ("half", 500)


def test_an_end_without_a_finish_reason_is_raised(endpoint, model, ask):
    endpoint.says(endpoint.delta(content="half"), b"data: [DONE]\n\n")
    with pytest.raises(ModelError, match="without a finish reason") as caught:
        ask(model)
    assert caught.value.partial == "half"


def test_a_broken_connection_is_raised(endpoint, model, ask):
    endpoint.says(endpoint.delta(content="half"), cut=True)
    with pytest.raises(ModelError, match="broke off") as caught:
        ask(model)
    assert caught.value.partial == "half"


def test_a_connection_that_breaks_after_the_finish_reason_loses_only_the_counted_usage(
    endpoint, model, ask
):
    endpoint.says(endpoint.delta(content="all"), endpoint.delta(finish="stop"), cut=True)
    chunks = ask(model)
    assert [c.content for c in chunks if c.content] == ["all"]
    assert [c.response_metadata["usage_estimated"] for c in chunks if c.usage_metadata] == [True]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (json.dumps({"error": ERROR}), "the card is on fire"),
        (json.dumps({"error": "Unauthorized"}), "Unauthorized"),
        ("[]", "chat completion"),
        ("<html>Welcome to the proxy</html>", "Welcome to the proxy"),
        ("", "without a finish reason"),
    ],
)
def test_status_200_with_something_else_is_raised(endpoint, model, ask, body, says):
    endpoint.says(body.encode())
    with pytest.raises(ModelError, match=says):
        ask(model)


@pytest.mark.parametrize(
    ("status", "body", "cure"),
    [
        (401, '{"error":"Unauthorized"}', "api_key"),
        (400, '{"error":{"message":"exceeds the available context size"}}', "too long"),
        (400, '{"error":{"message":"bad","param":"input_tokens"}}', "too long"),
        (429, '{"detail":"slow down"}', "Wait"),
        (500, "<html>oops</html>", "later"),
        (503, '[{"message":"busy"}]', "busy or still starting"),
        (504, "", "shorter"),
        (307, "", "redirects"),
    ],
)
def test_an_http_error_has_its_status_and_a_cure(endpoint, model, ask, status, body, cure):
    endpoint.says(body.encode(), status=status, headers={"Location": "http://127.0.0.1:9/"})
    with pytest.raises(ModelError, match=str(status)) as caught:
        ask(model)
    assert caught.value.status == status
    assert cure in caught.value.cure
    assert "127.0.0.1" in caught.value.message


def test_an_unknown_model_is_told_the_nearest_that_the_endpoint_serves(endpoint, ask):
    from triptych.models import ChatNVIDIA

    endpoint.says(b'{"detail": "no such model"}', status=404)
    with pytest.raises(UnknownModelError, match="alpha-7b") as caught:
        ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-70b"))
    assert caught.value.status == 404


def test_a_wrong_path_is_no_unknown_model(endpoint, model, ask):
    endpoint.says(b"not found", status=404)
    with pytest.raises(ModelError, match="base URL") as caught:
        ask(model)
    assert not isinstance(caught.value, UnknownModelError)


def test_nobody_listening_is_said_so(ask):
    from triptych.models import ChatNVIDIA

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ModelError, match=r"connection refused.*Is the server running"):
            ask(ChatNVIDIA(base_url=url, model="m"))


def test_a_host_that_does_not_exist_is_said_so(ask):
    from triptych.models import ChatNVIDIA

    with pytest.raises(ModelError, match=r"nowhere\.invalid cannot be reached"):
        ask(ChatNVIDIA(base_url="http://nowhere.invalid", model="m"))
