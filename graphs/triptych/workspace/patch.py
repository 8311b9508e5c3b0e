"""A unified diff that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

_CONTEXT = 3
_MAX_LINES = 20_000  # above that difflib may take minutes: the changed part is one hunk

Opcode = tuple[str, int, int, int, int]


def unified(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The difference between two states of some files, in git's format.

    Args:
        before: Relative path -> text.
        after: Relative path -> text of the files written. A file that is only in `before` is
            unchanged: replies delete nothing.

    Returns:
        The patch, ordered by path; empty if nothing differs. Paths must be safe ones.
    """
    return "".join(
        _file(path, before.get(path), after[path])
        for path in sorted(after)
        if before.get(path) != after[path]
    )


def _file(path: str, old: str | None, new: str) -> str:
    a, b = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = f"diff --git {a} {b}\n"
    if old is None:
        head += "new file mode 100644\n"
        # Without content there are no hunks, and git wants the blob's name in their place.
        head += "" if new else "index 0000000..e69de29\n"
    hunks = "".join(_hunks(_lines(old or ""), _lines(new)))
    if not hunks:
        return head
    # A tab ends a name with spaces, as git writes it: patch reads up to it.
    tab = "\t" if " " in path else ""
    source = "/dev/null" if old is None else f"{a}{tab}"
    return f"{head}--- {source}\n+++ {b}{tab}\n{hunks}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"' if '"' in name else name


def _lines(text: str) -> list[str]:
    """The lines with their newlines; only LF separates lines in a patch."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    # Equal lines at both ends need no matching; difflib's time grows with the rest.
    top = _common(old, new)
    bottom = _common(old[top:][::-1], new[top:][::-1])
    first = max(0, top - _CONTEXT)
    last = max(0, bottom - _CONTEXT)
    a, b = old[first : len(old) - last], new[first : len(new) - last]
    for group in _groups(a, b, top - first, bottom - last):
        (_, a1, _, b1, _), (_, _, a2, _, b2) = group[0], group[-1]
        yield f"@@ -{_range(first, a1, a2)} +{_range(first, b1, b2)} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _marked(" ", a[i1:i2])
            else:
                yield from _marked("-", a[i1:i2])
                yield from _marked("+", b[j1:j2])


def _groups(a: list[str], b: list[str], top: int, bottom: int) -> list[list[Opcode]]:
    """Changes with their context; `top` and `bottom` lines are equal at the ends."""
    i, j = len(a) - bottom, len(b) - bottom
    if len(a) + len(b) <= _MAX_LINES:
        # The equal ends stay out of the matching: it may align them otherwise, and a hunk that
        # ends in a change without being the file's end is one that git refuses.
        inner = SequenceMatcher(None, a[top:i], b[top:j]).get_opcodes()
        moved = [(t, i1 + top, i2 + top, j1 + top, j2 + top) for t, i1, i2, j1, j2 in inner]
        ends = [("equal", 0, top, 0, top), ("equal", i, len(a), j, len(b))]
        told = [op for op in (ends[0], *moved, ends[1]) if op[1] < op[2] or op[3] < op[4]]
        grouping = _Aligned(told)
        return [list(group) for group in grouping.get_grouped_opcodes(_CONTEXT)]
    return [
        [
            ("equal", 0, top, 0, top),
            ("replace", top, i, top, j),
            ("equal", i, len(a), j, len(b)),
        ]
    ]


class _Aligned(SequenceMatcher[str]):
    """difflib's grouping of an alignment that is known."""

    def __init__(self, opcodes: list[Opcode]) -> None:
        super().__init__()
        self._opcodes = opcodes

    def get_opcodes(self) -> list[Any]:
        return self._opcodes


def _common(a: list[str], b: list[str]) -> int:
    """How many lines are equal from the start."""
    return next(
        (n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _range(first: int, start: int, stop: int) -> str:
    length = stop - start
    begin = first + start + (1 if length else 0)
    return str(begin) if length == 1 else f"{begin},{length}"


def _marked(sign: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield (
            sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
        )
