"""Forms in which a key may be given."""

import pytest
from pydantic import SecretStr

from triptych.errors import InputError
from triptych.models import ChatNVIDIA, chat_model


def renewed():
    return "secret"


async def arenewed():
    return "secret"


@pytest.mark.parametrize("given", [renewed, arenewed, 5, ["secret"]])
@pytest.mark.parametrize("model", ["m", None])
def test_a_key_that_is_no_text_is_refused_with_a_cure(given, model):
    with pytest.raises(InputError, match=r"api_key cannot be a \w+\. Give the key itself"):
        chat_model(base_url="http://127.0.0.1:9", model=model, api_key=given)


@pytest.mark.parametrize("given", ["secret", " secret\n", SecretStr("secret")])
def test_text_and_secret_text_are_taken(scripted_server, given):
    server = scripted_server(["one", "two"], key="secret", models=["scripted"])
    made = ChatNVIDIA(base_url=server.base_url, model="scripted", api_key=given)
    assert made.invoke("Hi").content == "one"
    assert chat_model(base_url=server.base_url, api_key=given).invoke("Hi").content == "two"
