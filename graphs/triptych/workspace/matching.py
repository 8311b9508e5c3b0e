"""Finding the lines of a search/replace edit in a file, leniently but only if in one place."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ELLIPSES = {"...", "…", "# ...", "// ...", "/* ... */", "# …", "// …", "-- ..."}
_MAX_CANDIDATES = 100  # places with the same words that are compared in full
_MAX_PIECES = 50  # parts of one edit between `...` lines
_SHOWN = 12  # lines of the file in an error message


@dataclass(frozen=True)
class Splice:
    """Whole lines of a text to be replaced.

    Args:
        start: Offset of the first line's first character.
        end: Offset behind the last line's last character, its newline not included.
        lines: What takes their place.
    """

    start: int
    end: int
    lines: tuple[str, ...]

    def apply(self, text: str) -> str:
        """The text with these lines replaced."""
        start, end = self.start, self.end
        if not self.lines:  # lines that vanish take one newline with them
            if end < len(text):
                end += 1
            elif start > 0:
                start -= 1
        return text[:start] + "\n".join(self.lines) + text[end:]


Finder = Callable[[str, Sequence[str], Sequence[str]], list[Splice]]


def apply_edit(text: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """The text with the one place that `search` matches replaced.

    Tried in this order: the exact lines; the same words, with the whole block indented otherwise;
    pieces between lines of ``...``, which stand for the lines between them. The first way that
    matches anywhere decides.

    Args:
        text: The file, with LF.
        search: The lines to find, not all blank.
        replace: The new lines.

    Raises:
        LookupError: Nothing matches, or more than one place does; the message shows where.
    """
    for find in (exact, shifted):
        found = find(text, search, replace)
        if found:
            return _only(found, text).apply(text)
    return _elided(text, search, replace)


def _only(found: list[Splice], text: str) -> Splice:
    if len(found) > 1:
        numbers = [text.count("\n", 0, splice.start) + 1 for splice in found]
        raise LookupError(
            f"the SEARCH lines match more than once (lines {numbers[0]} and {numbers[1]}); "
            "quote more lines around them"
        )
    return found[0]


def exact(text: str, search: Sequence[str], replace: Sequence[str]) -> list[Splice]:
    """The first two places where the lines stand as they are."""
    # Framed by newlines, a search for text is one for whole lines; str.find is linear.
    body = "\n".join(search)
    found: list[Splice] = []
    start = -1
    framed = f"\n{text}\n"
    while len(found) < 2 and (start := framed.find(f"\n{body}\n", start + 1)) >= 0:
        found.append(Splice(start, start + len(body), tuple(replace)))
    return found


def shifted(text: str, search: Sequence[str], replace: Sequence[str]) -> list[Splice]:
    """The first two places with the same words where one change of indentation fits all lines.

    The new lines are given the same change. Blank lines around the edit do not count.
    """
    search, replace = _trimmed(search), _trimmed(replace)
    lines = text.split("\n")
    framed = "\n" + "\n".join(_words(line) for line in lines) + "\n"
    needle = "\n" + "\n".join(_words(line) for line in search) + "\n"
    found: list[Splice] = []
    seen = at = number = offset = 0
    while len(found) < 2 and seen < _MAX_CANDIDATES:
        hit = framed.find(needle, at)
        if hit < 0:
            break
        ahead = number + framed.count("\n", at, hit)
        offset += sum(len(line) + 1 for line in lines[number:ahead])
        number, at, seen = ahead, hit, seen + 1
        there = lines[number : number + len(search)]
        new = _reindented(there, search, replace)
        if new is not None:
            found.append(Splice(offset, offset + len("\n".join(there)), tuple(new)))
        at += 1
        number += 1
        offset += len(lines[number - 1]) + 1
    return found


def _words(line: str) -> str:
    return " ".join(line.split())


def _trimmed(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    first = next((n for n, line in enumerate(kept) if line.strip()), len(kept))
    return kept[first:]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _reindented(
    there: Sequence[str], search: Sequence[str], replace: Sequence[str]
) -> list[str] | None:
    """`replace`, indented as the file is where `search` matched; None if no one change fits."""
    file, mine = _indent(there[0]), _indent(search[0])
    if file.endswith(mine):
        add, drop = file.removesuffix(mine), ""
    elif mine.endswith(file):
        add, drop = "", mine.removesuffix(file)
    else:
        return None

    def move(line: str) -> str | None:
        if not line.strip():
            return ""
        return add + line.removeprefix(drop) if line.startswith(drop) else None

    for have, want in zip(there, search, strict=True):
        moved = move(want)
        if want.strip() and (moved is None or _indent(moved) != _indent(have)):
            return None
    moved_lines = [move(line) for line in replace]
    kept = [line for line in moved_lines if line is not None]
    return kept if len(kept) == len(moved_lines) else None


def _elided(text: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """The edit with its ``...`` lines taken for the lines of the file that they leave out."""
    pieces, news = _pieces(search), _pieces(replace)
    if len(pieces) == 1:
        raise LookupError(f"the SEARCH lines do not occur in it{closest(text, search)}")
    if len(pieces) != len(news) or len(pieces) > _MAX_PIECES:
        raise LookupError(
            "SEARCH and REPLACE do not have the same number of `...` lines, or too many"
        )
    splices: list[Splice] = []
    start = 0
    for piece, new in zip(pieces, news, strict=True):
        if not piece:
            if new:
                raise LookupError("REPLACE has lines beside a `...` where SEARCH has none")
            continue
        rest = text[start:]
        found = exact(rest, piece, new) or shifted(rest, piece, new)
        if not found:
            raise LookupError(f"a part of the SEARCH lines does not occur{closest(rest, piece)}")
        one = _only(found, rest)
        splices.append(Splice(start + one.start, start + one.end, one.lines))
        start = min(start + one.end + 1, len(text))
    for splice in reversed(splices):
        text = splice.apply(text)
    return text


def _pieces(lines: Sequence[str]) -> list[list[str]]:
    """The lines between ``...`` lines, without blank ones around them."""
    pieces: list[list[str]] = [[]]
    for line in lines:
        if line.strip() in _ELLIPSES:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return [_trimmed(piece) for piece in pieces]


def closest(text: str, search: Sequence[str]) -> str:
    """The part of the text that is most like the lines, as the end of a sentence; or nothing."""
    rows = text.split("\n")
    wanted = {_words(line) for line in search} - {""}
    scores = [_words(row) in wanted for row in rows]
    size = min(len(search), _SHOWN)
    score = best = sum(scores[:size])
    at = 0
    for start in range(1, len(rows) - size + 1):
        score += scores[start + size - 1] - scores[start - 1]
        starts = scores[start] and not scores[at]  # of equals, one that begins like the search
        if score > best or (score == best and starts):
            best, at = score, start
    if not best:
        first = next((line for line in search if line.strip()), "")
        near = difflib.get_close_matches(first[:200], [row[:200] for row in rows[:1000]], n=1)
        if not near:
            return ""
        at = next(n for n, row in enumerate(rows) if row.startswith(near[0]))
    shown = "\n".join(row[:200] for row in rows[at : at + size])
    return f"; the closest lines, from line {at + 1}, are:\n{shown}"
