"""The folder of a run: what it was asked to measure, and one line for each cell that it has."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from triptych.errors import LabError
from triptych.lab.frozen import Fingerprint
from triptych.lab.records import CellKey, Failure, Record
from triptych.prompts.disk import replace_whole

FINGERPRINT = "experiment.json"
CELLS = "cells.jsonl"
ERRORS = "errors.jsonl"

Line = TypeVar("Line", Record, Failure)


@dataclass(frozen=True)
class RunFolder:
    """A run to read, finished or not.

    Attributes:
        path: The folder.
        fingerprint: What is measured there.

    Example:
        >>> run = RunFolder.open(Path("out"))  # doctest: +SKIP
        >>> sum(record.passed for record in run.records())  # doctest: +SKIP
        31
    """

    path: Path
    fingerprint: Fingerprint

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The run in a folder.

        Raises:
            LabError: There is none, it is damaged, or of another version of the lab.
        """
        file = path / FINGERPRINT
        try:
            data = json.loads(file.read_bytes())
        except FileNotFoundError as error:
            raise LabError(
                f"There is no run in {path}: it has no {FINGERPRINT}.",
                f"Make one: triptych lab run EXPERIMENT.yaml --out {path}",
            ) from error
        except (OSError, ValueError) as error:
            raise LabError(
                f"{file} cannot be read: {error}", "Bring it back from a copy, or measure anew."
            ) from error
        version = data.get("schema_version", 1) if isinstance(data, dict) else None
        if version != 1:
            raise LabError(
                f"{file} is of version {version} of the lab's format; this one reads version 1.",
                "Read it with the Triptych that wrote it.",
            )
        try:
            return cls(path, Fingerprint.model_validate(data))
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(str(part) for part in wrong["loc"])
            raise LabError(
                f"{file} describes no run: {where}: {wrong['msg']}.",
                "Bring it back from a copy, or name another folder.",
            ) from error

    def records(self) -> Iterator[Record]:
        """The measured cells in the order of writing, one at a time; a torn last line is left out.

        Raises:
            LabError: A line is no record.
        """
        return records_in(self.path)

    def failures(self) -> Iterator[Failure]:
        """The attempts that measured nothing, in the order of writing.

        Raises:
            LabError: A line is none.
        """
        return _lines(self.path / ERRORS, Failure)

    def replace(self, name: str, text: str) -> Path:
        """Write a made file, such as result.json: the whole of it, or it stays as it was."""
        return write_whole(self.path / name, text)


class RecordWriter:
    """The cells of a run, open for appending by one process.

    Opening it drops a last line that a killed process left torn. No record is kept in memory.

    Args:
        path: The run's folder; made if missing.

    Attributes:
        path: The folder.
        done: The measured cells.
        attempts: Failed attempts of each cell.

    Raises:
        LabError: Another process writes there, or a line is no record.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._cells = (path / CELLS).open("a+b")
        try:
            fcntl.flock(self._cells, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._cells.close()
            raise LabError(
                f"Another process is writing {path}.", "Wait for it, or name another --out."
            ) from error
        self._errors = (path / ERRORS).open("a+b")
        try:
            for file in (self._cells, self._errors):
                _drop_torn(file)
            self.done: set[CellKey] = {record.key for record in records_in(path)}
            self.attempts: Counter[CellKey] = Counter(f.key for f in _lines(path / ERRORS, Failure))
        except BaseException:
            self.close()
            raise

    def append(self, record: Record) -> bool:
        """Add one cell; it is on the disk when this returns.

        Returns:
            False, and nothing is written, if the cell is there already.
        """
        if record.key in self.done:
            return False
        _append(self._cells, record)
        os.fsync(self._cells.fileno())
        self.done.add(record.key)
        return True

    def append_failure(self, failure: Failure) -> None:
        """Add one attempt that measured nothing."""
        _append(self._errors, failure)
        self.attempts[failure.key] += 1

    def close(self) -> None:
        """Let another process write."""
        self._errors.close()
        self._cells.close()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def records_in(folder: Path) -> Iterator[Record]:
    """The cells of a folder, as `RunFolder.records`; none where nothing was measured.

    Raises:
        LabError: A line is no record.
    """
    return _lines(folder / CELLS, Record)


def write_whole(path: Path, text: str) -> Path:
    """Write a file so that a reader, and a crash, meet the old one or the new one, none between."""
    replace_whole(path, text.encode("utf-8", "replace"))
    return path


def _append(file: BinaryIO, word: Record | Failure) -> None:
    # Not model_dump_json: a model may write half a surrogate pair, which it refuses.
    line = json.dumps(word.model_dump(mode="json"), ensure_ascii=False) + "\n"
    file.write(line.encode("utf-8", "replace"))
    file.flush()


def _drop_torn(file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    at, tail = size, b""
    while at > 0 and b"\n" not in tail:
        step = min(1 << 16, at)
        at -= step
        file.seek(at)
        tail = file.read(step) + tail
    whole = at + tail.rfind(b"\n") + 1
    if whole < size:
        file.truncate(whole)


def _lines(path: Path, kind: type[Line]) -> Iterator[Line]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # it is being written, or its writer was killed
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise LabError(
                    f"{path}:{number} is no record of this version of the lab.",
                    "Take the line away, or name another folder.",
                ) from error
