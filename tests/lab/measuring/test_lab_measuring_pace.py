"""How many blocks are in progress at once, where the endpoint refuses some."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from lab_kit import experiment, right

from triptych.errors import RateLimitedError
from triptych.lab.experiment.width import AT_ONCE, at_once
from triptych.lab.measuring.pace import Pace
from triptych.lab.measuring.run import ameasure
from triptych.lab.records import Failure, Record
from triptych.models import limits
from triptych.testing import Reply, ScriptedServer

URL = "http://pace.example:1/v1"


@pytest.fixture
def limiter(monkeypatch: pytest.MonkeyPatch) -> limits.Limiter:
    """The endpoint's, at first wide open."""
    made = limits.Limiter(256)
    monkeypatch.setattr(limits, "limiter", lambda url: made)
    return made


async def refuse(limiter: limits.Limiter, running: int) -> None:
    """One of so many requests is refused."""
    slots = [limits.Slot(limiter) for _ in range(running)]
    entered = [asyncio.create_task(_one(slot, n == 0)) for n, slot in enumerate(slots)]
    await asyncio.gather(*entered)


async def _one(slot: limits.Slot, refused: bool) -> None:
    try:
        async with slot:
            await asyncio.sleep(0)
            if refused:
                raise RateLimitedError("Too many.")
    except RateLimitedError:
        pass


class Crowd:
    """Those who want to go through a gate, and how many were ever inside at once."""

    def __init__(self, pace: Pace) -> None:
        self.pace, self.inside, self.most = pace, 0, 0

    async def go(self, steps: int = 3) -> None:
        async with self.pace:
            self.inside += 1
            self.most = max(self.most, self.inside)
            for _ in range(steps):
                await asyncio.sleep(0)
            self.inside -= 1


async def test_no_more_than_asked_for_and_all_get_through(limiter: limits.Limiter) -> None:
    crowd = Crowd(Pace(4, [URL]))
    await asyncio.gather(*(crowd.go() for _ in range(20)))

    assert crowd.most == 4
    assert crowd.pace.running == 0


async def test_a_refusal_narrows_the_gate_and_successes_widen_it_again(
    limiter: limits.Limiter,
) -> None:
    pace = Pace(8, [URL])
    assert pace.width == 8
    await refuse(limiter, 8)
    assert pace.width == limiter.limit < 8

    crowd = Crowd(pace)
    await asyncio.gather(*(crowd.go() for _ in range(20)))
    assert crowd.most == limiter.limit

    for _ in range(100):
        await _one(limits.Slot(limiter), False)
    assert pace.width == 8


async def test_one_block_goes_on_whatever_is_refused(limiter: limits.Limiter) -> None:
    for _ in range(10):
        await refuse(limiter, 1)

    assert Pace(8, [URL]).width == 1


async def test_who_is_cancelled_while_waiting_takes_nobodys_turn(limiter: limits.Limiter) -> None:
    pace = Pace(1, [URL])
    crowd = Crowd(pace)
    async with pace:
        waiting = [asyncio.create_task(crowd.go()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()  # its turn has come already
    await asyncio.wait_for(waiting[2], 5)

    assert pace.running == 0


async def test_refusals_for_too_many_requests_leave_no_trace_in_the_record(tmp_path: Path) -> None:
    numbers = itertools.count()
    heard: list[Record | Failure] = []

    def script(body: dict[str, Any]) -> Reply:
        return Reply("slow down", status=429) if next(numbers) % 3 == 0 else Reply(right(body))

    with ScriptedServer(script) as server:
        resolved = experiment(server.base_url, 4, concurrency=4)
        run = await ameasure(resolved, tmp_path, on_record=heard.append)

    assert len(list(run.records())) == len(heard) == 8
    assert not any(isinstance(item, Failure) for item in heard)
    assert len(server.chats) > 4  # one a task, and those that were refused


def test_where_nothing_is_asked_for_the_model_says_how_many_at_once() -> None:
    here = experiment("http://127.0.0.1:9", 1, concurrency=None)

    assert at_once(here) == AT_ONCE
    assert at_once(experiment("http://127.0.0.1:9", 1, concurrency=3)) == 3
