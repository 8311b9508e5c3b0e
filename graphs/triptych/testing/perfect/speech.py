"""What a perfect model says in plain text."""

from __future__ import annotations

import re
from collections.abc import Callable

from triptych.testing.perfect.request import Asked

_HAIKUS = (
    "Old pond in the dusk,\na frog leaps from stone to light:\nthe sound of water.\n\n"
    "First snow on the roof,\nthe cat writes her name in it\nand walks back inside."
)
_SUMS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def says(asked: Asked) -> str:
    """The answer in words, by the first rule that fits what the user said last.

    ``say '…'`` and ``repeat: …`` are obeyed, ``count from 1 to 9`` too, sums are worked out, names
    that the user has told are remembered, tool results are reported; all else is echoed.
    """
    if results := asked.results:
        return f"The result is: {'; '.join(results)}"
    words = asked.words
    for rule in (_dictated, _counted, _summed, _remembered, _known):
        if (said := rule(words, asked)) is not None:
            return said
    return f"You said: {words}" if words.strip() else "I am listening."


def _dictated(words: str, asked: Asked) -> str | None:
    form = r"(?:say|repeat|reply with|answer with)(?: exactly| only)?:?\s+(?:'(.+?)'|\"(.+?)\")"
    found = re.search(form, words, re.IGNORECASE | re.DOTALL)
    if found:
        return found[1] or found[2]
    found = re.search(r"^repeat(?: after me)?:\s*(.+)$", words, re.IGNORECASE | re.DOTALL)
    return found[1] if found else None


def _counted(words: str, asked: Asked) -> str | None:
    found = re.search(r"count (?:from )?(\d+) to (\d+)", words, re.IGNORECASE)
    if not found:
        return None
    return ", ".join(map(str, range(int(found[1]), int(found[2]) + 1)))


def _summed(words: str, asked: Asked) -> str | None:
    found = re.search(r"(-?\d+) ?([+*-]) ?(-?\d+)", words)
    return str(_SUMS[found[2]](int(found[1]), int(found[3]))) if found else None


def _remembered(words: str, asked: Asked) -> str | None:
    if not re.search(r"what(?:'s| is) my name", words, re.IGNORECASE):
        return None
    told = re.findall(r"my name is (\w+)", asked.all_words, re.IGNORECASE)
    return f"Your name is {told[-1]}." if told else "You have not told me."


def _known(words: str, asked: Asked) -> str | None:
    if re.match(r"\s*(hello|hi|hey)\b", words, re.IGNORECASE):
        return "Hello! How can I help you today?"
    if re.search(r"how are you", words, re.IGNORECASE):
        return "I am well, thank you. How are you?"
    return _HAIKUS if "haiku" in words.lower() else None
