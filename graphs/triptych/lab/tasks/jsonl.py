"""A task set in one file: a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from triptych.errors import LabError
from triptych.lab.tasks.form import CURE, read_form, written
from triptych.lab.tasks.task import LabTask, TaskSet


def read_jsonl(path: Path) -> TaskSet:
    """The tasks of a JSONL file; empty lines are skipped.

    Args:
        path: The file. Its name without the ending is the set's.

    Raises:
        LabError: It cannot be read, a line is broken (the error begins with ``path:line:``), or
            two tasks have one id.
    """
    tasks: list[LabTask] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        task = read_form(_parsed(line, path, number), f"{path}:{number}")
        if task.id in lines:
            raise LabError(
                f"{path}:{number}: the id '{task.id}' stands in line {lines[task.id]} already.",
                "Give each task its own id.",
            )
        lines[task.id] = number
        tasks.append(task)
    if not tasks:
        raise LabError(f"{path} holds no task.", CURE)
    return TaskSet(name=path.stem, version="", tasks=tuple(tasks))


def write_jsonl(tasks: Iterable[LabTask], path: Path) -> None:
    """Write tasks, hidden checks included, so that `read_jsonl` gives them back.

    Raises:
        LabError: The disk refuses.
    """
    lines = [json.dumps(written(task), ensure_ascii=False) + "\n" for task in tasks]
    try:
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}.", "Check the path.") from None


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise LabError(f"{path} is no UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from None
    return text


def _parsed(line: str, path: Path, number: int) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else "it is too deep"
        raise LabError(
            f"{path}:{number}: no JSON ({said}{column}).", "Write one JSON object on each line."
        ) from None
