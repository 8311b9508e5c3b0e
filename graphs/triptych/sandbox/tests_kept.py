"""The files that checks run on: the draft's, with the tests that the task brought put back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

PYTEST_SETTINGS = (
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini",
    "pyproject.toml", "setup.cfg",
)  # fmt: skip
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")


def is_test(path: str) -> bool:
    """True for test_*.py, *_test.py, conftest.py and all below a folder tests or test."""
    pure = PurePosixPath(path)
    named = pure.suffix == ".py" and (pure.stem.startswith("test_") or pure.stem.endswith("_test"))
    return named or pure.name == "conftest.py" or bool({"tests", "test"} & set(pure.parts[:-1]))


def checked_tree(
    before: Mapping[str, str], after: Mapping[str, str], checks: Sequence[str] = ()
) -> dict[str, str]:
    """The tree to check, so that a draft cannot pass by rewriting, removing or steering tests.

    Args:
        before: The task's files.
        after: The full tree after the draft.
        checks: The user's checks: a file of the task that one of them names is a test, too.

    Returns:
        `after` with the task's own tests as the task has them. If there are any, files that
        steer pytest (conftest.py, pyproject.toml and so on) are the task's or absent.
    """
    named = {PurePosixPath(word).as_posix() for check in checks for word in _words(check)}
    if "make" in named:
        named |= set(MAKEFILES)
    tests = {path: text for path, text in before.items() if is_test(path) or path in named}
    tree = dict(after)
    if tests:
        for path in {*before, *after}:
            if PurePosixPath(path).name in PYTEST_SETTINGS:
                tree.pop(path, None)
                if path in before:
                    tests[path] = before[path]
    return tree | tests


def _words(check: str) -> list[str]:
    try:
        return shlex.split(check)
    except ValueError:  # refused elsewhere, with its cure
        return []
