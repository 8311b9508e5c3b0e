"""A hundred threads on one model, switched as often as Python can: each gets its own answer.

The shipped class keeps a request on the client before it sends it, so its threads send each other's
prompts; at a short switch interval a few of a hundred calls do.
"""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from echo import echoing
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped

from triptych.models import ChatNVIDIA

THREADS = 100
CALLS = 2_500  # in each of the four ways: 10,000


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with echoing() as made:
        yield made


@pytest.fixture
def hurried() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def invoke(model, prompts):
    return [model.invoke(prompt).content for prompt in prompts]


def stream(model, prompts):
    return ["".join(chunk.content for chunk in model.stream(prompt)) for prompt in prompts]


def ainvoke(model, prompts):
    async def ask():
        return [(await model.ainvoke(prompt)).content for prompt in prompts]

    return asyncio.run(ask())


def astream(model, prompts):
    async def ask():
        return [
            "".join([chunk.content async for chunk in model.astream(prompt)]) for prompt in prompts
        ]

    return asyncio.run(ask())


def mixed_up(model, way, calls: int) -> int:
    """How many of the calls, spread over the threads, were given another one's answer."""
    prompts = [f"prompt {way.__name__} {number}" for number in range(calls)]
    shares = [prompts[start::THREADS] for start in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda share: way(model, share), shares))
    return sum(
        answer != prompt
        for share, said in zip(shares, answers, strict=True)
        for prompt, answer in zip(share, said, strict=True)
    )


@pytest.mark.parametrize("way", [invoke, stream, ainvoke, astream])
def test_each_thread_gets_the_answer_to_its_own_prompt(url, hurried, way):
    assert mixed_up(ChatNVIDIA(base_url=url, model="m"), way, CALLS) == 0


def test_the_shipped_class_mixes_them_up(url, hurried):
    model = Shipped(base_url=url, model="m", api_key="none")
    rounds = (mixed_up(model, invoke, 500) for _ in range(20))
    assert next((wrong for wrong in rounds if wrong), 0) > 0
