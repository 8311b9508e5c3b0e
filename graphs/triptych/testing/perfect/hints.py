"""What a request's words offer to fill values with: numbers, quotations, names, arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_QUOTED = re.compile(r"\"([^\"]+)\"|(?<!\w)'([^']+)'(?!\w)|“([^”]+)”|`([^`]+)`")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_PLACE = re.compile(r"[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)*(?:, [A-Z]{2}\b)?")
_STARTERS = {
    "A", "And", "Call", "Calculate", "Can", "Compare", "Create", "Describe", "Do", "Extract",
    "Find", "Generate", "Get", "Give", "Hello", "Hi", "How", "I", "In", "Is", "It", "List", "Make",
    "Name", "No", "Nothing", "Please", "Return", "Say", "Show", "Tell", "The", "Then", "Use",
    "Using", "Weather", "What", "When", "Where", "Which", "Who", "Why", "Write", "You",
}  # fmt: skip


class Hints:
    """The values in a text, each handed out once while there are more, in the order they stand.

    Args:
        text: What the user wrote.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted = ["".join(found) for found in _QUOTED.findall(text)]
        plain = _QUOTED.sub(" ", text)
        self.numbers = [float(found) for found in _NUMBER.findall(plain)]
        self.names = list(_names(plain))
        self._next = {"quoted": 0, "numbers": 0, "names": 0}

    def number(self, low: float, high: float, *, whole: bool) -> float | None:
        """The next number within the bounds, both included."""
        for index in range(self._next["numbers"], len(self.numbers)):
            found = self.numbers[index]
            if low <= found <= high and not (whole and found != int(found)):
                self._next["numbers"] = index + 1
                return found
        return None

    def words(self) -> str | None:
        """The next quotation, or name."""
        for kind in ("quoted", "names"):
            found, at = getattr(self, kind), self._next[kind]
            if at < len(found):
                self._next[kind] = at + 1
                return str(found[at])
        return None

    def mentions(self, value: Any) -> bool:
        """Whether the text has this value as a word of its own."""
        word = re.escape(str(value))
        return bool(re.search(rf"(?<!\w){word}(?!\w)", self.text, re.IGNORECASE))


def _names(text: str) -> Iterator[str]:
    for found in _PLACE.findall(text):
        first, _, rest = found.partition(" ")
        kept = rest if first in _STARTERS else found
        if kept and kept not in _STARTERS:
            yield kept
