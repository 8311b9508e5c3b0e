"""Header values that may be sent but not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OPEN = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
_PARTS = re.compile(r"[^\s,;=]{8,}")


class Masked(str):
    """A text whose ``repr`` hides it, also inside of dicts and of the HTTP clients' own headers.

    Error reporters and debuggers show the variables of a traceback's frames, those of the clients'
    frames among them, which hold the headers while a request is under way.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def secrets(key: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """What a server may repeat of a request and no text of ours may show, the longest first.

    Args:
        key: The bearer key, or "".
        headers: The user's own. Gateways are given their keys in them, under any name: each value
            counts, and each of its parts (``Basic <this>``, a cookie's) that is long enough for a
            secret. A shorter one would blot out words that only look like it.
    """
    found = {key} if key else set()
    for name, value in headers.items():
        if name.lower() not in _OPEN:
            found.update(_PARTS.findall(value))
            if len(value) >= 4:
                found.add(value)
    return tuple(sorted(found, key=len, reverse=True)) if len(found) > 1 else tuple(found)
