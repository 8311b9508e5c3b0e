"""The one way from synchronous code into the asynchronous graph, and the one back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
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
    started, ended = threading.Event(), threading.Event()

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
            ended.set()

    # A thread of its own: asyncio.run refuses a thread that has a running loop, and only the main
    # thread gets the signal that a Ctrl-C is.
    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    try:
        # Not join(): on Python 3.11 an interrupted join leaves a thread that counts as ended.
        # In turns: a signal that lands on another thread is handled when the main one wakes.
        while not ended.wait(0.2):
            pass
    except KeyboardInterrupt:
        started.wait()
        if not ended.is_set():
            box["loop"].call_soon_threadsafe(box["task"].cancel)
        ended.wait()
        raise
    if "error" in box:
        raise box["error"]
    result: Result = box["result"]
    return result


async def detached(function: Callable[[], Result]) -> Result:
    """Run a blocking function beside the event loop; cancelling does not wait for its end.

    `asyncio.to_thread` cannot be left: the loop waits for its threads when it closes, and what is
    called here may be bringing a file of a gigabyte.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result, failure = None, None
        try:
            result = function()
        except Exception as error:  # re-raised where it is awaited
            failure = error
        with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, daemon=True).start()
    return await future
