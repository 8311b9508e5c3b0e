"""Keys go where they belong and nowhere else; prompts, too."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from triptych.errors import InputError, ModelError
from triptych.models import ChatNVIDIA

KEY = "nvapi-secret"


def authorization(endpoint):
    return [r["headers"].get("Authorization") for r in endpoint.journal]


@pytest.mark.parametrize("given", [None, ""])
def test_the_hosted_key_is_never_sent_to_another_address(endpoint, ask, monkeypatch, given):
    monkeypatch.setenv("NVIDIA_API_KEY", KEY)
    model = ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", api_key=given)
    ask(model)
    assert model.available_models
    assert authorization(endpoint) == [None, None]


def test_a_key_given_for_an_address_is_sent_there(endpoint, ask):
    ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", api_key="own"))
    assert authorization(endpoint) == ["Bearer own"]


def test_netrc_is_not_read(endpoint, ask, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", api_key="own"))
    ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b"))
    assert authorization(endpoint) == ["Bearer own", None]


def test_a_proxy_is_not_asked_for_this_machine(endpoint, ask, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b"))
    assert len(endpoint.journal) == 1


def test_an_error_that_repeats_the_key_is_told_without_it(endpoint, ask):
    endpoint.says(b'{"error": "Incorrect API key: own-key-123"}', status=401)
    with pytest.raises(ModelError, match="Incorrect") as caught:
        ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", api_key="own-key-123"))
    assert "own-key-123" not in str(caught.value)


def test_no_text_of_a_model_holds_its_key(monkeypatch):
    from langchain_core.load import dumps

    monkeypatch.setenv("NVIDIA_API_KEY", KEY)
    for model in (ChatNVIDIA(model="a/b"), ChatNVIDIA(base_url="http://h", model="m", api_key=KEY)):
        assert KEY not in repr(model) + str(model) + dumps(model)


def test_a_copy_for_another_address_leaves_the_key_behind(endpoint, ask):
    model = ChatNVIDIA(base_url="http://127.0.0.1:9", model="alpha-7b", api_key="own")
    copied = model.model_copy(update={"base_url": endpoint.url})
    ask(copied)
    assert authorization(endpoint) == [None]
    assert model.base_url == "http://127.0.0.1:9/v1"


def test_a_model_can_be_pickled_after_its_calls(endpoint, ask):
    model = ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", temperature=0.3)
    ask(model)
    assert pickle.loads(pickle.dumps(model)).invoke("Hi").content == "hello"


def test_threads_get_the_answer_to_their_own_prompt(endpoint):
    endpoint.answer = lambda r: endpoint.say(
        endpoint.events({"content": r["body"]["messages"][0]["content"]})
    )
    model = ChatNVIDIA(base_url=endpoint.url, model="alpha-7b")
    prompts = [f"prompt {n}" for n in range(300)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda p: model.invoke(p).content, prompts))
    finally:
        sys.setswitchinterval(before)
    assert answers == prompts


def test_an_address_without_a_model_name_is_refused_at_once():
    with pytest.raises(InputError, match=r"h:1.*model="):
        ChatNVIDIA(base_url="http://h:1")
