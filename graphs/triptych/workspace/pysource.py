"""What a piece of Python defines, found without running it."""

from __future__ import annotations

import ast
import threading
import warnings

# catch_warnings changes a global of the process: two threads in it could leave it changed.
_warnings_lock = threading.Lock()


def parse(text: str) -> ast.Module | None:
    """The syntax tree of a text, or None if it is not Python. Never raises, never warns."""
    try:
        with _warnings_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def definitions(text: str) -> frozenset[str]:
    """The names of the functions and classes at the top of a module; empty if it has none."""
    tree = parse(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in (tree.body if tree else []) if isinstance(node, kinds))


def is_program(text: str) -> bool:
    """True if a text is Python that defines or assigns something, not prose that parses."""
    tree = parse(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    return tree is not None and any(isinstance(node, kinds) for node in tree.body)
