"""What the tests of the transport share: a server, and both ways to ask it."""

from collections.abc import Callable, Iterator

import pytest
from bytewise import Wire, answering


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """A function from what is done with a connection to a running endpoint."""
    running: list[Wire] = []

    def start(serve=None, context=None) -> Wire:
        running.append(Wire(serve or answering(), context))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def send(mode: str):
    """Both ways to ask: a function from calls to the events of their answers, one by one."""
    import asyncio

    import onebyone

    def run(*calls):
        if mode == "sync":
            return [list(onebyone.events(call)) for call in calls]

        async def all_of_them():
            return [[event async for event in onebyone.aevents(call)] for call in calls]

        return asyncio.run(all_of_them())

    return run


@pytest.fixture(autouse=True)
def fresh_pool():
    """No test finds the connections of another."""
    from triptych.models.http import pool

    yield
    pool.shared().close()
