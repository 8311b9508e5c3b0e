"""The record of an experiment: one JSON line a cell, written as the cell ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from pydantic import Field, ValidationError

from triptych.errors import LabError
from triptych.state import Usage, Word


class DraftRecord(Word):
    """One draft of a cell: how it was made, what the run knew of it, and the hidden verdict."""

    id: int
    origin: Literal["first", "wave", "repair"]
    planned: bool = False
    parent: int | None = None
    seed: int | None = None
    error: str = Field(default="", description="Why there is no usable code, if so.")
    evidence: dict[str, str] = Field(
        default_factory=dict, description="What the run itself saw: kind to 'passed/all'."
    )
    reply_sha256: str = Field(description="Of the model's own words.")
    files: dict[str, str] = Field(default_factory=dict)
    verdict: Literal["passed", "failed", "timeout"] = Field(
        description="Of the hidden test, run after the run; the run never knew it."
    )
    detail: str = Field(default="", description="The last line of why it did not pass.")


class Record(Word):
    """One cell: a task tried by one arm."""

    task: str
    arm: str
    passed: bool | None = Field(description="None where `error` says that nothing was measured.")
    error: str = Field(default="", description="What of the infrastructure failed, if anything.")
    status: str = ""
    reason: str = ""
    code: str = Field(default="", description="What was delivered.")
    delivered: int | None = Field(default=None, description="The id of the delivered draft.")
    drafts: list[DraftRecord] = Field(default_factory=list)
    same_first_draft: bool | None = Field(
        default=None,
        description="Whether the model's first words were the same in the arm that ran before on "
        "this task; None in that arm.",
    )
    usage: Usage = Usage()
    seconds: float = Field(default=0.0, description="Wall time, waiting for a free slot included.")
    settings: dict[str, Any] = Field(description="What must be equal in all cells of a record.")
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """The cell."""
        return self.task, self.arm

    @property
    def first_words(self) -> str | None:
        """The hash of the first draft's reply; None where there is no draft."""
        return self.drafts[0].reply_sha256 if self.drafts else None


class RecordFile:
    """The file of an experiment, open for appending by one process.

    Opening it drops a last line that a killed process left torn.

    Args:
        path: The JSONL file; made with its folder if missing.

    Raises:
        LabError: Another process writes it, or a line is no record.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LabError(
                f"Another process is writing {path}.", "Wait for it, or name another --out."
            ) from error
        self._file.seek(0)
        data = self._file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            self._file.truncate(whole)
        try:
            self.records = parse(data[:whole], path)
        except LabError:
            self._file.close()
            raise

    def append(self, record: Record) -> None:
        """Add one cell; it is on the disk when this returns."""
        line = json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n"
        self._file.write(line.encode("utf-8", "replace"))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.records.append(record)

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def read(path: Path) -> list[Record]:
    """The records of a file, without changing it; a torn last line is left out.

    Raises:
        LabError: There is no such file, or a line is no record.
    """
    if not path.is_file():
        raise LabError(
            f"There is no record at {path}.",
            f"Make one: triptych lab run humaneval --out {path.parent}",
        )
    data = path.read_bytes()
    return parse(data[: data.rfind(b"\n") + 1], path)


def parse(data: bytes, path: Path) -> list[Record]:
    """The records of whole lines; `path` is for the error.

    Raises:
        LabError: A line is no record.
    """
    records = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            raise LabError(
                f"{path}:{number} is no record of this version of the lab.",
                "Name another --out, or take the line away.",
            ) from error
    return records


def finished(records: list[Record]) -> dict[tuple[str, str], Record]:
    """The measured cells. A cell that the infrastructure failed is tried again, and stays in the
    file as it was.
    """
    return {r.key: r for r in records if not r.error}


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[str]:
    """What differs between two settings, one line each: where, the old and the new value."""
    out: list[str] = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        where = f"{path}.{key}" if path else key
        if isinstance(before, dict) and isinstance(after, dict):
            out += differences(before, after, where)
        elif before != after:
            out.append(f"{where}: {before} in the record, {after} now")
    return out
