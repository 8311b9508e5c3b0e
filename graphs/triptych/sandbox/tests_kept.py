"""The files that checks run on: the draft's, with the tests that the task brought put back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

PYTEST_SETTINGS = ("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini")


def is_test(path: str) -> bool:
    """True for test_*.py, *_test.py, conftest.py and all below a folder tests or test."""
    pure = PurePosixPath(path)
    named = pure.suffix == ".py" and (pure.stem.startswith("test_") or pure.stem.endswith("_test"))
    return named or pure.name == "conftest.py" or bool({"tests", "test"} & set(pure.parts[:-1]))


def checked_tree(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The tree to check, so that a draft cannot pass by rewriting, removing or steering tests.

    Args:
        before: The task's files.
        after: The full tree after the draft.

    Returns:
        `after` with the task's own tests as the task has them. If there are any, files that only
        steer pytest (conftest.py, pytest.ini, tox.ini) are the task's or absent.
    """
    tests = {path: text for path, text in before.items() if is_test(path)}
    tree = dict(after)
    if tests:
        for path in {*before, *after}:
            if PurePosixPath(path).name in PYTEST_SETTINGS:
                tree.pop(path, None)
                if path in before:
                    tests[path] = before[path]
    return tree | tests
