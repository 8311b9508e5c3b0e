"""Regular expressions that every server's grammar can read.

llama.cpp refuses a whole request over a pattern without ``^`` and ``$``, and knows no look-around
and no classes by letter. What it cannot be told is left to whoever validates the answer.
"""

from __future__ import annotations

import re

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \t\n\r"}
_TOKEN = re.compile(r"\\(.)|(\[\^?)|(\])|(\(\?)|.", re.DOTALL)


def readable(pattern: str) -> str | None:
    """The pattern with its classes spelled out; None if it cannot be told to every server."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return None
    made, inside = [], False
    for token in _TOKEN.finditer(pattern):
        escaped, opens, closes, around = token.groups()
        if around and not inside:
            return None
        if escaped and escaped.isalnum():
            if escaped not in _CLASSES:
                return None
            spelled = _CLASSES[escaped]
            made.append(spelled if inside else f"[{spelled}]")
            continue
        inside = (inside or bool(opens)) and not closes
        made.append(token[0])
    return "".join(made)
