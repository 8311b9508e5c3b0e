"""What the lab measures on: a task that a run sees, beside a check that it never sees."""

from __future__ import annotations

from dataclasses import dataclass, field

from triptych.state import Task


@dataclass(frozen=True)
class HiddenCheck:
    """The test that grades what a run delivered.

    On purpose none of the words of `triptych.state`: no field of a task, a state or an outcome can
    hold it, and it has no JSON form. Its texts are kept out of its repr, and so out of logs.

    Attributes:
        entry_point: The name that the delivered code must define.
        test: Python source that defines ``check(candidate)``, which raises on a wrong candidate.
        preamble: Source that the request shows above the function, such as imports and helpers;
            it is run before the delivered code, which may then repeat it or not.
    """

    entry_point: str
    test: str = field(repr=False)
    preamble: str = field(default="", repr=False)


@dataclass(frozen=True)
class LabTask:
    """One problem: only `task` is handed to a run, only the grader reads `hidden`."""

    id: str
    task: Task
    hidden: HiddenCheck


@dataclass(frozen=True)
class TaskSet:
    """Problems that belong together.

    Attributes:
        name: Such as "humaneval".
        version: Of the data, for people.
        sha256: Of the data's bytes: records of other data are not mixed with these.
        tasks: In the order of the data.
    """

    name: str
    version: str
    sha256: str
    tasks: tuple[LabTask, ...]
