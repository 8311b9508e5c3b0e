"""One way from synchronous code into the asynchronous graph."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

Result = TypeVar("Result")


def blocking(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end from synchronous code, also where an event loop runs already
    (a notebook), with the caller's context variables.

    Ctrl-C cancels the coroutine, waits until it has cleaned up, and then raises.

    Raises:
        KeyboardInterrupt: after the coroutine was cancelled by Ctrl-C.
    """
    box: dict[str, Any] = {}
    started = threading.Event()

    async def body() -> None:
        box["loop"], box["task"] = asyncio.get_running_loop(), asyncio.current_task()
        started.set()
        box["result"] = await coroutine

    def work() -> None:
        try:
            asyncio.run(body())
        except BaseException as error:  # re-raised in the caller's thread
            box["error"] = error
        finally:
            started.set()

    # A thread of its own: asyncio.run refuses a thread that has a running loop, and only the main
    # thread gets the signal that a Ctrl-C is.
    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        started.wait()
        if "task" in box:
            box["loop"].call_soon_threadsafe(box["task"].cancel)
        thread.join()
        raise
    if "error" in box:
        raise box["error"]
    result: Result = box["result"]
    return result
