"""`generate` says in `llm_output` what all its answers took, as LangChain's own classes do."""

import asyncio

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage

from triptych.models import ChatNVIDIA

ASKED = [[HumanMessage("one")], [HumanMessage("two")]]


def generated(model, way):
    return model.generate(ASKED) if way == "sync" else asyncio.run(model.agenerate(ASKED))


@pytest.mark.parametrize("way", ["sync", "async"])
def test_counts_are_summed_and_the_model_is_named(scripted_server, way):
    model = ChatNVIDIA(base_url=scripted_server(["1", "2 3"]).base_url, model="scripted")
    result = generated(model, way)
    used = [generations[0].message.usage_metadata for generations in result.generations]
    assert all(usage["output_tokens"] > 0 for usage in used)
    assert result.llm_output == {
        "model_name": "scripted",
        "token_usage": {
            "prompt_tokens": sum(usage["input_tokens"] for usage in used),
            "completion_tokens": sum(usage["output_tokens"] for usage in used),
            "total_tokens": sum(usage["total_tokens"] for usage in used),
        },
    }


class Tokens(BaseCallbackHandler):
    """Somebody who listens for tokens, so that LangChain streams."""

    def on_llm_new_token(self, token, **_):
        pass


def test_the_model_is_named_where_the_answers_were_streamed(scripted_server):
    model = ChatNVIDIA(
        base_url=scripted_server(["1", "2"]).base_url, model="scripted", streaming=True
    )
    result = model.generate(ASKED, callbacks=[Tokens()])
    assert result.llm_output == {"model_name": "scripted", "token_usage": {}}


def test_what_a_cache_gave_is_not_counted_again(scripted_server):
    server = scripted_server(["1", "2"])
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", cache=InMemoryCache())
    assert generated(model, "sync").llm_output["token_usage"]["completion_tokens"] > 0
    assert generated(model, "sync").llm_output["token_usage"] == {}
    assert len(server.chats) == 2
