"""Retries and limits as a user of ChatNVIDIA meets them: in every way of calling, over HTTP."""

import asyncio

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from pydantic import BaseModel

from triptych.errors import BadRequestError, RateLimitedError, UnavailableError
from triptych.models import ChatNVIDIA, limits


class Number(BaseModel):
    """A number."""

    value: int


def failing_once(endpoint, failure, good=None):
    """The endpoint fails at first and then answers."""
    answers = [failure, endpoint.say(good or endpoint.events({"content": '{"value": 7}'}))]
    endpoint.answer = lambda request: answers.pop(0) if len(answers) > 1 else answers[0]


WAYS = {
    "invoke": lambda model: model.invoke("Hi").content,
    "ainvoke": lambda model: asyncio.run(model.ainvoke("Hi")).content,
    "stream": lambda model: "".join(chunk.content for chunk in model.stream("Hi")),
    "bind": lambda model: model.bind(temperature=0).invoke("Hi").content,
    "bind_tools": lambda model: model.bind_tools([Number]).invoke("Hi").content,
    "structured": lambda model: (
        model.with_structured_output(Number, method="json_schema").invoke("Hi").model_dump_json()
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_busy_server_is_asked_again_in_every_way_of_calling(endpoint, model, way):
    failing_once(endpoint, endpoint.say([b"busy"], status=503))
    assert WAYS[way](model).replace(" ", "") == '{"value":7}'
    assert len(endpoint.journal) == 2


def test_the_shipped_class_gives_up_at_once(endpoint):
    failing_once(endpoint, endpoint.say([b'{"error": "busy"}'], status=503))
    with pytest.raises(Exception, match="503"):
        Shipped(base_url=endpoint.url, model="alpha-7b", api_key="k").invoke("Hi")
    assert len([r for r in endpoint.journal if "body" in r]) == 1


def test_a_stream_that_breaks_before_its_first_token_is_asked_again(endpoint, model, ask):
    failing_once(endpoint, endpoint.say([endpoint.delta(role="assistant")], cut=True))
    assert "".join(chunk.content for chunk in ask(model)) == '{"value": 7}'


def test_one_that_breaks_after_it_raises_with_the_text_so_far(endpoint, model, ask):
    failing_once(endpoint, endpoint.say([endpoint.delta(content="half")], cut=True))
    with pytest.raises(UnavailableError) as caught:
        ask(model)
    assert (caught.value.partial, caught.value.attempts) == ("half", 1)
    assert len(endpoint.journal) == 1


def test_where_nobody_saw_the_token_it_is_asked_again(endpoint, model):
    failing_once(endpoint, endpoint.say([endpoint.delta(content="half")], cut=True))
    assert model.invoke("Hi").content == '{"value": 7}'


def test_each_retry_is_told_to_the_callbacks(endpoint, model, ask):
    class Told(BaseCallbackHandler):
        def __init__(self):
            self.states = []

        def on_retry(self, retry_state, **kwargs):
            self.states.append((retry_state.attempt_number, str(retry_state.outcome.exception())))

    told = Told()
    failing_once(endpoint, endpoint.say([b"busy"], status=503))
    ask(model, config={"callbacks": [told]})
    ((number, words),) = told.states
    assert number == 1
    assert "503: busy" in words


def test_a_request_that_is_wrong_is_sent_once(endpoint, model, ask):
    endpoint.says(b'{"error": {"message": "no"}}', status=400)
    with pytest.raises(BadRequestError):
        ask(model)
    assert len(endpoint.journal) == 1


def test_max_retries_counts_the_further_attempts(endpoint, ask):
    endpoint.says(b"slow down", status=429)
    with pytest.raises(RateLimitedError) as caught:
        ask(ChatNVIDIA(base_url=endpoint.url, model="alpha-7b", max_retries=2))
    assert (len(endpoint.journal), caught.value.attempts) == (3, 3)
    assert "3 attempts" in str(caught.value)


def test_a_429_lowers_how_many_run_at_once_and_every_slot_comes_back(endpoint, model, ask):
    limiter = limits.limiter(endpoint.url)
    assert limiter.limit == 256
    failing_once(endpoint, endpoint.say([b"slow down"], status=429))
    ask(model)
    assert limiter.limit <= 2
    assert (limiter.running, limiter.waiting) == (0, 0)


def test_a_stream_left_early_gives_its_slot_back(endpoint, model):
    stream = model.stream("Hi")
    next(stream)
    assert limits.limiter(endpoint.url).running == 1
    stream.close()
    assert limits.limiter(endpoint.url).running == 0


def test_only_hosted_models_share_the_limit_of_forty_a_minute(endpoint, model):
    hosted = ChatNVIDIA(model="mistralai/devstral-2-123b-instruct-2512", api_key="k")
    assert hosted.rate_limiter is limits.hosted_rate_limiter()
    assert model.rate_limiter is None
