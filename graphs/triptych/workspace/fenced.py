"""Fenced code blocks of a Markdown text, read as leniently as models write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(r"([ \t]*)(`{3,}|~{3,})(.*)", re.DOTALL)
_THINK_OPEN = ("<think>", "<thinking>", "[THINK]")
_THINK_CLOSE = ("</think>", "</thinking>", "[/THINK]")
_MARKDOWN = {"markdown", "md", "mdx"}


@dataclass(frozen=True)
class Fence:
    """One fenced block.

    Args:
        info: What stands behind the opening fence.
        lines: The lines inside, without the fence's own indentation.
        start: Line number of the opening fence, from 0.
        end: Line number of the closing fence, or of the line after the text's last.
        closed: False if the text ends inside the block.
    """

    info: str
    lines: tuple[str, ...]
    start: int
    end: int
    closed: bool

    @property
    def text(self) -> str:
        """The block's text, ending in a newline unless it is empty."""
        return "\n".join(self.lines) + "\n" if self.lines else ""


@dataclass(frozen=True)
class _Mark:
    indent: str
    fence: str
    info: str

    def closed_by(self, other: _Mark) -> bool:
        """As in CommonMark, but the closing fence may not be indented more than the opening one.

        So a fence in an indented docstring does not end the block.
        """
        return (
            not other.info
            and other.fence[0] == self.fence[0]
            and len(other.fence) >= len(self.fence)
            and len(other.indent) <= len(self.indent)
        )


def _mark(line: str) -> _Mark | None:
    match = _OPENING.match(line)
    if match is None:
        return None
    indent, fence, info = match[1], match[2], match[3].strip()
    if fence[0] == "`" and "`" in info:  # inline code, by CommonMark
        return None
    return _Mark(indent, fence, info)


def fences(lines: list[str]) -> list[Fence]:
    """The fenced blocks of a text, in order.

    A fence is closed by one of the same kind that is at least as long, so a longer fence can hold
    shorter ones. In a Markdown block an inner fence with an info string opens a block of its own.
    An unclosed last fence reaches to the end of the text.
    """
    found: list[Fence] = []
    opening: _Mark | None = None
    start, inner = 0, 0
    for number, line in enumerate(lines):
        mark = _mark(line)
        if mark is None:
            continue
        if opening is None:
            opening, start, inner = mark, number, 0
        elif opening.closed_by(mark):
            if inner:
                inner -= 1
                continue
            found.append(_block(opening, lines, start, number, closed=True))
            opening = None
        elif mark.info and _is_markdown(opening) and len(mark.fence) >= len(opening.fence):
            inner += 1
    if opening is not None:
        found.append(_block(opening, lines, start, len(lines), closed=False))
    return found


def _is_markdown(mark: _Mark) -> bool:
    return any(word.lower() in _MARKDOWN for word in mark.info.split()[:1])


def _block(opening: _Mark, lines: list[str], start: int, end: int, *, closed: bool) -> Fence:
    inside = [line.removeprefix(opening.indent) for line in lines[start + 1 : end]]
    return Fence(opening.info, tuple(inside), start, end, closed)


def without_thinking(reply: str) -> list[str]:
    """The lines of a reply without the model's thoughts.

    Thoughts stand between ``<think>`` and ``</think>`` outside of code, or before a ``</think>``
    whose opening was part of the prompt. Tags inside fenced code are code.
    """
    kept: list[str] = []
    opening: _Mark | None = None
    thinking = False
    for line in reply.replace("\r\n", "\n").split("\n"):
        rest = line
        if opening is None:
            rest, kept, thinking = _unthought(line, kept, thinking)
            if thinking:
                continue
        mark = _mark(rest)
        if opening is None:
            opening = mark
        elif mark is not None and opening.closed_by(mark):
            opening = None
        kept.append(rest)
    return kept


def _unthought(line: str, kept: list[str], thinking: bool) -> tuple[str, list[str], bool]:
    """One line outside of code: what is left of it, of the lines so far, and the new state."""
    bare = line.strip()
    if not thinking and bare.startswith(_THINK_OPEN):
        thinking = True
    elif not thinking and bare.startswith(_THINK_CLOSE):
        kept, thinking = [], True
    if thinking:
        for close in _THINK_CLOSE:
            _, found, rest = line.partition(close)
            if found:
                return rest, kept, False
    return line, kept, thinking
