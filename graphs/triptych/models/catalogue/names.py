"""Names that are nearly right."""

from __future__ import annotations

import difflib


def nearest(name: str, known: list[str], most: int = 3) -> str:
    """The names most like `name`, or some, as words for an error: ``a, b or c``."""
    close = difflib.get_close_matches(name.lower(), known, n=most, cutoff=0.5) or known[:most]
    return " or ".join(filter(None, [", ".join(close[:-1]), *close[-1:]]))


def closest(name: str, known: list[str], cutoff: float = 0.0) -> str:
    """The one name most like `name`; "" if none is as like as `cutoff` (0 to 1)."""
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=cutoff)
    return close[0] if close else ""
