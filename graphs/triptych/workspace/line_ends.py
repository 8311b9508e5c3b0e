"""Keeping a file's line ends and its final newline through an edit."""

from __future__ import annotations


def is_crlf(text: str) -> bool:
    """True if every line of a text ends in CRLF. A mixed text is edited as it stands."""
    lines = text.count("\n")
    return lines > 0 and text.count("\r\n") == lines


def to_lf(text: str) -> str:
    """The text with LF, if it was CRLF throughout."""
    return text.replace("\r\n", "\n") if is_crlf(text) else text


def like(old: str, new: str) -> str:
    """`new`, which has LF, with the line ends and the final newline of `old`.

    An empty `old` has no habits: then `new` is returned as it is.
    """
    if old:
        bare = new.rstrip("\n")
        if not old.endswith("\n"):
            new = bare
        elif new and not new.endswith("\n"):
            new += "\n"
    return new.replace("\n", "\r\n") if is_crlf(old) else new
