"""Tasks that come from Python, as a set."""

from __future__ import annotations

from collections.abc import Iterable

from triptych.errors import LabError
from triptych.lab.tasks.task import LabTask, TaskSet


def task_set(tasks: Iterable[LabTask], name: str = "tasks") -> TaskSet:
    r"""A set of the tasks, in the order given.

    Args:
        tasks: The tasks; they are taken once.
        name: What the record calls the set.

    Raises:
        LabError: There is none, two have one id, or an id is empty.

    Example:
        >>> from triptych.lab import HiddenCheck, LabTask
        >>> from triptych.state import Task
        >>> test = "def check(f):\n    assert f(2) == 4\n"
        >>> task = LabTask("double", Task(request="double(x)"), HiddenCheck("double", test))
        >>> task_set([task]).tasks[0].id
        'double'
    """
    taken = tuple(tasks)
    if not taken:
        raise LabError(f"The task set '{name}' is empty.", "Give at least one task.")
    seen: dict[str, int] = {}
    for number, task in enumerate(taken):
        if not task.id.strip():
            raise LabError(f"Task {number} of '{name}' has no id.", "Give each task its own id.")
        if task.id in seen:
            raise LabError(
                f"The tasks {seen[task.id]} and {number} of '{name}' (counted from 0) have the "
                f"same id '{task.id}'.",
                "Give each task its own id.",
            )
        seen[task.id] = number
    return TaskSet(name=name, version="", tasks=taken)
