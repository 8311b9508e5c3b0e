"""What LangChain's users do with a chat model beside asking it, over real HTTP."""

import asyncio
import json
import pickle
import traceback
import warnings

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage, trim_messages
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from langgraph.graph import START, MessagesState, StateGraph

from triptych.errors import BadResponseError, InputError
from triptych.models import ChatNVIDIA, limits
from triptych.models.structured import UnfitAnswerError
from triptych.testing import Reply

BUSY = Reply("busy", status=503, headers={"Retry-After": "0"})
HEADER = "marked-header-key"


def at(server, **params):
    return ChatNVIDIA(base_url=server.base_url, model="scripted", **params)


def look_up(word: str) -> str:
    """Look a word up."""
    return word


class Heard(BaseCallbackHandler):
    def __init__(self):
        self.retries, self.tokens = [], []

    def on_retry(self, retry_state, *, run_id, **_):
        self.retries.append(run_id)

    def on_llm_new_token(self, token, **_):
        self.tokens.append(token)


@pytest.mark.parametrize("n", [{"n": 2}, {"extra_body": {"n": 2}}])
def test_several_answers_in_one_are_refused(scripted_server, n):
    server = scripted_server()
    with pytest.raises(InputError, match="n=2"):
        at(server).bind(**n).invoke("Hi")
    assert server.requests == []


def test_one_answer_may_be_asked_for_by_number(scripted_server):
    server = scripted_server(["one"])
    assert at(server).invoke("Hi", n=1).content == "one"


def test_langchains_stream_argument_is_taken(scripted_server):
    server = scripted_server(["one two", "one two", "one two"])
    heard = Heard()
    model = at(server)
    assert model.invoke("Hi", {"callbacks": [heard]}, stream=True).content == "one two"
    assert "".join(heard.tokens) == "one two"
    assert model.bind(stream=False).invoke("Hi").content == "one two"
    list(model.stream("Hi", stream_options={"include_usage": False}))
    assert [r.body["stream"] for r in server.requests] == [True] * 3
    assert server.requests[2].body["stream_options"] == {"include_usage": False}


def test_streaming_of_the_constructor_tells_tokens_in_invoke(scripted_server, recwarn):
    heard = Heard()
    at(scripted_server(["one two"]), streaming=True).invoke("Hi", {"callbacks": [heard]})
    assert "".join(heard.tokens) == "one two"
    assert not recwarn.list


def test_all_chunks_of_an_answer_have_its_id(scripted_server):
    server = scripted_server(["one two"] * 2)

    async def astream():
        return [chunk.id async for chunk in at(server).astream("Hi")]

    for ids in ([c.id for c in at(server).stream("Hi")], asyncio.run(astream())):
        assert len(ids) == 3
        assert len(set(ids)) == 1


def graph_of(model):
    graph = StateGraph(MessagesState)
    graph.add_node("ask", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_edge(START, "ask")
    return graph.compile()


def test_a_retry_inside_a_graph_is_told_and_its_messages_are_one(scripted_server):
    heard = Heard()
    graph = graph_of(at(scripted_server([BUSY, "one two"])))
    said = {"messages": [HumanMessage("Hi")]}
    pieces = [
        piece
        for piece, _ in graph.stream(said, {"callbacks": [heard]}, stream_mode="messages")
        if piece.type != "human"
    ]
    assert "".join(piece.content for piece in pieces) == "one two"
    assert len({piece.id for piece in pieces}) == 1
    assert len(heard.retries) == 1


def test_a_retry_under_astream_events_is_told(scripted_server):
    heard = Heard()
    model = at(scripted_server([BUSY, "one two"]))

    async def run():
        chain = RunnableLambda(model.ainvoke)
        config = {"callbacks": [heard]}
        return [event async for event in chain.astream_events("Hi", config, version="v2")]

    assert "on_chat_model_stream" in [event["event"] for event in asyncio.run(run())]
    assert len(heard.retries) == 1


def test_a_tool_called_in_place_of_the_form_is_no_answer(scripted_server):
    call = Reply(tool_calls=[{"name": "look_up", "arguments": {"word": "x"}}])
    schema = {"title": "Word", "type": "object", "properties": {"word": {"type": "string"}}}
    bound = at(scripted_server([call, call, call, '{"word": "y"}'])).bind_tools([look_up])
    with pytest.raises(UnfitAnswerError):
        bound.with_structured_output(schema).invoke("Hi")
    assert bound.with_structured_output(schema).invoke("Hi") == {"word": "y"}


def test_the_thinking_mode_stays_when_tools_are_bound(endpoint):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, shipped = (
            of(base_url=endpoint.url, model="m", api_key="k").with_thinking_mode(enabled=False)
            for of in (ChatNVIDIA, Shipped)
        )
    assert model.bind_tools([look_up]).kwargs["thinking_mode"] is False
    assert "thinking_mode" not in shipped.bind_tools([look_up]).kwargs
    tools_first = ChatNVIDIA(base_url=endpoint.url, model="m").bind_tools([look_up])
    assert tools_first.with_thinking_mode(enabled=False).kwargs.keys() >= {"tools", "thinking_mode"}


def test_headers_are_not_shown(scripted_server):
    server = scripted_server(["ok"])
    model = at(server, default_headers={"X-Key": HEADER})
    assert HEADER not in repr(model) + str(model) + repr(model.bind(stop=["x"]))
    model.invoke("Hi")
    assert server.requests[0].headers["X-Key"] == HEADER
    assert HEADER in repr(
        Shipped(base_url=server.base_url, model="m", api_key="k", default_headers={"X": HEADER})
    )


def test_a_configured_model_keeps_key_limits_and_retries(scripted_server):
    server = scripted_server(["ok"], key="own-key")
    model = at(server, api_key="own-key", timeout=7, max_retries=1)
    ready = model.configurable_fields(temperature=ConfigurableField("heat"))
    made, _ = ready.prepare({"configurable": {"heat": 0.3}})
    assert (made._timeouts.first, made._policy.attempts) == (7, 2)
    ready.with_config(configurable={"heat": 0.3}).invoke("Hi")
    assert server.requests[0].body["temperature"] == 0.3
    assert model.temperature is None


def test_a_copy_with_another_address_goes_by_its_rules(monkeypatch, scripted_server, tmp_path):
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-marked-0123456789")
    server = scripted_server(["ok"])
    own_file = tmp_path / "catalogue.yaml"
    row = f"{{alias: box, id: scripted, base_url: '{server.base_url}', abilities: {{tools: none}}}}"
    own_file.write_text(f"- {row}\n")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(own_file))
    hosted = ChatNVIDIA(model="mistralai/devstral-2-123b-instruct-2512")
    own = hosted.model_copy(update={"base_url": server.base_url, "model": "scripted"})
    assert own.rate_limiter is None
    assert (own.abilities.tools, hosted.abilities.tools) == ("none", "native")
    assert hosted.rate_limiter is limits.hosted_rate_limiter()
    back = own.model_copy(update={"base_url": hosted.base_url})
    assert back.rate_limiter is limits.hosted_rate_limiter()


def test_tokens_are_counted_without_the_network(scripted_server, recwarn):
    model = at(scripted_server())
    assert model.get_num_tokens("12345") == 2
    said = [HumanMessage("x" * 400), HumanMessage("y" * 40)]
    kept = trim_messages(said, max_tokens=50, token_counter=model, strategy="last")
    assert kept == said[1:]
    assert not recwarn.list


def test_no_limit_is_no_limit(scripted_server):
    server = scripted_server(["ok"] * 2)
    at(server, max_tokens=None).invoke("Hi")
    pickle.loads(pickle.dumps(at(server, max_tokens=None))).invoke("Hi")
    assert not [r for r in server.requests if {"max_tokens", "max_completion_tokens"} & set(r.body)]


def test_extra_body_and_request_timeout_are_arguments(scripted_server, recwarn):
    server = scripted_server(["ok"])
    model = at(server, extra_body={"top_k": 3}, request_timeout=7)
    model.invoke("Hi")
    assert server.requests[0].body["top_k"] == 3
    assert (model._timeouts.first, model._timeouts.between) == (7, 7)
    assert not recwarn.list


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/v1",
        "http://joe:marked-pw@h/v1",  # pragma: allowlist secret
        "http://h/v1/chat/completions",
        "http://h?a=1",
    ],
)
def test_an_address_of_no_endpoint_is_named_without_its_password(url):
    with pytest.raises(InputError, match="base_url must") as caught:
        ChatNVIDIA(base_url=url, model="m")
    assert "marked-pw" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ValueError, match="base_url must") as shipped:
        Shipped(base_url=url, model="m", api_key="k")
    assert ("marked-pw" in str(shipped.value)) == ("marked-pw" in url)


@pytest.mark.parametrize("value", [f"{HEADER}\n", f"{HEADER}☃", 5])
def test_a_header_that_cannot_be_sent_is_named_without_its_value(value):
    with pytest.raises(InputError, match="'X-Key'") as caught:
        ChatNVIDIA(base_url="http://h", model="m", default_headers={"X-Key": value})
    assert HEADER not in str(caught.value)


@pytest.mark.parametrize("timeout", [(3, 5), "5"])
def test_a_timeout_that_is_no_time_is_refused(timeout):
    with pytest.raises(InputError, match="timeout"):
        ChatNVIDIA(base_url="http://h", model="m", timeout=timeout)


def choice(**of):
    return {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": None, **of}]}


@pytest.mark.parametrize(
    "event",
    [
        {"choices": "x"},
        {"choices": [None]},
        choice(delta={"content": 5}, finish_reason="stop"),
        choice(delta={"tool_calls": [None]}),
        choice(logprobs=[1], finish_reason="stop"),
    ],
    ids=json.dumps,
)
def test_an_event_of_another_shape_is_a_bad_response(endpoint, model, ask, event):
    good = json.dumps(choice(delta={"content": "one"}))
    endpoint.says(f"data: {good}\n\ndata: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode())
    with pytest.raises(BadResponseError, match="chat completion") as caught:
        ask(model)
    assert caught.value.partial == "one"


@pytest.mark.parametrize("finish", ["abort", "error"])
def test_an_answer_that_the_server_gave_up_is_an_error(scripted_server, finish):
    server = scripted_server([Reply("one two", finish_reason=finish)] * 2)
    with pytest.raises(BadResponseError, match=finish) as caught:
        at(server, max_retries=1).invoke("Hi")
    assert (caught.value.partial, caught.value.attempts) == ("one two", 2)


@pytest.mark.parametrize("choice", ["any", "look_up", True])
def test_a_tool_choice_given_with_the_call_is_taken_in_langchains_words(scripted_server, choice):
    server = scripted_server([Reply(tool_calls=[{"name": "look_up", "arguments": {"word": "a"}}])])
    at(server).bind_tools([look_up]).invoke("Hi", tool_choice=choice)
    named = {"type": "function", "function": {"name": "look_up"}}
    assert server.requests[0].body["tool_choice"] == (named if choice == "look_up" else "required")


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_call_without_a_name_is_invalid_in_every_way(scripted_server, way):
    server = scripted_server([Reply(tool_calls=[{"name": "", "arguments": {"word": "a"}}])])
    model = at(server).bind_tools([look_up])
    if way == "invoke":
        got = model.invoke("Hi")
    else:
        first, *rest = model.stream("Hi")
        got = sum(rest, first)
    assert not got.tool_calls
    assert len(got.invalid_tool_calls) == 1


def test_a_header_of_the_users_stands_in_place_of_ours_whatever_its_case(scripted_server):
    server = scripted_server(["one"])
    at(server, api_key="k", default_headers={"user-agent": "mine"}).invoke("Hi")
    sent = {name.lower(): text for name, text in server.requests[0].headers.items()}
    assert sent["user-agent"] == "mine"


@pytest.mark.parametrize("value", [-1, "two"])
def test_a_number_of_retries_that_is_none_is_refused(scripted_server, value):
    with pytest.raises(InputError, match="max_retries"):
        at(scripted_server(), max_retries=value)


def test_a_dict_of_another_type_or_choice_is_asked_for_again(scripted_server):
    schema = {
        "title": "Pick",
        "type": "object",
        "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}},
        "required": ["n", "kind"],
    }
    wrong, right = '{"n": "x", "kind": "c"}', '{"n": 2, "kind": "a"}'
    server = scripted_server([wrong, right])
    assert at(server).with_structured_output(schema).invoke("Hi") == {"n": 2, "kind": "a"}
    said = server.requests[1].body["messages"][-1]["content"]
    assert "n: must be of type integer" in said
    assert "kind: must be one of" in said
