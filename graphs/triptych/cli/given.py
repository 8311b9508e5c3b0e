"""What stands on the command line of ``triptych run``, made into what `triptych.run` takes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from triptych.errors import InputError

LIMITS = ("tokens", "seconds", "calls", "money")
STAGES = ("plan", "code", "repair", "review")


def request_text(argument: str) -> str:
    """The request: the argument, or standard input where it is a dash.

    Raises:
        InputError: if it is empty.
    """
    text = argument
    if argument == "-":
        text = sys.stdin.read() if sys.stdin else ""
    if not text.strip():
        raise InputError(
            "The request is empty.", 'Say what to write or to change: triptych run "a function …".'
        )
    return text


def pairs(texts: Sequence[str], option: str, known: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts as a dict; each name must be a known one.

    Raises:
        InputError: naming the option and the nearest known name.
    """
    found = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise InputError(
                f"{option} does not understand {text!r}.", f"Write it as {known[0]}=…."
            )
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            cure = f"Did you mean {near[0]}?" if near else f"It knows {', '.join(known)}."
            raise InputError(f"{option} knows no {name!r}.", cure)
        found[name] = value
    return found


def budget(text: str) -> dict[str, float]:
    """The fields of a `Budget` from ``tokens=20000,seconds=60``.

    Raises:
        InputError: if one is unknown, no number or not above zero.
    """
    limits = {}
    for name, value in pairs(text.split(","), "--budget", LIMITS).items():
        kind = int if name in ("tokens", "calls") else float
        try:
            limits[name] = kind(value.replace("_", ""))
        except ValueError:
            limits[name] = 0
        if not 0 < limits[name] < float("inf"):
            what = "a whole number" if kind is int else "a number"
            raise InputError(
                f"--budget {name}={value} is not {what} above zero.",
                f"Write it as {name}={'20000' if kind is int else '60'}.",
            )
    return limits


def files(paths: Sequence[str]) -> dict[str, str]:
    """The texts of the starting files, by their path from the working directory.

    Raises:
        InputError: if one is missing, no text, or outside of the working directory.
    """
    if not paths:
        return {}
    from triptych.workspace import read_files

    return read_files(paths, Path.cwd())


def notice(model: str | None, base_url: str | None) -> str:
    """What to say if the start takes long.

    Raises:
        UnknownModelError: if no model has that name.
    """
    if base_url is not None:
        from triptych.models.faults import place

        return f"asking {place(base_url)}…"
    from triptych.models import default_name, find
    from triptych.models.embedded.cache import present

    entry = find(model or default_name())
    if entry.file is None:
        return ""
    # While it is being downloaded, that is what is shown.
    return "starting the embedded model…" if present(entry.file) else ""
