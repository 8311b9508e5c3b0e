"""Files as text for a model: a path line and a fenced block each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from triptych.workspace.languages import language_of


def listing(files: Mapping[str, str]) -> str:
    """The files as Markdown, each a heading with its path and its text in a fence.

    The fence is longer than any run of backticks in the text, so that no file can end it.
    """
    return "\n\n".join(_entry(path, text) for path, text in files.items())


def _entry(path: str, text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    ending = "" if text.endswith("\n") or not text else "\n"
    return f"### {path}\n{fence}{language_of(PurePosixPath(path).suffix)}\n{text}{ending}{fence}"
