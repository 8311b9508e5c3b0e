"""Verify: what running a draft shows."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from triptych.errors import SandboxError
from triptych.sandbox.base import Limits, Result, Sandbox
from triptych.sandbox.commands import resolve
from triptych.sandbox.drafted import python_steps
from triptych.sandbox.inside import scripts
from triptych.sandbox.interpreter import Interpreter
from triptych.sandbox.report import detail
from triptych.sandbox.tests_kept import checked_tree
from triptych.state import CheckResult, Evidence, Example, Task

NO_SANDBOX = "there is no sandbox on this machine"

COMMAND_LIMITS = Limits(wall_seconds=120.0, cpu_seconds=120)
"""A user's own check may start a whole test suite; examples and imports get the usual limits."""


async def verify(
    task: Task,
    files: Mapping[str, str],
    examples: Sequence[Example],
    *,
    sandbox: Sandbox | None,
    interpreter: Interpreter,
    limits: Limits | None = None,
    most_seconds: float | None = None,
    why_not: str = NO_SANDBOX,
) -> Evidence:
    """Run all checks on a draft, each in a fresh folder.

    Tests that the task brought are checked as the task has them, whatever the draft made of
    them. If the draft does not compile, nothing else is run.

    Args:
        task: What was asked, with its files and checks.
        files: The full tree after the draft.
        examples: What was found in the request.
        sandbox: Where to run it; None reports every check as not run.
        interpreter: The user's Python.
        limits: Of each run; None for the defaults: `COMMAND_LIMITS` for the user's checks.
        most_seconds: Wall time that is left for each run, if that is less.
        why_not: The reason to report where there is no sandbox.

    Returns:
        The results, strongest kind first: the user's checks, examples, static checks.

    Raises:
        InputError: A check or a path cannot be used as given.
    """
    tree = checked_tree(task.files, files, task.checks)
    written = [path for path, text in tree.items() if task.files.get(path) != text]
    usual, for_commands = limits or Limits(), limits or COMMAND_LIMITS
    if most_seconds is not None:
        usual = replace(usual, wall_seconds=min(usual.wall_seconds, most_seconds))
        wall = min(for_commands.wall_seconds, most_seconds)
        for_commands = replace(for_commands, wall_seconds=wall)
    weaker = await python_steps(
        tree, written, examples, sandbox, interpreter, usual, why_not=why_not
    )
    reason = "" if sandbox else why_not
    if any(r.name == "compiles" and r.status == "failed" for r in weaker):
        reason = "the draft does not compile"
    commands = await asyncio.gather(
        *(_command(c, task, tree, sandbox, interpreter, for_commands, reason) for c in task.checks)
    )
    return Evidence(results=[*commands, *weaker])


async def _command(
    check: str,
    task: Task,
    tree: Mapping[str, str],
    sandbox: Sandbox | None,
    interpreter: Interpreter,
    limits: Limits,
    reason: str,
) -> CheckResult:
    def result(status: str, text: str, seconds: float = 0.0) -> CheckResult:
        return CheckResult.model_validate(
            {"kind": "command", "name": check, "source": check}
            | {"status": status, "detail": text, "seconds": round(seconds, 3)}
        )

    if reason or sandbox is None:
        return result("not-run", reason)
    command = resolve(check, interpreter, task.files)
    nonce = secrets.token_hex(16)
    try:
        run = await sandbox.run(
            command.argv,
            {**tree, **await asyncio.to_thread(scripts)} if command.is_pytest else tree,
            python=interpreter,
            limits=limits,
            stdin=nonce + "\n" if command.is_pytest else "",
        )
    except SandboxError as error:
        return result("not-run", str(error))
    status = _status(run)
    if not command.is_pytest:
        return result(status, detail(run, limits), run.seconds)
    reported = replace(run, stdout=run.stdout.replace(nonce, "").rstrip())
    if reported.stdout.strip():
        reported = replace(reported, stderr="")  # warnings of plugins, as a rule
    text = detail(reported, limits)
    if status == "passed" and nonce not in run.stdout:
        return result("failed", f"the process ended before pytest reported\n{text}", run.seconds)
    return result(status, text, run.seconds)


def _status(run: Result) -> str:
    if run.timed_out:
        return "timeout"
    return "passed" if run.exit_code == 0 and not run.killed_by else "failed"
