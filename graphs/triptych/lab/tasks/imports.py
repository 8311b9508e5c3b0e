"""What hidden tests import and the interpreter that grades does not have."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import PurePosixPath

from triptych.lab.tasks.static import foreign_imports
from triptych.lab.tasks.task import HiddenCheck, LabTask
from triptych.sandbox.interpreter import Interpreter

ASK = """
import importlib.util, json, sys
print(json.dumps([n for n in json.load(sys.stdin) if importlib.util.find_spec(n) is None]))
"""


def missing_imports(tasks: Iterable[LabTask], python: Interpreter) -> dict[str, list[str]]:
    """Task to problems, of tests of functions. Modules among a task's own files are there.

    Args:
        tasks: The tasks.
        python: What will grade them; it is asked once, and only if something is to be asked.
    """
    wanted: dict[str, set[str]] = {}
    for task in tasks:
        if isinstance(task.hidden, HiddenCheck):
            own = {PurePosixPath(p).parts[0].removesuffix(".py") for p in _files(task)}
            if names := set(foreign_imports(task.hidden)) - own:
                wanted[task.id] = names
    lacking = _lacking(sorted(set().union(*wanted.values())), python)
    return {
        id: [
            f"the hidden check imports {name}, which {python.executable} does not have"
            for name in sorted(names & lacking)
        ]
        for id, names in wanted.items()
        if names & lacking
    }


def _files(task: LabTask) -> set[str]:
    return {*task.task.files, *(task.reference or {})}


def _lacking(names: list[str], python: Interpreter) -> set[str]:
    if not names:
        return set()
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python.executable, "-I", "-c", ASK],
        input=json.dumps(names),
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout))
