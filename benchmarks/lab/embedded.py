"""Tokens a second of the embedded model through the lab, beside what its server can do at all."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from parts import SINGLE, NoSandbox, say

from triptych import chat_model
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.grading.grade import Grader
from triptych.lab.measuring.run import ameasure
from triptych.lab.measuring.seeds import seed_of
from triptych.lab.words import Experiment, TaskSource, Variant
from triptych.resources import Resources
from triptych.running import arun

TASKS = 12
ROUNDS = 3
AT_ONCE = (1, 2, 4)

Call = tuple[int, list[dict[str, Any]]]


class Overheard:
    """A memory of calls that answers nothing and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []

    async def arecall(self, call: Any, ask: Any) -> ChatResult:
        """See `Recall`."""
        self.asked.append(call.payload["messages"])
        message = AIMessage("I would rather not.")
        return ChatResult(generations=[ChatGeneration(message=message)])


async def calls_of(resolved: Resolved) -> list[Call]:
    """The call that each cell makes, without making it."""
    (variant,), resources = resolved.variants, Resources()
    made = []
    for task in resolved.tasks.tasks:
        heard = Overheard()
        await arun(
            task.task.request,
            model=variant.model.recalling(heard),  # type: ignore[attr-defined]
            strategy=variant.strategy,
            prompts=dict(variant.templates),
            resources=resources,
        )
        made.append((seed_of(0, task.id, 0), heard.asked[0]))
    return made


async def straight(resolved: Resolved, calls: list[Call], at_once: int) -> int:
    """The calls alone, so many at once; their answers' tokens."""
    places, (variant,) = asyncio.Semaphore(at_once), resolved.variants

    async def one(seed: int, messages: list[dict[str, Any]]) -> int:
        async with places:
            model = variant.model.model_copy(update={"seed": seed})
            answer = await model.ainvoke(messages)
            return int((answer.usage_metadata or {})["output_tokens"])

    return sum(await asyncio.gather(*(one(*call) for call in calls)))


async def through_the_lab(resolved: Resolved, grader: Grader | None) -> int:
    """The cells; their answers' tokens."""
    with tempfile.TemporaryDirectory() as folder:
        run = await ameasure(resolved, Path(folder), grader=grader)
        return sum(record.usage.output_tokens for record in run.records())


async def compared() -> tuple[dict[str, Any], list[Any]]:
    """The figures, and each round's."""
    model = await asyncio.to_thread(chat_model, "local")
    records: list[dict[str, Any]] = []

    async def timed(name: str, way: Any) -> None:
        began = time.perf_counter()
        tokens = await way
        took = time.perf_counter() - began
        rate = round(tokens / took, 3)
        records.append(
            {"way": name, "tokens": tokens, "seconds": round(took, 2), "tokens_per_second": rate}
        )
        say(f"{name}: {tokens} tokens in {took:.0f} s, {rate:.1f} a second")

    def rate(name: str) -> float:
        return statistics.median(r["tokens_per_second"] for r in records if r["way"] == name)

    resolved = _experiment(model, 1)
    calls = await calls_of(resolved)
    await straight(resolved, calls, 2)  # the server's own warming up
    for at_once in AT_ONCE:
        await timed(f"straight, {at_once} at once", straight(resolved, calls, at_once))
    best = max(AT_ONCE, key=lambda n: rate(f"straight, {n} at once"))
    # One more than the server answers at once, as the lab does by itself: while a cell is checked
    # and graded, another one's call is with the server.
    resolved = _experiment(model, best + 1)
    for _ in range(ROUNDS):
        await timed("straight", straight(resolved, calls, best))
        await timed("lab", through_the_lab(resolved, None))
        await timed("lab, not graded", through_the_lab(resolved, NoSandbox()))
    result = {
        "model": "local",
        "cells": TASKS,
        "at_once": best,
        "tokens_per_second": {n: rate(n) for n in ("straight", "lab", "lab, not graded")},
        "lab_to_straight": round(rate("lab") / rate("straight"), 4),
        "lab_not_graded_to_straight": round(rate("lab, not graded") / rate("straight"), 4),
    }
    return result, records


def embedded() -> tuple[dict[str, Any], list[Any]]:
    """`compared`, from the shell."""
    return asyncio.run(compared())


def _experiment(model: Any, at_once: int) -> Resolved:
    made = Experiment(
        name="bench-local",
        tasks=TaskSource(set="humaneval", limit=TASKS),
        variants={"single": Variant(strategy=SINGLE)},
        aa=0.0,
        concurrency=at_once,
    )
    return resolve(made, models={"": model})
