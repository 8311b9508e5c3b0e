"""Which file a fenced block is the text of, by the words around it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from triptych.workspace.fenced import Fence
from triptych.workspace.languages import SUFFIXES, clashes, suffix_of

_MAX_LINE = 400  # a longer line is prose; also bounds the work of the patterns
_LOOK_BACK = 4  # lines of text above a fence that may name its file

_LANGUAGE = re.compile(r"\{?\s*\.?([\w+#-]+)")
_NO_PATH = re.compile(r"[\s()<>\"'`|?*=,;]|://")

_WELL_KNOWN = {"makefile", "dockerfile", "license", "procfile", "jenkinsfile", "gemfile"}
_PRODUCTS = {"node.js", "vue.js", "next.js", "react.js", "express.js", "three.js", "d3.js"}
_LEAD = re.compile(r"\s*(?:>\s*)?(?:#{1,6}\s+)?(?:[-*+]\s+|\d{1,3}[.)]\s+)?")
_KEYWORD = re.compile(
    r"(?:(?:new|updated|modified|existing|create|edit|full)\s+)?(?:file\s?name|file\s?path|file|path)"
    r"\s*[:=]?\s+(\S+)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""\b(?:title|file|filename|path|name)\s*=\s*["']?([^"'\s}]+)""")
_COMMENT = re.compile(r"\s*(?:#|//|--|;|/\*|<!--)+\s*(.{1,200}?)\s*(?:\*/|-->)?\s*")
_QUOTED = re.compile(r"`([^`\n]{1,200})`|\*\*([^*\n]{1,200})\*\*")


@dataclass(frozen=True)
class Name:
    """A file's name as it stands in the reply, not yet checked.

    Args:
        path: The text.
        strong: True if it was given as the block's name, False if only mentioned beside it.
    """

    path: str
    strong: bool


def language(fence: Fence) -> str:
    """The language in a fence's info string, in lower case; empty if there is none."""
    return _language(fence.info[:_MAX_LINE])


@lru_cache(maxsize=256)
def _language(info: str) -> str:
    word = _LANGUAGE.match(info)
    if word is None:
        return ""
    first = info.split(maxsplit=1)[0]
    return "" if looks_like_path(first, ()) else word[1].lower()


def name_of(fence: Fence, lines: Sequence[str], floor: int, known: Collection[str]) -> Name | None:
    """The name of a block's file: from its info string, the lines above, or its first comment.

    Args:
        fence: The block.
        lines: All lines of the reply.
        floor: The line where the text that belongs to this block starts.
        known: Paths that exist already; they are recognised in any form.
    """
    if path := path_in_info(fence.info, known):
        return Name(path, strong=True)
    if path := path_above(lines, fence.start, floor, known):
        return None if clashes(language(fence), path) else Name(path, strong=True)
    mentioned = _in_comment(fence, known) or path_mentioned(lines, fence.start, floor, known)
    if mentioned and not clashes(language(fence), mentioned):
        return Name(mentioned, strong=False)
    return None


def path_above(lines: Sequence[str], start: int, floor: int, known: Collection[str]) -> str:
    """The path on a line of its own, or behind a word like ``File:``, just above line `start`."""
    for line in _above(lines, start, floor):
        if path := path_alone(line, known):
            return path
    return ""


def path_alone(line: str, known: Collection[str]) -> str:
    """The path that a line consists of, heading marks, emphasis and a colon aside."""
    if len(line) > _MAX_LINE:
        return ""
    bare = _LEAD.sub("", line, count=1)
    bare = re.sub(r"\*\*|[`*]", "", bare).strip().strip("\"'").removesuffix(":").strip()
    if looks_like_path(bare, known):
        return bare
    keyword = _KEYWORD.fullmatch(bare)
    if keyword and (looks_like_path(keyword[1], known) or "/" in keyword[1] or "\\" in keyword[1]):
        return keyword[1]
    return ""


def looks_like_path(word: str, known: Collection[str]) -> bool:
    """True if a word is the name of a file: one that exists, or with a known extension."""
    if word in known:
        return True
    if not word or len(word) > _MAX_LINE or _NO_PATH.search(word):
        return False
    name = PurePosixPath(word.replace("\\", "/"))
    if name.name.lower() in _WELL_KNOWN:
        return True
    if word.lower() in _PRODUCTS:
        return False
    return name.suffix.lower() in SUFFIXES or name.name.lower() in (".gitignore", ".env")


def _above(lines: Sequence[str], start: int, floor: int) -> list[str]:
    """The nearest lines of text above a line, nearest first."""
    found: list[str] = []
    for number in range(start - 1, max(floor, start - 4 * _LOOK_BACK) - 1, -1):
        if lines[number].strip():
            found.append(lines[number])
        if len(found) == _LOOK_BACK:
            break
    return found


def path_in_info(info: str, known: Collection[str]) -> str:
    """The path in a fence's info string: ``python src/app.py``, ``py title="app.py"``."""
    info = info[:_MAX_LINE]
    if attribute := _ATTRIBUTE.search(info):
        return attribute[1] if looks_like_path(attribute[1], known) else ""
    for word in info.split():
        head, colon, tail = word.partition(":")
        path = tail if colon and suffix_of(head) else word  # ```python:src/app.py
        if looks_like_path(path, known):
            return path
    return ""


def _in_comment(fence: Fence, known: Collection[str]) -> str:
    """A first line such as ``# src/app.py``."""
    first = fence.lines[0] if fence.lines else ""
    if len(first) > _MAX_LINE:
        return ""
    comment = _COMMENT.fullmatch(first)
    return path_alone(comment[1], known) if comment else ""


def path_mentioned(lines: Sequence[str], start: int, floor: int, known: Collection[str]) -> str:
    """The only path in the line just above line `start`, quoted or before a colon."""
    nearest = _above(lines, start, floor)[:1]
    if not nearest or len(nearest[0]) > _MAX_LINE:
        return ""
    line = nearest[0].strip()
    words = [a or b for a, b in _QUOTED.findall(line)]
    if line.endswith(":"):
        words += [word.strip("`*:\"'") for word in line.split()]
    paths = {word for word in words if looks_like_path(word, known)}
    return paths.pop() if len(paths) == 1 else ""
