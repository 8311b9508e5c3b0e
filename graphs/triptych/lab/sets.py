"""The task sets by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from triptych.errors import LabError
from triptych.lab import humaneval
from triptych.lab.tasks import TaskSet

SETS: dict[str, Callable[[int | None], TaskSet]] = {"humaneval": humaneval.load}


def load(name: str, limit: int | None = None) -> TaskSet:
    """The task set of that name; `limit` takes only so many of its first tasks.

    Raises:
        LabError: There is none of that name, or its data is missing.
    """
    if name not in SETS:
        near = difflib.get_close_matches(name.lower(), SETS, n=1, cutoff=0.0)[0]
        raise LabError(f"There is no task set called {name!r}.", f"Did you mean {near}?")
    return SETS[name](limit)
