"""Calls made once: what two variants ask alike in one trial, and what was asked before a crash."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from triptych.errors import LabError
from triptych.models import entry_at
from triptych.models.http.call import Call

if TYPE_CHECKING:
    from triptych.lab.experiment.live import LiveVariant
    from triptych.lab.measuring.schedule import Block

_TABLE = "CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID"


class CallMemory:
    """Whole answers by everything that made them. Errors are never kept.

    Two variants that ask the very same thing in one trial share the answer: the difference between
    them then holds no noise that neither of them makes. Two trials never share.

    Args:
        path: A SQLite file, made if missing; it may be deleted at any time between runs. None:
            in memory.

    Raises:
        LabError: The file is no such memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            # A lost entry is asked for again; the record's own lines are what is synced.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(_TABLE)
        except sqlite3.Error as error:
            raise LabError(
                f"{path} cannot be used as a memory of calls: {error}.", "Delete it."
            ) from error
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._places: dict[tuple[str, str], str] = {}

    def recall(self, trial: int, salt: str = "") -> CellRecall:
        """The memory as one cell may use it.

        Args:
            trial: Answers are shared within it only.
            salt: Answers are shared by cells of an equal one only.
        """
        return CellRecall(self, trial, salt)

    def call_key(self, call: Call) -> str:
        """All that an answer depends on, as one hash: the address and the whole body as it is sent.

        The embedded server has another port each time, and is the same model.
        """
        url, model = call.url.removesuffix("/chat/completions"), str(call.payload.get("model", ""))
        if (url, model) not in self._places:
            entry = entry_at(url, model)
            embedded = entry is not None and entry.kind == "local"
            self._places[url, model] = "embedded" if embedded else url
        body = json.dumps(call.payload, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(f"{self._places[url, model]}\0{body}".encode()).hexdigest()

    async def answer(self, key: str, ask: Callable[[], Awaitable[ChatResult]]) -> ChatResult:
        """What is kept under a key, or what `ask` brings. Of several callers at once, one asks; if
        that fails, the next one does.
        """
        while (before := self._under_way.get(key)) is not None:
            await asyncio.wait([before])
        kept = self._get(key)
        if kept is not None:
            return kept
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way[key] = mine
        began = time.monotonic()
        try:
            result = await ask()
            self._put(key, result, time.monotonic() - began)
        finally:
            del self._under_way[key]
            mine.set_result(None)
        return result

    def _get(self, key: str) -> ChatResult | None:
        try:
            row = self._db.execute("SELECT answer FROM calls WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:  # damaged, or locked by a reader
            return None
        return None if row is None else _read(row[0])

    def _put(self, key: str, result: ChatResult, seconds: float) -> None:
        # No entry is worth a cell: a full disk, or an answer that JSON cannot hold.
        with suppress(sqlite3.Error, TypeError, ValueError):
            text = _written(result, seconds)
            self._db.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", (key, text))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> CallMemory:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class CellRecall:
    """One cell's use of a memory: a call that it makes twice is two draws.

    Attributes:
        faults: The errors that its calls ended with.
    """

    def __init__(self, memory: CallMemory, trial: int, salt: str) -> None:
        self._memory, self._trial, self._salt = memory, trial, salt
        self._seen: Counter[str] = Counter()
        self.faults: list[Exception] = []

    async def arecall(self, call: Call, ask: Callable[[], Awaitable[ChatResult]]) -> ChatResult:
        """See `triptych.models.recall.Recall`."""
        asked = self._memory.call_key(call)
        key = hashlib.sha256(
            f"{asked}\0{self._trial}\0{self._salt}\0{self._seen[asked]}".encode()
        ).hexdigest()
        self._seen[asked] += 1
        try:
            return await self._memory.answer(key, ask)
        except Exception as error:
            self.faults.append(error)
            raise


def sharing(memory: CallMemory, shared: bool) -> Callable[[Block, LiveVariant], CellRecall]:
    """How the cells of a process use a memory of calls.

    Args:
        memory: The memory.
        shared: Variants share the calls that are alike; else each has its own, and only what a
            killed process has asked already is not asked again.
    """

    def recall_for(block: Block, variant: LiveVariant) -> CellRecall:
        return memory.recall(block.trial, variant.salt if shared else f"of {variant.name}")

    return recall_for


def _written(result: ChatResult, seconds: float) -> str:
    """An answer as JSON. No pickle: the file may come from elsewhere."""
    (generation,) = result.generations
    return json.dumps(
        {
            "message": generation.message.model_dump(mode="json"),
            "info": generation.generation_info,
            "output": result.llm_output,
            "seconds": round(seconds, 4),
        }
    )


def _read(text: str) -> ChatResult | None:
    try:
        kept: dict[str, Any] = json.loads(text)
        message = AIMessage.model_validate(kept["message"])
        again = {"replayed": True, "seconds": kept["seconds"]}
    except (ValueError, KeyError, TypeError, AttributeError):  # damaged: the call is made
        return None
    message.response_metadata = {**message.response_metadata, **again}
    generation = ChatGeneration(message=message, generation_info=kept.get("info"))
    return ChatResult(generations=[generation], llm_output=kept.get("output"))
