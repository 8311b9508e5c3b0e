"""A hidden check that is a command: its files laid over what was delivered, then it must exit 0."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Mapping

from triptych.errors import InputError, LabError
from triptych.lab.grading.grade import MOST_DETAIL, Grade, failed, out_of_time
from triptych.lab.tasks.task import HiddenCommand
from triptych.sandbox import Interpreter, Limits, Sandbox
from triptych.sandbox.commands import resolve
from triptych.sandbox.inside import scripts


async def grade_command(
    files: Mapping[str, str], hidden: HiddenCommand, sandbox: Sandbox, python: Interpreter
) -> Grade:
    """Run the hidden command on delivered files.

    pytest vouches for its end: code that ends the process early cannot pass by that. Of another
    command only the exit code is known.

    Args:
        files: Path to text of all that was delivered and all that it started from.
        hidden: The command, and the files that replace or join them.
        sandbox: Where it runs; no shell reads the command.
        python: What `python` and `pytest` mean in it.

    Raises:
        InputError: The command cannot be read.
        LabError: It needs pytest, and the interpreter has none.
        SandboxError: The sandbox itself did not work: no verdict on the code.
    """
    tree = {**files, **hidden.files}
    command = resolve(hidden.command, python, tree)
    nonce = ""
    if command.is_pytest:
        if not python.pytest:
            raise LabError(
                f"The hidden check {hidden.command!r} needs pytest; {python.executable} has none.",
                "Install it there, or write the check with `python -m unittest`.",
            )
        nonce = secrets.token_hex(16)
        tree |= await asyncio.to_thread(scripts)
    limits = Limits(wall_seconds=hidden.timeout, cpu_seconds=max(1, math.ceil(hidden.timeout)))
    try:
        result = await sandbox.run(
            command.argv, tree, python=python, limits=limits, stdin=nonce and nonce + "\n"
        )
    except InputError as error:  # a delivered `tests` where the check has tests/test_a.py
        return Grade("failed", error.message[:MOST_DETAIL])
    if late := out_of_time(result):
        return late
    if result.exit_code == 0 and not result.killed_by:
        if nonce in result.stdout:
            return Grade("passed")
        return Grade("failed", "it ended before the tests did")
    said = f"{result.stdout.replace(nonce, '') if nonce else result.stdout}\n{result.stderr}"
    return failed(said, f"exit code {result.exit_code}")
