"""Search/replace blocks as a reply writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from triptych.errors import EditError
from triptych.workspace.naming import (
    looks_like_path,
    path_above,
    path_in_info,
    path_mentioned,
)

MAX_BLOCKS = 500
"""More than that is a model that repeats itself, and would take long to apply."""

_CURE = "Write each edit as `<<<<<<< SEARCH`, `=======`, `>>>>>>> REPLACE`, its file's path above."
_SEARCH = re.compile(r"([ \t]*)(<{5,9})[ \t]*SEARCH\b>?(.*)")
_REPLACE = re.compile(r"[ \t]*>{5,9}[ \t]*REPLACE\b")
_DIVIDER = re.compile(r"[ \t]*(={5,9})[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})(.*)")


@dataclass(frozen=True)
class Block:
    """One edit: lines to find in a file, and the lines that take their place.

    Args:
        path: The file's name as the reply gives it; empty if it gives none.
        search: The lines to find; none for a new file.
        replace: The new lines.
        start: Line number of the ``SEARCH`` marker, from 0.
        end: Line number of the ``REPLACE`` marker.
    """

    path: str
    search: tuple[str, ...]
    replace: tuple[str, ...]
    start: int
    end: int


def find_blocks(lines: Sequence[str], known: Collection[str]) -> list[Block]:
    """The search/replace blocks of a reply, in order, inside of fences or not.

    Args:
        lines: The reply, without the model's thoughts.
        known: Paths that exist already.

    Raises:
        EditError: A block is not complete (half a replacement is worse than none), or there are
            too many.
    """
    found: list[Block] = []
    number = floor = 0
    while number < len(lines):
        opening = _SEARCH.match(lines[number])
        if opening is None:
            number += 1
            continue
        if len(found) == MAX_BLOCKS:
            raise EditError(f"The reply has more than {MAX_BLOCKS} edits.", "Write whole files.")
        indent, marks, rest = opening.groups()
        divider = _next(lines, number + 1, partial(_divides, marks=len(marks)))
        end = _next(lines, divider + 1, lambda line: bool(_REPLACE.match(line)))
        if end == len(lines):
            raise EditError(f"The edit in line {number + 1} of the reply is cut off.", _CURE)
        path = rest.strip() if looks_like_path(rest.strip(), known) else ""
        path = path or _path_of(lines, number, floor, known) or (found[-1].path if found else "")
        cut = [line.removeprefix(indent) for line in lines[number + 1 : end]]
        at = divider - number - 1
        found.append(Block(path, tuple(cut[:at]), tuple(cut[at + 1 :]), number, end))
        number = floor = end + 1
    return found


def _divides(line: str, marks: int) -> bool:
    """A divider is as long as the opening marker, or the usual seven: others may be headings."""
    match = _DIVIDER.fullmatch(line)
    return match is not None and len(match[1]) in (7, marks)


def _next(lines: Sequence[str], start: int, matches: Callable[[str], bool]) -> int:
    """The first line from `start` that matches, before another edit begins; else the end."""
    for number in range(start, len(lines)):
        if matches(lines[number]):
            return number
        if _SEARCH.match(lines[number]):
            break
    return len(lines)


def _path_of(lines: Sequence[str], start: int, floor: int, known: Collection[str]) -> str:
    """The path in the fence around an edit, above it, or in the line before."""
    for number in range(start - 1, max(floor, start - 4) - 1, -1):
        fence = _FENCE.match(lines[number])
        if fence and (path := path_in_info(fence[1], known)):
            return path
    if path := path_above(lines, start, floor, known):
        return path
    text = start
    while text > floor and (not lines[text - 1].strip() or _FENCE.match(lines[text - 1])):
        text -= 1
    return path_mentioned(lines, text, floor, known)
