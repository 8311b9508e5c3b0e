"""How a fault in a prompt is told: the file, the line, the nearest valid name, the cure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from triptych.errors import PromptError

NAME_FORM = "Use small letters, digits, '-' and '_', with the line after a dot: plan.terse."
CHANNEL_FORM = "Begin with a small letter; then small letters, digits, '-' and '_': staging."


def fault(path: Path | str, line: int, message: str, cure: str = "") -> PromptError:
    """A `PromptError` that names its place.

    Args:
        path: The file.
        line: Its line, counted from 1.
        message: What is wrong there.
        cure: What to do about it.

    Returns:
        The error, ready to raise; its message begins with ``path:line:``.
    """
    return PromptError(f"{path}:{line}: {message}", cure)


def nearest(name: str, names: Iterable[str]) -> str:
    """A cure that offers the nearest valid name, or all of them where none is near."""
    known = sorted(set(names))
    if not known:
        return "There is none to choose from."
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(known)}."
