"""Measuring one client at one level: how long, how much CPU, how many connections."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from clients import EXPECTED, made
from server import FIRST_SECONDS, stats

Figures = dict[str, float]


async def spread(ask: Callable[[], Awaitable[None]], calls: int, level: int) -> None:
    """Make the calls, `level` of them at a time."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(worker() for _ in range(level)))


def asked(name: str, url: str, model: str, calls: int, level: int) -> Figures:
    """Whole answers, by asyncio. A new loop and client each time: connections start at none."""

    async def run() -> Figures:
        client = made(name, url, model)
        expected = EXPECTED[model]

        async def ask() -> None:
            assert await client.ask() == expected

        return await _timed(client, ask, url, calls, level)

    return asyncio.run(run())


def streamed(name: str, url: str, model: str, calls: int, level: int) -> Figures:
    """Answers read piece by piece, and the time to the first of them beyond the server's own."""
    firsts: list[float] = []

    async def run() -> Figures:
        client = made(name, url, model)
        expected = EXPECTED[model]

        async def ask() -> None:
            began, pieces = time.perf_counter(), []
            async for piece in client.stream():
                if piece and not pieces:
                    firsts.append(time.perf_counter() - began)
                if piece:
                    pieces.append(piece)
            assert "".join(pieces) == expected

        return await _timed(client, ask, url, calls, level)

    figures = asyncio.run(run())
    timed = sorted(firsts[-calls:])  # without those of the warming up
    wait = FIRST_SECONDS if model == "slow" else 0.0
    return {**figures, "first": timed[len(timed) // 2] - wait}


async def _timed(
    client: Any, ask: Callable[[], Awaitable[None]], url: str, calls: int, level: int
) -> Figures:
    gc.collect()  # what one client leaves is not to be paid for by the next
    stats(url)
    await spread(ask, max(level, 4), level)
    warm = stats(url)
    began, cpu = time.perf_counter(), time.process_time()
    await spread(ask, calls, level)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = stats(url)
    await client.close()
    assert after["requests"] == calls, (after, calls)  # no retries, no listings
    return {
        "seconds": seconds,
        "rate": calls / seconds,
        "cpu": cpu / calls,
        "connections": warm["connections"] + after["connections"],
        "server_cpu": (after["cpu"] - warm["cpu"]) / calls,
    }


def threaded(name: str, url: str, model: str, calls: int, level: int) -> Figures:
    """Whole answers by `level` threads that share one client."""
    client = made(name, url, model)
    expected = EXPECTED[model]

    def ask(_: int) -> None:
        assert client.ask_sync() == expected

    gc.collect()
    stats(url)
    with ThreadPoolExecutor(level) as pool:
        list(pool.map(ask, range(max(level, 4))))
        warm = stats(url)
        began, cpu = time.perf_counter(), time.process_time()
        list(pool.map(ask, range(calls)))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = stats(url)
    asyncio.run(client.close())
    return {
        "seconds": seconds,
        "rate": calls / seconds,
        "cpu": cpu / calls,
        "connections": warm["connections"] + after["connections"],
        "server_cpu": (after["cpu"] - warm["cpu"]) / calls,
    }


def memory(name: str, url: str, calls: int, level: int, steps: int) -> Figures:
    """Memory of this process as the calls go by: run it in one that does nothing else.

    Returns:
        MiB after each step, under ``after_1000`` and so on.
    """
    seen: Figures = {}

    async def run() -> None:
        client = made(name, url)

        async def ask() -> None:
            assert await client.ask() == EXPECTED["short"]

        for step in range(1, steps + 1):
            await spread(ask, calls // steps, level)
            gc.collect()
            seen[f"after_{calls * step // steps}"] = round(resident(), 3)
        await client.close()

    asyncio.run(run())
    return seen


def resident() -> float:
    """The resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
