"""Header values that may be sent but not shown."""

from __future__ import annotations


class Masked(str):
    """A text whose ``repr`` hides it, also inside of dicts and of the HTTP clients' own headers.

    Error reporters and debuggers show the variables of a traceback's frames, those of the clients'
    frames among them, which hold the headers while a request is under way.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"
