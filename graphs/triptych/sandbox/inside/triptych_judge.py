"""Comparing what an example should do with what it did: doctest's rules, and equality."""

from __future__ import annotations

import ast
import doctest
import math
import numbers
import os
import re
import traceback
from typing import Any

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PLAIN = (int, float, complex, str, bytes, bool, list, tuple, dict, set, frozenset, type(None))


def judge(want: str, got: str, shown: list[Any], raised: BaseException | None) -> tuple[str, str]:
    """Status and detail of an example.

    Args:
        want: What it should print; empty for an assert.
        got: What it printed.
        shown: The value of the expression, if it is one.
        raised: What it raised.
    """
    expected = expected_exception(want)
    want, got = want.strip(), got.strip()
    if raised is not None:
        if expected and matches_exception(expected, raised):
            return "passed", ""
        return "failed", f"expected: {want or 'no error'}\nraised: {describe(raised)}"
    if expected:
        if matches_text(want, got):
            return "passed", ""
        return "failed", f"expected: {expected}\ngot: {got or 'no exception'}"
    if not want or matches_text(want, got) or (shown and equals_literal(want, shown[-1])):
        return "passed", ""
    return "failed", f"expected: {want}\ngot: {got or 'nothing'}"


def matches_text(want: str, got: str) -> bool:
    """The comparison of doctest, blanks and `...` being lenient."""
    return doctest.OutputChecker().check_output(want + "\n", got + "\n", FLAGS)


def expected_exception(want: str) -> str:
    """The line `Type: message` that an example expects, or ""."""
    text = want.strip()
    if text.startswith("Traceback ("):
        lines = [
            line for line in text.splitlines()[1:] if line.strip(". ") and line[0] not in " \t"
        ]
        return lines[0] if lines else "Exception"
    return text if re.match(r"[A-Z]\w*(Error|Exception|Interrupt|Exit)(:.*)?$", text) else ""


def matches_exception(expected: str, error: BaseException) -> bool:
    """True if the type is the one expected, and the message where one is given."""
    name, colon, message = expected.partition(":")
    types = [kind.__name__ for kind in type(error).__mro__]
    if name.strip().rpartition(".")[2] not in types:
        return False
    return not colon or matches_text(message.strip(), str(error))


def equals_literal(want: str, value: object) -> bool:
    """True if `want` is a literal equal to the value; floats are compared by math.isclose."""
    try:
        return same(ast.literal_eval(want), value)
    except Exception:
        return False


def same(want: Any, value: Any) -> bool:
    """Equality of plain values: an object of a draft's own class is never equal."""
    if isinstance(value, numbers.Real) and isinstance(want, (int, float)):
        return bool(want == value) or math.isclose(want, float(value))
    if type(value) not in PLAIN or type(value) is not type(want):
        return False
    if isinstance(want, (list, tuple)):
        pairs = zip(want, value)  # noqa: B905 - strict is not in Python 3.8
        return len(want) == len(value) and all(same(w, v) for w, v in pairs)
    if isinstance(want, dict):
        return want.keys() == value.keys() and all(same(want[k], value[k]) for k in want)
    return bool(want == value)


def describe(error: BaseException) -> str:
    """An exception in one line, with the last place in the draft's own files."""
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    if isinstance(error, SyntaxError):
        return text  # names its place itself
    here = os.getcwd() + os.sep
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = os.path.abspath(frame.filename)
        if name.startswith(here) and not name.startswith(here + ".") and os.path.exists(name):
            return f"{text} ({name[len(here) :]}, line {frame.lineno})"
    return text
