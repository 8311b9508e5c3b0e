"""Static checks and examples: one run of the harness on a draft's Python files."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from triptych.errors import SandboxError
from triptych.sandbox.base import MIB, Limits, Result, Sandbox
from triptych.sandbox.inside import FOLDER, scripts
from triptych.sandbox.interpreter import Interpreter
from triptych.sandbox.languages import language
from triptych.sandbox.report import detail
from triptych.sandbox.tests_kept import is_test
from triptych.state import CheckResult, Example

STEP_SECONDS = 5.0
ONLY_RUN = ("__main__.py", "setup.py")
"""Files whose import does something: they are compiled only, as tests are."""

Verdict = tuple[str, str, float]


async def python_steps(
    tree: Mapping[str, str],
    written: Sequence[str],
    examples: Sequence[Example],
    sandbox: Sandbox | None,
    interpreter: Interpreter,
    limits: Limits,
    *,
    why_not: str,
) -> list[CheckResult]:
    """Compile, import and lint what the draft wrote, and run the examples.

    Args:
        tree: The files to check.
        written: Those of them that the draft wrote.
        examples: What was found in the request.
        sandbox: Where to run it; None for nowhere.
        interpreter: The user's Python.
        limits: Of the run.
        why_not: The reason to report where there is no sandbox.

    Returns:
        The results of the examples, then those of the static checks.
    """
    python = [path for path in tree if path.endswith(".py")]
    draft = [path for path in python if path in written]
    steps = list(_static_steps(draft))
    if not draft:
        name = language(written) or "it"
        unchecked = _static("static", "", ("not-run", f"only your own --check can check {name}", 0))
        if not python or not examples:
            reason = f"the draft has no Python to run it with{'' if sandbox else '; ' + why_not}"
            return [*(_example(e, ("not-run", reason, 0)) for e in examples), unchecked]
    verdicts: dict[tuple[str, Any], Verdict] = {}
    rest: Verdict = ("not-run", why_not, 0.0)
    if sandbox:
        verdicts, rest = await _run_harness(
            tree, draft, python, examples, sandbox, interpreter, limits
        )
    found = [_example(e, verdicts.get(("example", n), rest)) for n, e in enumerate(examples)]
    static = [_static(step, path, verdicts.get((step, path), rest)) for step, path in steps]
    # A step that was passed over because an earlier one of its file failed says nothing new.
    static = [r for r in static if r.name == "compiles" or r.status != "not-run" or r.detail]
    return [*found, *(static if draft else [unchecked])]


async def _run_harness(
    tree: Mapping[str, str],
    draft: list[str],
    python: list[str],
    examples: Sequence[Example],
    sandbox: Sandbox,
    interpreter: Interpreter,
    limits: Limits,
) -> tuple[dict[tuple[str, Any], Verdict], Verdict]:
    """The verdicts by step, and the one for steps that have none."""
    nonce = secrets.token_hex(16)
    job = {
        "nonce": nonce,
        "draft": draft,
        "tree": python,
        "skip": [path for path in python if not _is_module(path)],
        "examples": [{"code": e.code, "want": e.want} for e in examples],
        "seconds": min(STEP_SECONDS, limits.wall_seconds / 3),
    }
    argv = [interpreter.executable, f"{FOLDER}/triptych_harness.py"]
    limits = replace(limits, output_bytes=max(limits.output_bytes, 4 * MIB))
    try:
        run = await sandbox.run(
            argv,
            {**tree, **await asyncio.to_thread(scripts)},
            python=interpreter,
            limits=limits,
            stdin=json.dumps(job) + "\n",
        )
    except SandboxError as error:
        return {}, ("not-run", str(error), 0.0)
    lines = [json.loads(line[33:]) for line in run.stdout.splitlines() if line.startswith(nonce)]
    verdicts: dict[tuple[str, Any], Verdict] = {
        (v["step"], v.get("example", v["path"])): (v["status"], v["detail"], v["seconds"])
        for v in lines
    }
    return verdicts, _rest(run, limits, verdicts)


def _rest(run: Result, limits: Limits, verdicts: Mapping[tuple[str, Any], Verdict]) -> Verdict:
    broken = [p for (step, p), v in verdicts.items() if step == "compiles" and v[0] != "passed"]
    if broken:
        return "not-run", f"{broken[0]} does not compile", 0.0
    if run.exit_code == 0 and not run.killed_by:
        return "not-run", "", 0.0
    return ("timeout" if run.timed_out else "failed"), detail(replace(run, stdout=""), limits), 0.0


def _static_steps(draft: Sequence[str]) -> Iterator[tuple[str, str]]:
    for path in draft:
        yield "compiles", path
        if _is_module(path):
            yield "imports", path
            yield "lint", path


def _is_module(path: str) -> bool:
    return not is_test(path) and PurePosixPath(path).name not in ONLY_RUN


def _example(example: Example, verdict: Verdict) -> CheckResult:
    name = example.source.strip()
    return _result("example", name, example.source, verdict)


def _static(step: str, path: str, verdict: Verdict) -> CheckResult:
    return _result("static", step, path, verdict)


def _result(kind: str, name: str, source: str, verdict: Verdict) -> CheckResult:
    status, text, seconds = verdict
    return CheckResult.model_validate(
        {"kind": kind, "name": name, "source": source, "status": status}
        | {"detail": text, "seconds": round(seconds, 3)}
    )
