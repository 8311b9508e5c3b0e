"""What every way of calling does around its attempts: places, rates, and a server that crashed."""

import asyncio

import pytest
from langchain_core.rate_limiters import BaseRateLimiter

from triptych.models import ChatNVIDIA, chat, limits
from triptych.testing import Reply

BUSY = Reply("busy", status=503)
WAYS = {
    "invoke": lambda model: model.invoke("Hi").content,
    "ainvoke": lambda model: asyncio.run(model.ainvoke("Hi")).content,
    "stream": lambda model: "".join(chunk.content for chunk in model.stream("Hi")),
    "astream": lambda model: asyncio.run(joined(model)),
}


async def joined(model):
    return "".join([chunk.content async for chunk in model.astream("Hi")])


@pytest.fixture(params=WAYS)
def call(request):
    return WAYS[request.param]


def test_each_attempt_takes_a_place_at_its_endpoint(scripted_server, call, monkeypatch):
    server = scripted_server([BUSY, "one"])
    taken = []
    slot = limits.slot
    monkeypatch.setattr(limits, "slot", lambda url: taken.append(Counting(slot(url))) or taken[-1])
    assert call(ChatNVIDIA(base_url=server.base_url, model="scripted")) == "one"
    assert [(place.entered, place.left) for place in taken] == [(1, 1), (1, 1)]


class Counting:
    def __init__(self, slot):
        self.slot, self.entered, self.left = slot, 0, 0

    def __enter__(self):
        self.entered += 1
        return self.slot.__enter__()

    def __exit__(self, *how):
        self.left += 1
        return self.slot.__exit__(*how)

    async def __aenter__(self):
        self.entered += 1
        return await self.slot.__aenter__()

    async def __aexit__(self, *how):
        self.left += 1
        return await self.slot.__aexit__(*how)


class Rate(BaseRateLimiter):
    asked = 0

    def acquire(self, *, blocking=True):
        self.asked += 1
        return True

    async def aacquire(self, *, blocking=True):
        return self.acquire()


def test_the_rate_limiter_is_asked_for_each_attempt(scripted_server, call):
    server, rate = scripted_server([BUSY, BUSY, "one"]), Rate()
    model = ChatNVIDIA(base_url=server.base_url, model="scripted", rate_limiter=rate)
    assert call(model) == "one"
    assert rate.asked == 3


class Line:
    """A lifeline to a server that is started again at another address."""

    lost = False

    def __init__(self, gone, again):
        self.base_url, self.key, self.again = gone, "", again
        self.revived = 0

    def revive(self, error=None):
        self.revived += 1
        self.base_url = self.again


def test_a_server_that_crashed_is_set_right_and_asked_again(scripted_server, call, monkeypatch):
    server = scripted_server(["one"])
    gone = "http://127.0.0.1:9/v1"
    line = Line(gone, server.base_url)
    monkeypatch.setattr(chat, "lifeline", lambda url, key: line)
    assert call(ChatNVIDIA(base_url=gone, model="scripted", max_retries=0)) == "one"
    assert line.revived == 1


def test_a_server_known_to_be_gone_is_set_right_first(scripted_server, call, monkeypatch):
    server = scripted_server(["one"])
    line = Line("http://127.0.0.1:9/v1", server.base_url)
    line.lost = True
    monkeypatch.setattr(chat, "lifeline", lambda url, key: line)
    assert call(ChatNVIDIA(base_url=line.base_url, model="scripted", max_retries=0)) == "one"
    assert line.revived == 1
