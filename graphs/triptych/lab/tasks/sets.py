"""Tasks by the name of their set, or by the path of a file or folder of one's own."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from triptych.errors import LabError
from triptych.lab.tasks import humaneval
from triptych.lab.tasks.folder import read_folder
from triptych.lab.tasks.jsonl import read_jsonl
from triptych.lab.tasks.task import TaskSet
from triptych.lab.words import TaskSource

SETS: dict[str, Callable[[], TaskSet]] = {"humaneval": humaneval.load}


def load(source: TaskSource, base: Path = Path()) -> TaskSet:
    """The tasks that a source names: first `families` and `take`, then `limit`.

    Args:
        source: The set or path, and what of it.
        base: What a relative path starts from.

    Raises:
        LabError: There is none of that name or path, it cannot be read, or nothing is left of it.
    """
    whole = _whole(source, base)
    tasks = list(whole.tasks)
    if source.take != "all":
        tasks = tasks[1 if source.take == "odd" else 0 :: 2]
    if source.families:
        known = {task.family for task in whole.tasks if task.family}
        for family in source.families:
            if family not in known:
                raise LabError(f"The tasks have no family '{family}'.", _near(family, known))
        tasks = [task for task in tasks if task.family in source.families]
    tasks = tasks[: source.limit]
    if not tasks:
        raise LabError(
            f"Nothing of the {len(whole.tasks)} tasks of '{whole.name}' is left.",
            "Take more of them.",
        )
    return TaskSet(whole.name, whole.version, tuple(tasks))


def source(text: str, **more: object) -> TaskSource:
    """A source as it is typed: the name of a set, else a path.

    Args:
        text: Such as ``humaneval`` or ``./tasks.jsonl``.
        **more: Other fields of `TaskSource`.
    """
    key = "set" if text in SETS else "path"
    return TaskSource.model_validate({key: text, **more})


def _whole(source: TaskSource, base: Path) -> TaskSet:
    if (source.set is None) == (source.path is None):
        raise LabError("Tasks need exactly one of 'set' and 'path'.", f"Sets: {', '.join(SETS)}.")
    if source.set is not None:
        if source.set not in SETS:
            raise LabError(f"There is no task set '{source.set}'.", _near(source.set, SETS))
        return SETS[source.set]()
    path = base / Path(str(source.path)).expanduser()
    if path.is_dir():
        return read_folder(path)
    if path.is_file():
        return read_jsonl(path)
    near = difflib.get_close_matches(str(source.path).lower(), SETS, n=1)
    raise LabError(
        f"There is no task file or folder '{path}'.",
        f"Did you mean the set {near[0]}?" if near else "Check the path.",
    )


def _near(name: str, known: object) -> str:
    names = sorted(map(str, known))  # type: ignore[call-overload]
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(names) or 'none'}."
