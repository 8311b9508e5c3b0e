"""`timeout` and `max_retries` of one call, which LangChain's users know from other classes."""

import asyncio
import threading

import pytest
from pydantic import BaseModel

from triptych.errors import InputError, ModelTimeoutError, UnavailableError
from triptych.models import ChatNVIDIA, Timeouts
from triptych.testing import Reply, fault


class Number(BaseModel):
    """A number."""

    value: int


async def _last(stream):
    return [chunk async for chunk in stream][-1]


WAYS = {
    "invoke": lambda model, how: model.invoke("Hi", **how),
    "ainvoke": lambda model, how: asyncio.run(model.ainvoke("Hi", **how)),
    "stream": lambda model, how: list(model.stream("Hi", **how)),
    "astream": lambda model, how: asyncio.run(_last(model.astream("Hi", **how))),
    "bind": lambda model, how: model.bind(**how).invoke("Hi"),
    "tools": lambda model, how: model.bind_tools([Number], **how).invoke("Hi"),
    "structured": lambda model, how: model.bind(**how).with_structured_output(Number).invoke("Hi"),
}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.mark.parametrize("word", ["timeout", "request_timeout"])
def test_a_time_of_the_call_stands_in_place_of_the_models(scripted_server, way, word):
    release = threading.Event()
    server = scripted_server(lambda request: fault("slow-headers", Reply("late"), release))
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", max_retries=0, timeout=60)
    with pytest.raises(ModelTimeoutError, match=r"within 0\.1 s"):
        way(model, {word: 0.1})
    release.set()


def test_limits_of_the_call_may_be_told_apart(scripted_server, way):
    release = threading.Event()
    server = scripted_server(lambda request: fault("slow-headers", Reply("late"), release))
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", max_retries=0)
    with pytest.raises(ModelTimeoutError) as caught:
        way(model, {"timeout": Timeouts(total=0.1)})
    assert caught.value.kind == "total"
    release.set()


def test_retries_of_the_call_stand_in_place_of_the_models(scripted_server, way):
    server = scripted_server(lambda request: Reply("busy", status=503))
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", max_retries=5)
    with pytest.raises(UnavailableError):
        way(model, {"max_retries": 1})
    assert len(server.chats) == 2


def test_the_next_call_has_the_models_own_again(scripted_server):
    server = scripted_server(lambda request: Reply("busy", status=503))
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", max_retries=2)
    for how in ({"max_retries": 0}, {}, {"max_retries": None, "timeout": None}):
        with pytest.raises(UnavailableError):
            model.invoke("Hi", **how)
    assert len(server.chats) == 1 + 3 + 3


def test_they_are_not_sent_to_the_server(scripted_server):
    server = scripted_server(["one"])
    model = ChatNVIDIA(base_url=server.base_url, model="scripted")
    model.invoke("Hi", timeout=Timeouts(total=60), max_retries=1)
    assert not {"timeout", "request_timeout", "max_retries"} & set(server.chats[0].body)


@pytest.mark.parametrize("how", [{"timeout": "5"}, {"max_retries": -1}])
def test_what_is_no_time_or_number_is_refused_before_anything_is_sent(scripted_server, way, how):
    server = scripted_server(["one"])
    with pytest.raises(InputError, match=next(iter(how))):
        way(ChatNVIDIA(base_url=server.base_url, model="scripted"), how)
    assert server.chats == []
