"""A user's check, from what was typed to what is run in the sandbox."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Container
from dataclasses import dataclass

from triptych.errors import InputError
from triptych.sandbox.inside import FOLDER
from triptych.sandbox.interpreter import SYSTEM, Interpreter

PYTHONS = ("python", "python3")
PYTESTS = ("pytest", "py.test")
# The second comes with LangChain, which a user of Triptych has: half of the start of pytest.
QUIET = ("-p", "no:cacheprovider", "-p", "no:langsmith_plugin")


@dataclass(frozen=True)
class Command:
    """What a check runs.

    Attributes:
        argv: The command and its arguments.
        is_pytest: True if it is run by `inside/triptych_pytest.py`, which vouches for its end.
    """

    argv: tuple[str, ...]
    is_pytest: bool = False


def resolve(check: str, interpreter: Interpreter, files: Container[str] = ()) -> Command:
    """Turn a check into a command. No shell reads it.

    `python` and `pytest` mean the interpreter's own; the path of one of the task's Python files
    alone is a test file.

    Args:
        check: What the user gave.
        interpreter: The user's Python.
        files: The paths of the task's files.

    Raises:
        InputError: It is empty, or has a quote without its partner.
    """
    if check.strip().endswith(".py") and check.strip() in files:
        return _pytest(interpreter, ["-q", check.strip()])
    try:
        words = shlex.split(check)
    except ValueError as error:
        raise InputError(
            f"The check {check!r} cannot be read: {error}.", "Balance its quotes."
        ) from error
    if not words:
        raise InputError("A check is empty.", "Give a command such as 'pytest -q', or none.")
    if words[0] in PYTESTS:
        return _pytest(interpreter, words[1:])
    if words[0] in (*PYTHONS, os.path.basename(interpreter.executable), interpreter.executable):
        if words[1:3] == ["-m", "pytest"]:
            return _pytest(interpreter, words[3:])
        return Command((interpreter.executable, *words[1:]))
    return Command(tuple(words))


def check_command_exists(check: str, interpreter: Interpreter, files: Container[str] = ()) -> None:
    """Refuse a check that could never run, before a model call is spent on it.

    Args:
        check: What the user gave.
        interpreter: The user's Python.
        files: The paths of the task's files.

    Raises:
        InputError: There is no such command in the sandbox, the interpreter has no pytest, or
            the check cannot be read; with its cure.
    """
    command = resolve(check, interpreter, files)
    if command.is_pytest and not interpreter.pytest:
        raise InputError(
            f"The check {check!r} needs pytest, and {interpreter.executable} has none.",
            "Install pytest there, or name another interpreter with --python.",
        )
    name = command.argv[0]
    if name == interpreter.executable or name.startswith("./") or name in files:
        return  # ./run.sh may be what the draft is asked to write
    found = shutil.which(name, path=interpreter.search_path)
    seen = (*SYSTEM, *interpreter.folders)
    if found and any(os.path.abspath(found).startswith(folder + "/") for folder in seen):
        return
    raise InputError(
        f"The check {check!r} starts with {name!r}, which is neither a command in the sandbox "
        "nor one of the task's files.",
        f"Commands are looked for in {interpreter.search_path}; for shell syntax write "
        "sh -c '...', and give a test file with --file first.",
    )


def _pytest(interpreter: Interpreter, arguments: list[str]) -> Command:
    script = f"{FOLDER}/triptych_pytest.py"
    argv = (interpreter.executable, script, *QUIET, *arguments)
    return Command(argv, is_pytest=True)
