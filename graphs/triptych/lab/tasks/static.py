"""What can be seen to be wrong with a task before anything is spent on it. Nothing is run here."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Mapping

from triptych.errors import InputError
from triptych.lab.tasks.task import HiddenCheck, HiddenCommand, LabTask
from triptych.sandbox.commands import check_command_exists
from triptych.sandbox.interpreter import Interpreter

SHORTEST_LEAK = 20
"""Characters: a shorter hidden text may stand in a request by chance."""


def problems(task: LabTask, python: Interpreter | None = None) -> list[str]:
    """Why a task cannot measure anything, as far as reading it shows.

    Args:
        task: The task.
        python: What will grade it; None leaves out what depends on it: its commands.

    Returns:
        One sentence a problem, none of them with a text of the hidden check.
    """
    found = list(_leaks(task))
    if isinstance(task.hidden, HiddenCheck):
        found += _function(task.hidden)
    else:
        found += _command(task, task.hidden, python)
    return found


def foreign_imports(hidden: HiddenCheck) -> list[str]:
    """Modules that the hidden test imports and that do not come with Python."""
    names: set[str] = set()
    for source in (hidden.preamble, hidden.test):
        for node in ast.walk(_tree(source) or ast.Module(body=[], type_ignores=[])):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return sorted(names - sys.stdlib_module_names - {"__future__"})


def _function(hidden: HiddenCheck) -> Iterator[str]:
    if not hidden.entry_point.isidentifier():
        yield f"the entry point '{hidden.entry_point}' of the hidden check is no name of a function"
    if fault := _fault(hidden.preamble):
        yield f"the hidden check's preamble does not compile: {fault}"
    if fault := _fault(hidden.test):
        yield f"the hidden check does not compile: {fault}"
    elif "check" not in _defined(hidden.test):
        yield "the hidden check does not define check(candidate)"


def _command(task: LabTask, hidden: HiddenCommand, python: Interpreter | None) -> Iterator[str]:
    for path, text in hidden.files.items():
        if path.endswith(".py") and (fault := _fault(text)):
            yield f"the hidden file {path} does not compile: {fault}"
    if python is None:
        return
    files = {**task.task.files, **(task.reference or {}), **hidden.files}
    for what, command in (
        ("hidden command", hidden.command),
        *(("check", check) for check in task.task.checks),
    ):
        try:
            check_command_exists(command, python, files)
        except InputError as error:
            yield f"the {what} cannot run: {error.message}"


def _leaks(task: LabTask) -> Iterator[str]:
    """A hidden text that a run would read in its request or in its files."""
    seen = [task.task.request, *task.task.files.values(), *task.task.checks]
    hidden: Mapping[str, str]
    if isinstance(task.hidden, HiddenCheck):
        hidden = {"test": task.hidden.test}
    else:
        hidden = task.hidden.files
    for name, text in hidden.items():
        sought = text.strip()
        if len(sought) >= SHORTEST_LEAK and any(sought in shown for shown in seen):
            yield f"the run would see the hidden {name}: it stands in the request or the files"


def _tree(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _fault(source: str) -> str:
    """Why a source does not compile, without showing it; empty if it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes; they would quote the line
            compile(source, "hidden", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return type(error).__name__
    return ""


def _defined(source: str) -> set[str]:
    tree = _tree(source)
    names: set[str] = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name) for alias in node.names}
    return names
