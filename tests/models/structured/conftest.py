"""A server with given replies, and all ways to ask it."""

from dataclasses import replace
from typing import Any

import pytest

from triptych.models import ChatNVIDIA
from triptych.models.abilities import Abilities


@pytest.fixture
def serve(scripted_server):
    """A server with these replies, and our model or the shipped one at it."""

    def run(*replies, of=ChatNVIDIA, abilities: dict[str, Any] | None = None, **options):
        server = scripted_server(list(replies), **options)
        model = of(base_url=server.base_url, model="scripted", api_key="k")
        if abilities:
            model._abilities = replace(Abilities(), **abilities)
        return model, server

    return run


@pytest.fixture(params=["invoke", "ainvoke", "stream", "astream"])
def ask(request):
    """All ways to ask: a function from a Runnable to what it returns last."""
    import asyncio

    async def last(chunks):
        return [chunk async for chunk in chunks][-1]

    ways = {
        "invoke": lambda r: r.invoke("Who?"),
        "ainvoke": lambda r: asyncio.run(r.ainvoke("Who?")),
        "stream": lambda r: list(r.stream("Who?"))[-1],
        "astream": lambda r: asyncio.run(last(r.astream("Who?"))),
    }
    return ways[request.param]
