"""`chat_model`: from a name to a model that is ready, without a word or a packet too many."""

import socket
import warnings

import pytest

from triptych.errors import InputError, ModelError, UnknownModelError
from triptych.models import chat_model, destination
from triptych.models.ready import default_name

DEVSTRAL = "mistralai/devstral-2-123b-instruct-2512"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args):
        raise AssertionError(f"a connection is made: {args}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)


@pytest.mark.parametrize("key", [None, "nvapi-x"])
def test_the_hosted_model_is_built_with_its_cards_settings_in_silence(
    no_network, monkeypatch, capfd, key
):
    if key:
        monkeypatch.setenv("NVIDIA_API_KEY", key)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = chat_model("devstral")
    assert (model.model, model.temperature, model.top_p) == (DEVSTRAL, 0.15, 0.95)
    assert (model.max_tokens, model.seed) == (8192, 42)
    assert destination(model) == f"{DEVSTRAL} at integrate.api.nvidia.com"
    assert capfd.readouterr() == ("", "")


def test_without_a_key_the_first_call_says_how_to_set_one(no_network, ask):
    with pytest.raises(ModelError, match="Set NVIDIA_API_KEY"):
        ask(chat_model("devstral"))


@pytest.mark.parametrize(("key", "name"), [("nvapi-x", "devstral"), ("", "local"), (None, "local")])
def test_with_nothing_configured_the_key_decides(monkeypatch, key, name):
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("NVIDIA_API_KEY", key)
    assert default_name() == name


@pytest.mark.parametrize("word", ["max_tokens", "max_completion_tokens"])
def test_ones_own_parameters_win_over_the_catalogues_without_a_warning(no_network, word):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = chat_model("devstral", temperature=0.9, **{word: 77})
    assert (model.temperature, model.max_tokens, model.top_p) == (0.9, 77, 0.95)


def test_a_self_hosted_model_is_built_without_network(no_network):
    model = chat_model(base_url="http://nim.example:8000", model="m", api_key="k")
    assert destination(model) == "m at nim.example:8000"
    assert destination(chat_model(base_url="http://127.0.0.1:1", model="m")) == (
        "m on this machine (127.0.0.1)"
    )


def test_an_address_that_serves_one_model_needs_no_name(endpoint):
    endpoint.models = ["only-one"]
    assert chat_model(base_url=endpoint.url).model == "only-one"


def test_an_address_that_serves_several_asks_for_a_name(endpoint):
    with pytest.raises(UnknownModelError, match="alpha-7b, beta-3b"):
        chat_model(base_url=endpoint.url)


def test_a_name_and_an_address_with_a_model_contradict_each_other():
    with pytest.raises(InputError, match="Leave one out"):
        chat_model("local", base_url="http://h", model="m")


def test_an_unknown_name_is_an_error():
    with pytest.raises(UnknownModelError, match="devstral"):
        chat_model("devstrall")
