"""A node in both forms, so that the same graph runs under `invoke` and under `ainvoke`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda

from triptych.blocking import blocking

Node = Callable[[Any], Awaitable[dict[str, Any]]]


def both(name: str, node: Node) -> Runnable[Any, Any]:
    """The asynchronous node, with a synchronous form that waits for it.

    A graph whose nodes are only asynchronous refuses `invoke`, and so does the tool made of it.
    """

    async def run(state: Any) -> dict[str, Any]:
        return await node(state)

    def wait(state: Any) -> dict[str, Any]:
        return blocking(run(state))

    return RunnableLambda(wait, run, name=name)
