"""Calls that are made once: what the key holds, who shares, and what is never kept."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from pydantic import BaseModel

from triptych import chat_model
from triptych.errors import LabError, ModelError
from triptych.lab.measuring.calls import CallMemory
from triptych.testing import Reply, ScriptedServer


def numbered() -> Any:
    """A script whose every answer is another."""
    count = 0

    def script(body: dict[str, Any]) -> Reply:
        nonlocal count
        count += 1
        return Reply(f"answer {count}")

    return script


def test_the_trap_the_shipped_classs_key_is_equal_for_other_models_and_temperatures() -> None:
    """LangChain's cache would replay the other variant's answer (PROMPTS.md, trap 1)."""
    made = [
        Shipped(base_url="http://127.0.0.1:9/v1", model=model, api_key="k", temperature=heat)
        for model, heat in (("one", 0.0), ("two", 0.0), ("one", 0.8))
    ]
    assert len({model._get_llm_string() for model in made}) == 1


async def test_equal_calls_of_a_trial_are_made_once_and_say_so() -> None:
    with ScriptedServer(numbered()) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m", seed=1)
        first = await model.recalling(memory.recall(0)).ainvoke("Hi")
        again = await model.recalling(memory.recall(0)).ainvoke("Hi")

    assert len(server.chats) == 1
    assert again.content == first.content == "answer 1"
    assert "replayed" not in first.response_metadata
    assert again.response_metadata["replayed"] is True
    assert again.response_metadata["seconds"] > 0
    assert again.usage_metadata == first.usage_metadata


OTHERS: dict[str, dict[str, Any]] = {
    "model": {"model": "other"},
    "temperature": {"temperature": 0.7},
    "top_p": {"top_p": 0.5},
    "max_tokens": {"max_tokens": 7},
    "seed": {"seed": 2},
    "stop": {"stop": ["x"]},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
async def test_a_call_that_differs_in_anything_is_another(change: dict[str, Any]) -> None:
    with ScriptedServer(numbered(), models=["m", "other"]) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m", seed=1)
        await model.recalling(memory.recall(0)).ainvoke("Hi")
        await model.model_copy(update=change).recalling(memory.recall(0)).ainvoke("Hi")
        await model.recalling(memory.recall(0)).bind(extra_body={"x": 1}).ainvoke("Hi")

    assert len(server.chats) == 3


async def test_another_endpoint_trial_salt_or_message_is_another_call() -> None:
    with (
        ScriptedServer(numbered()) as one,
        ScriptedServer(numbered()) as two,
        CallMemory() as memory,
    ):
        here = chat_model(base_url=one.base_url, model="m")
        there = chat_model(base_url=two.base_url, model="m")
        for model, trial, salt, text in (
            (here, 0, "", "Hi"),
            (there, 0, "", "Hi"),
            (here, 1, "", "Hi"),
            (here, 0, "again", "Hi"),
            (here, 0, "", "Ho"),
        ):
            await model.recalling(memory.recall(trial, salt)).ainvoke(text)

    assert len(one.chats) == 4
    assert len(two.chats) == 1


async def test_a_schema_is_part_of_the_call() -> None:
    class One(BaseModel):
        one: int

    with ScriptedServer(lambda body: '{"one": 1}') as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m")
        await model.recalling(memory.recall(0)).with_structured_output(One).ainvoke("Hi")
        again = await model.recalling(memory.recall(0)).with_structured_output(One).ainvoke("Hi")
        await model.recalling(memory.recall(0)).ainvoke("Hi")

    assert again == One(one=1)
    assert len(server.chats) == 2


async def test_a_cell_that_asks_the_same_twice_draws_twice_and_another_cell_draws_the_same() -> (
    None
):
    with ScriptedServer(numbered()) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m")
        said = []
        for _ in range(2):
            mine = model.recalling(memory.recall(0))
            said.append([(await mine.ainvoke("Hi")).content for _ in range(2)])

    assert said == [["answer 1", "answer 2"]] * 2
    assert len(server.chats) == 2


async def test_of_two_at_once_one_asks() -> None:
    with ScriptedServer(lambda body: Reply("slow", delay=0.1)) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m")
        both = [model.recalling(memory.recall(0)).ainvoke("Hi") for _ in range(5)]
        answers = await asyncio.gather(*both)

    assert len(server.chats) == 1
    assert sum(bool(a.response_metadata.get("replayed")) for a in answers) == 4


async def test_an_error_is_not_kept_and_the_one_who_waited_asks_itself() -> None:
    replies = iter([Reply("broken", status=400, delay=0.1), Reply("well")])
    with ScriptedServer(lambda body: next(replies)) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m")
        first, second = memory.recall(0), memory.recall(0)
        failed, answer = await asyncio.gather(
            model.recalling(first).ainvoke("Hi"),
            model.recalling(second).ainvoke("Hi"),
            return_exceptions=True,
        )

    assert isinstance(failed, ModelError)
    assert first.faults == [failed]
    assert isinstance(answer, AIMessage)
    assert answer.content == "well"
    assert not second.faults
    assert len(server.chats) == 2


async def test_one_who_is_cancelled_while_asking_holds_nobody_up() -> None:
    with ScriptedServer(lambda body: Reply("slow", delay=0.3)) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m")
        first = asyncio.create_task(model.recalling(memory.recall(0)).ainvoke("Hi"))
        await asyncio.to_thread(server.wait_for, 1, timeout=10)
        second = asyncio.create_task(model.recalling(memory.recall(0)).ainvoke("Hi"))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).content == "slow"


async def test_what_was_asked_before_a_crash_is_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "calls.sqlite"
    with ScriptedServer(numbered()) as server:
        model = chat_model(base_url=server.base_url, model="m")
        with CallMemory(path) as memory:
            first = await model.recalling(memory.recall(0)).ainvoke("Hi")
        with CallMemory(path) as memory:
            again = await model.recalling(memory.recall(0)).ainvoke("Hi")

    assert again.content == first.content
    assert len(server.chats) == 1


async def test_a_damaged_entry_costs_a_call_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    with ScriptedServer(numbered()) as server:
        model = chat_model(base_url=server.base_url, model="m")
        with CallMemory(path) as memory:
            await model.recalling(memory.recall(0)).ainvoke("Hi")
        for text in ("{", "{}", '{"message": 1, "seconds": 1}'):
            with sqlite3.connect(path) as db:
                db.execute("UPDATE calls SET answer = ?", (text,))
            with CallMemory(path) as memory:
                answer = await model.recalling(memory.recall(0)).ainvoke("Hi")
                assert "replayed" not in answer.response_metadata


def test_a_file_that_is_no_memory_is_told_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_text("something else, and long enough to be no header of a database" * 100)

    with pytest.raises(LabError, match="Delete it"):
        CallMemory(path)


async def test_a_full_disk_costs_only_the_memory() -> None:
    with ScriptedServer(numbered()) as server:
        model = chat_model(base_url=server.base_url, model="m")
        memory = CallMemory()
        memory.close()  # every statement fails from now on
        answer = await model.recalling(memory.recall(0)).ainvoke("Hi")

    assert answer.content == "answer 1"


async def test_the_catalogue_is_asked_once_for_a_place_and_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str]] = []

    def counted(url: str, model: str) -> None:
        asked.append((url, model))

    monkeypatch.setattr("triptych.lab.measuring.calls.entry_at", counted)
    with ScriptedServer(numbered()) as server, CallMemory() as memory:
        model = chat_model(base_url=server.base_url, model="m").recalling(memory.recall(0))
        for text in ("Hi", "Ho", "Ha"):
            await model.ainvoke(text)

    assert asked == [(server.base_url, "m")]
