"""A hidden check that calls a function: the test's source against the delivered code."""

from __future__ import annotations

import ast
import json
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from triptych.errors import InputError
from triptych.lab.grading.grade import MOST_DETAIL, Grade, failed, out_of_time
from triptych.lab.tasks.task import HiddenCheck
from triptych.sandbox import Interpreter, Limits, Sandbox

LIMITS = Limits(wall_seconds=30, cpu_seconds=10)
"""The slowest right answer to HumanEval needs about a second of processor time; the wall time is
wide because a local model may be using the same processors."""


async def grade_function(
    files: Mapping[str, str], hidden: HiddenCheck, sandbox: Sandbox, python: Interpreter
) -> Grade:
    """Run the hidden test on delivered files.

    Args:
        files: Path to text; the first file that defines the entry point is tested, the others
            lie beside it.
        hidden: The test.
        sandbox: Where it runs.
        python: What runs it.

    Returns:
        The grade. No code is a failure.

    Raises:
        SandboxError: The sandbox itself did not work: no verdict on the code.
    """
    path = main_file(files, hidden.entry_point)
    if path is None:
        return Grade("failed", "no code was delivered")
    token = secrets.token_hex(16)
    given = {
        "preamble": hidden.preamble,
        "code": files[path],
        "entry_point": hidden.entry_point,
        "test": hidden.test,
        "token": token,
    }
    try:
        result = await sandbox.run(
            [python.executable, "-c", _judge()],
            files,
            python=python,
            limits=LIMITS,
            stdin=json.dumps(given),
        )
    except InputError as error:  # what was delivered is no tree of files
        return Grade("failed", error.message[:MOST_DETAIL])
    if result.exit_code == 0 and result.stdout.rstrip().endswith(f"\n{token}"):
        return Grade("passed")
    return out_of_time(result) or failed(
        result.stderr, f"it ended before the test did, with exit code {result.exit_code}"
    )


def main_file(files: Mapping[str, str], entry_point: str) -> str | None:
    """The path of the file to test; None where there is no code at all."""
    code = [path for path, text in files.items() if text.strip()]
    defining = (path for path in code if entry_point in _defines(files[path]))
    return next(defining, code[0] if code else None)


def _defines(text: str) -> set[str]:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@cache
def _judge() -> str:
    return Path(__file__).with_name("judge.py").read_text(encoding="utf-8")
