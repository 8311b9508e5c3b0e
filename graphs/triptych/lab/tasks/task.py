"""What the lab measures on: a task that a run sees, beside a check that it never sees.

On purpose none of the words of `triptych.state`: no field of a task, a state or an outcome can hold
a hidden check, and it has no JSON form. Its texts are kept out of its repr, and so out of logs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from triptych.state import Task, to_json


@dataclass(frozen=True)
class HiddenCheck:
    """A test of one function that a run delivered.

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
class HiddenCommand:
    """Files laid over what a run delivered, then a command that must exit with 0.

    Attributes:
        command: As a visible check is written; no shell reads it.
        files: Path to text. They win over delivered ones of the same path.
        timeout: Seconds of wall time.
    """

    command: str
    files: Mapping[str, str] = field(repr=False)
    timeout: float = 30.0


Hidden = HiddenCheck | HiddenCommand


@dataclass(frozen=True)
class LabTask:
    """One problem: only `task` is handed to a run, only the grader reads `hidden`.

    Attributes:
        id: Unlike all others of its set.
        task: Request, starting files and visible checks.
        hidden: What the score comes from.
        family: Tasks that share an origin count as one in the statistics; empty: a family of its
            own.
        reference: Path to text of a right solution, if one is known; only `tasks check` uses it.
    """

    id: str
    task: Task
    hidden: Hidden = field(repr=False)
    family: str = ""
    reference: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def unit(self) -> str:
        """What counts as one in the statistics: its family, or the task itself."""
        return self.family or f"\0{self.id}"

    @property
    def sha256(self) -> str:
        """Over all of it, hidden check and reference included."""
        hidden = [type(self.hidden).__name__, *map(_plain, vars(self.hidden).values())]
        return _sha256([self.id, to_json(self.task), self.family, hidden, _plain(self.reference)])


@dataclass(frozen=True)
class TaskSet:
    """Problems that belong together.

    Attributes:
        name: Such as "humaneval".
        version: Of the data, for people; a record of another version is not gone on with.
        tasks: In the order of the data.
    """

    name: str
    version: str
    tasks: tuple[LabTask, ...]

    @property
    def units(self) -> int:
        """How many count in the statistics: families, and tasks without one."""
        return len({task.unit for task in self.tasks})

    @property
    def sha256(self) -> str:
        """Over the id and the hash of each task, in order."""
        return _sha256([[task.id, task.sha256] for task in self.tasks])


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
