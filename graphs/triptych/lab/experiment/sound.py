"""Tasks that cannot be graded are refused before a model is asked."""

from __future__ import annotations

from triptych.errors import LabError
from triptych.lab.grading.grade import bare_interpreter
from triptych.lab.tasks.imports import missing_imports
from triptych.lab.tasks.static import problems
from triptych.lab.tasks.task import TaskSet

CURE = "`triptych lab tasks check` shows all that is wrong with a set."

SHOWN = 3


def refuse_unsound(tasks: TaskSet) -> None:
    """Read each task for what makes it unfit.

    Raises:
        LabError: A hidden check cannot run, or a run would see it; the error names the tasks.
    """
    python = bare_interpreter()
    missing = missing_imports(tasks.tasks, python)
    found = []
    for task in tasks.tasks:
        found += [f"task '{task.id}': {said}" for said in problems(task, python)]
        found += [f"task '{task.id}': {said}" for said in missing.get(task.id, ())]
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise LabError("; ".join(found[:SHOWN]) + more + ".", CURE)
