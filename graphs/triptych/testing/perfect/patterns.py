"""A text that a regular expression accepts: from the request if it is there, else built."""

from __future__ import annotations

import re
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {
    ops.CATEGORY_DIGIT: "0",
    ops.CATEGORY_SPACE: " ",
    ops.CATEGORY_WORD: "a",
    ops.CATEGORY_NOT_DIGIT: "a",
    ops.CATEGORY_NOT_SPACE: "a",
    ops.CATEGORY_NOT_WORD: "-",
}


def matching(pattern: str, text: str) -> str:
    """A text in which the pattern is found.

    Python's own parser gives the pattern's parts; each adds the least that it accepts.

    Example:
        >>> matching("^[A-Z]{2}-[0-9]{3}$", "no such thing here")
        'AA-000'
    """
    for word in re.findall(r"[^\s,;!?\"']+", text):
        if re.search(pattern, word):
            return str(word)
    return _all(parser.parse(pattern), {})


def _all(parts: Any, groups: dict[int, str]) -> str:
    return "".join(_one(op, argument, groups) for op, argument in parts)


def _one(op: Any, argument: Any, groups: dict[int, str]) -> str:  # noqa: PLR0911
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.NOT_LITERAL:
        return "b" if argument == ord("a") else "a"
    if op is ops.ANY:
        return "a"
    if op is ops.IN:
        return _set(argument)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, inner = argument
        times: int = max(least, min(most, 1))
        return _all(inner, groups) * times
    if op is ops.SUBPATTERN:
        groups[argument[0]] = _all(argument[-1], groups)
        return groups[argument[0]]
    if op is ops.BRANCH:
        return _all(argument[1][0], groups)
    if op is ops.GROUPREF:
        return groups.get(argument, "")
    return ""  # anchors and assertions add nothing


def _set(options: Any) -> str:
    op, argument = options[0]
    if op is ops.NEGATE:
        plain = (chr(code) for code in range(ord("a"), 127))
        return next(one for one in plain if not _holds(options[1:], one))
    if op is ops.RANGE:
        return chr(argument[0])
    return chr(argument) if op is ops.LITERAL else _CLASSES[argument]


def _holds(options: Any, one: str) -> bool:
    for op, argument in options:
        if op is ops.LITERAL and ord(one) == argument:
            return True
        if op is ops.RANGE and argument[0] <= ord(one) <= argument[1]:
            return True
        if op is ops.CATEGORY and _CLASSES[argument] == "a" and one.isalpha():
            return True
    return False
