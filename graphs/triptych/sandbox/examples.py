"""Finding examples in a request: what it says the code should do, in a form that runs.

An example is evidence only if it can be trusted, so what does not parse, calls nothing or uses
names that nothing gives it is left out.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import warnings
from collections.abc import Iterator

from triptych.state import Example

MOST = 50
"""Most examples taken from one request."""
MOST_CHARACTERS = 4000
"""Longest source of one example."""
MOST_ASSERT_LINES = 12

PROMPT = re.compile(r"^\s*>>>( |$)")
FENCE = re.compile(r"^\s*(```|~~~)")
QUOTES = re.compile(r"\s*(\"\"\"|''')\s*$")
ASSERT = re.compile(r"^[\s*>`-]*(?=assert\b)")
PROSE = re.compile(r"^(#|[-*] |[A-Z][\w']*,? +\w+ +\w+)")
DEFINITION = re.compile(r"^(\s*)(?:async )?(?:def|class) (\w+)")


def find_examples(request: str) -> list[Example]:
    """Find the doctests and asserts of a request, in its order.

    Lines that only prepare later ones (`>>> x = [3, 1]`) are put before the code of each later
    example: the last statement of `code` is the example, those before it set it up.

    Args:
        request: The user's words; may hold code, docstrings and fences.

    Returns:
        At most `MOST` examples, without repetitions.
    """
    found: dict[tuple[str, str], Example] = {}
    for example in _all_examples(request.splitlines()):
        found.setdefault((example.code, example.want), example)
        if len(found) == MOST:
            break
    return list(found.values())


def _all_examples(lines: list[str]) -> Iterator[Example]:
    setup = _Setup()
    at = 0
    while at < len(lines):
        if PROMPT.match(lines[at]):
            size = _doctest_size(lines, at)
            yield from _doctests(lines[at : at + size], setup)
            at += size
        elif ASSERT.match(lines[at]):
            size, code = _assert_at(lines, at)
            if code and not _in_definition(lines, at) and setup.gives_names(code):
                yield Example(code=setup.before(code), source=lines[at].strip())
            at += size
        else:
            at += 1


class _Setup:
    """What earlier lines prepared: statements, and the names that they bind."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._bound: set[str] = set()

    def add(self, code: str) -> None:
        self._lines.append(code)
        self._bound |= _bound_names(ast.parse(code))

    def before(self, code: str) -> str:
        return "\n".join([*self._lines, code]) if self._bound else code

    def gives_names(self, code: str) -> bool:
        """True if the code needs no name that neither it, a line before nor a draft defines.

        A draft is expected to define what is called, and what is written like a class.
        """
        tree = ast.parse(code)
        called = {n.func for n in ast.walk(tree) if isinstance(n, ast.Call)}
        known = self._bound | _bound_names(tree) | set(dir(builtins))
        return all(
            node.id in known or node in called or node.id[:1].isupper()
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )


def _doctest_size(lines: list[str], start: int) -> int:
    """Lines from a prompt to what ends its block: a blank line, a fence, quotes, less indent."""
    indent = _indent(lines[start])
    for size, line in enumerate(lines[start:]):
        if not line.strip() or FENCE.match(line) or line.strip() in ('"""', "'''"):
            return size
        if PROMPT.match(line):
            continue
        if _indent(line) < indent or ASSERT.match(line):
            return size
        if QUOTES.search(line):
            return size + 1
    return len(lines) - start


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _doctests(block: list[str], setup: _Setup) -> Iterator[Example]:
    block = [*block[:-1], QUOTES.sub("", block[-1])]
    starts = [n for n, line in enumerate(block) if PROMPT.match(line)]
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        text = "\n".join(block[start:end]) + "\n"
        try:
            items = doctest.DocTestParser().get_examples(text)
        except ValueError:  # no blank after a prompt, or uneven indentation
            continue
        for item in items:
            yield from _doctest(item.source.rstrip("\n"), item.want, block[start].strip(), setup)


def _doctest(code: str, want: str, source: str, setup: _Setup) -> Iterator[Example]:
    tree = _parsed(code)
    if tree is None or len(tree.body) != 1 or not setup.gives_names(code):
        return
    statement = tree.body[0]
    if not want and _is_equation(statement) and _calls_own(tree):
        code = f"assert {code}"  # `>>> f(1) == 2` alone means that it holds
        yield Example(code=setup.before(code), source=source)
    elif isinstance(statement, ast.Assert) or (want and _computes(tree)):
        yield Example(code=setup.before(code), want=_without_prose(want), source=source)
    if _prepares(statement, want):
        setup.add(code)


def _is_equation(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Compare)


def _prepares(statement: ast.stmt, want: str) -> bool:
    """True for a statement that later ones may build on: a binding, or a call for its effect."""
    if isinstance(statement, ast.Assert) or _is_equation(statement):
        return False
    return not want or (not want.startswith("Traceback (") and _calls_method(statement))


def _calls_method(statement: ast.stmt) -> bool:
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) for f in calls)


def _computes(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call | ast.Attribute | ast.BinOp | ast.Subscript | ast.Name)
        for node in ast.walk(tree)
    )


def _without_prose(want: str) -> str:
    """Cut the sentence that follows a literal without a blank line between."""
    lines = want.splitlines()
    for n in range(1, len(lines)):
        if PROSE.match(lines[n]) and _is_literal("\n".join(lines[:n])):
            return "\n".join(lines[:n]) + "\n"
    return want


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return False
    return True


def _assert_at(lines: list[str], start: int) -> tuple[int, str]:
    """The lines that an assert takes, and its code, or "" if it is none."""
    first = ASSERT.sub("", lines[start]).rstrip().rstrip("`")
    code = ""
    for size in range(1, min(MOST_ASSERT_LINES, len(lines) - start) + 1):
        code = f"{code}\n{lines[start + size - 1].strip()}" if code else first
        tree = _parsed(code)
        if tree is not None:
            wanted = isinstance(tree.body[0], ast.Assert) and _calls_own(tree)
            return size, code if wanted else ""
    return 1, ""


def _calls_own(tree: ast.Module) -> bool:
    """True if something is called that is not built in: an assert of a local value says nothing."""
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return any(not isinstance(f, ast.Name) or f.id not in dir(builtins) for f in calls)


def _in_definition(lines: list[str], at: int) -> bool:
    """True inside the body of a function that is no test: the assert is about its own values."""
    indent = _indent(lines[at])
    for line in reversed(lines[max(at - 200, 0) : at]):
        match = DEFINITION.match(line)
        if match and len(match[1]) < indent:
            return not match[2].startswith(("test", "Test", "check"))
        if line.strip() and _indent(line) == 0:
            return False
    return False


def _parsed(code: str) -> ast.Module | None:
    if len(code) > MOST_CHARACTERS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as `is` with a literal
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None
    return tree if tree.body else None


def _bound_names(tree: ast.AST) -> set[str]:
    """The names that code binds anywhere in it: targets, imports, definitions, parameters."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names
