"""The events of an answer one at a time, as tests count them; the product reads them in batches."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from triptych.models.http.transport import Call, abatches, batches


def events(call: Call) -> Generator[Any, None, None]:
    """`batches`, one event at a time."""
    with closing(batches(call)) as found:
        for batch in found:
            yield from batch


async def aevents(call: Call) -> AsyncGenerator[Any, None]:
    """`abatches`, one event at a time."""
    async with aclosing(abatches(call)) as found:
        async for batch in found:
            for event in batch:
                yield event
