"""A memory of calls: stands between a model and its endpoint where answers may serve twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from langchain_core.outputs import ChatResult

    from triptych.models.http.call import Call


class Recall(Protocol):
    """Answers a call from memory, or by asking.

    LangChain's own cache cannot do it for the lab: its key leaves out the endpoint's own parameters
    and knows nothing of a trial, so that a repetition would be the answer before it once more.
    """

    async def arecall(self, call: Call, ask: Callable[[], Awaitable[ChatResult]]) -> ChatResult:
        """The answer to one call.

        An answer from memory says so in its ``response_metadata``: ``replayed`` is True, and
        ``seconds`` is what the call took that it is of.

        Args:
            call: The request as it would be sent: address and whole body.
            ask: Sends it. Retries, and waiting for a turn at the endpoint, are inside.

        Raises:
            ModelError: From `ask`; errors are not remembered.
        """
        ...
