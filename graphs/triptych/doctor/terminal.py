"""What the terminal can show."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from triptych.doctor.finding import Finding

NARROW = 60


@dataclass(frozen=True)
class Terminal:
    """Where the output goes.

    Attributes:
        is_terminal: False for a pipe or a file.
        encoding: Of the output.
        width: Columns.
    """

    is_terminal: bool
    encoding: str
    width: int


def here() -> Terminal:
    """The one of this process."""
    import sys

    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return Terminal(sys.stdout.isatty(), encoding, shutil.get_terminal_size().columns)


def look(terminal: Terminal, environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Wide enough, with letters beyond ASCII, and with colours?"""
    if terminal.encoding.lower().replace("-", "") not in ("utf8", "utf16", "utf32"):
        cure = "Set LANG=C.UTF-8, or PYTHONIOENCODING=utf-8."
        seen = f"its encoding is {terminal.encoding}: some letters cannot be shown"
        return [Finding("terminal", "warn", seen, cure)]
    if not terminal.is_terminal:
        return [Finding("terminal", "ok", f"none: the output is piped ({terminal.encoding})")]
    seen = f"{terminal.width} columns, {terminal.encoding}, {_colours(environment)}"
    if terminal.width < NARROW:
        return [Finding("terminal", "warn", seen, f"Make it {NARROW} columns wide or more.")]
    return [Finding("terminal", "ok", seen)]


def _colours(environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR is set)"
    kind = environment.get("TERM", "")
    return "no colours" if kind in ("", "dumb") else "colours"
