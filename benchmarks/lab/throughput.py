"""Cells a second, beside a plain asyncio loop at the same concurrency and beside bare calls."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from parts import NoSandbox, experiment, say, serving

from triptych.lab.experiment.live import LiveVariant, Resolved
from triptych.lab.grading.grade import bare_interpreter, graded
from triptych.lab.measuring.run import ameasure
from triptych.lab.measuring.seeds import seed_of
from triptych.lab.tasks.task import LabTask
from triptych.resources import Resources
from triptych.running import arun

LATENCY = 2.0
AT_ONCE = 16
CELLS = 256
ROUNDS = 3


async def plain_loop(resolved: Resolved, at_once: int) -> None:
    """The same runs and the same grader, and nothing else: no record, memory, order, progress."""
    places, grader, resources = asyncio.Semaphore(at_once), NoSandbox(), Resources()
    python = bare_interpreter().executable

    async def cell(task: LabTask, variant: LiveVariant) -> None:
        async with places:
            seed = seed_of(0, task.id, 0)
            outcome = await arun(
                task.task.request,
                model=variant.model.model_copy(update={"seed": seed}),
                strategy=variant.strategy,
                prompts=dict(variant.templates),
                python=python,
                resources=resources,
            )
            await graded(grader, task, outcome.files)

    await asyncio.gather(*(cell(t, v) for t in resolved.tasks.tasks for v in resolved.variants))


async def bare_calls(resolved: Resolved, at_once: int) -> None:
    """The model alone, asked as often."""
    places = asyncio.Semaphore(at_once)

    async def call(task: LabTask, variant: LiveVariant) -> None:
        async with places:
            await variant.model.ainvoke(task.task.request)

    await asyncio.gather(*(call(t, v) for t in resolved.tasks.tasks for v in resolved.variants))


async def our_way(resolved: Resolved, at_once: int) -> None:
    """The lab's own, with record, memory of calls, order and synced lines."""
    with tempfile.TemporaryDirectory() as folder:
        run = await ameasure(resolved, Path(folder), grader=NoSandbox())
        assert sum(1 for _ in run.records()) == len(resolved.tasks.tasks) * 2


WAYS: dict[str, Callable[[Resolved, int], Awaitable[None]]] = {
    "bare calls": bare_calls,
    "plain loop": plain_loop,
    "lab": our_way,
}


def throughput() -> tuple[dict[str, Any], list[Any]]:
    """The figures, and each round's."""
    records = []
    with serving(LATENCY) as url:
        resolved = experiment(url, CELLS // 2, AT_ONCE)
        small = experiment(url, AT_ONCE // 2, AT_ONCE)
        for way in WAYS.values():  # imports, connections
            asyncio.run(_awaited(way(small, AT_ONCE)))
        for number in range(ROUNDS):
            for name in list(WAYS)[:: 1 if number % 2 else -1]:
                began, cpu = time.perf_counter(), _cpu()
                asyncio.run(_awaited(WAYS[name](resolved, AT_ONCE)))
                took = time.perf_counter() - began
                share = (_cpu() - cpu) / took
                records.append({"way": name, "seconds": round(took, 3), "cpu": round(share, 3)})
                say(f"{name}: {CELLS} cells in {took:.1f} s, {100 * share:.0f}% of a core")
    rate = {
        name: CELLS / statistics.median(r["seconds"] for r in records if r["way"] == name)
        for name in WAYS
    }
    result = {
        "latency": LATENCY,
        "at_once": AT_ONCE,
        "cells": CELLS,
        "ceiling": AT_ONCE / LATENCY,
        "cells_per_second": {name: round(value, 3) for name, value in rate.items()},
        "lab_to_plain_loop": round(rate["lab"] / rate["plain loop"], 4),
        "lab_to_bare_calls": round(rate["lab"] / rate["bare calls"], 4),
    }
    return result, records


async def _awaited(way: Awaitable[None]) -> None:
    await way


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
