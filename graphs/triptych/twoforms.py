"""Nodes and choices in both forms, so that one graph runs under `invoke` and under `ainvoke`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from triptych.blocking import blocking

Update = dict[str, Any]


class TwoForms(Runnable[Any, Update]):
    """An asynchronous node, with a synchronous form that waits for it.

    A graph whose nodes are only asynchronous refuses `invoke`, and so does the tool made of it. No
    RunnableLambda: LangGraph traces the node already, and a second run for each costs its time.

    Args:
        name: The node's name.
        node: State in, update out.
    """

    def __init__(self, name: str, node: Callable[[Any], Awaitable[Update]]) -> None:
        self.name = name
        self._node = node

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:
        """Run the node and wait for it."""
        return blocking(self.ainvoke(input))

    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Update:
        """Run the node."""
        return await self._node(input)


class Choice(Runnable[Any, str]):
    """Which edge is taken: a pure function of the state, called where it is.

    LangGraph would hand a plain function to a thread, which takes longer than the choice.

    Args:
        choose: From the state to a node's name.
    """

    def __init__(self, choose: Callable[[Any], str]) -> None:
        self.name = choose.__name__
        self._choose = choose

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Choose."""
        return self._choose(input)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Choose."""
        return self._choose(input)
