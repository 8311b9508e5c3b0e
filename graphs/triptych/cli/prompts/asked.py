"""What the commands of ``triptych prompts`` have in common: options, values, columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from triptych.errors import PromptError
from triptych.prompts import Template
from triptych.prompts.folder import Folder
from triptych.prompts.layers import working_layers
from triptych.prompts.library import Library

Overlay = Annotated[
    Path | None,
    typer.Option("--prompts", metavar="DIR", help="A folder whose prompts win over all others."),
]
Into = Annotated[
    Path | None,
    typer.Option(
        "--prompts", metavar="DIR",
        help="The folder that is changed. [default: $TRIPTYCH_PROMPTS, else your config folder]",
    ),
]  # fmt: skip
Wanted = Annotated[str, typer.Argument(metavar="SELECTOR")]
Name = Annotated[str, typer.Argument(metavar="NAME[.LINE]")]
Values = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE")]
ValueFiles = Annotated[
    list[str] | None,
    typer.Option("--var-file", metavar="NAME=PATH", help="Its text; - is stdin."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def epilog(*examples: str) -> str:
    """Examples for the end of a command's help."""
    # \b: these lines are not to be folded.
    return "\n".join(["Examples:", "", "\b", *(f"  {example}" for example in examples)])


def working(named: Path | None) -> tuple[Folder, Library]:
    """The folder that a command changes, and the library in which its references mean something."""
    folders = working_layers(named)
    return folders[0], Library(folders)


def channels_at(template: Template, books: Library) -> list[str]:
    """The channels that point at a version."""
    pointing = books.channels(template.full_name)
    return [channel for channel, version in pointing.items() if version == template.version]


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as aligned columns for a reader, or with tabs for a pipe."""
    if not rows or not sys.stdout.isatty():
        return ["\t".join(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def document(data: Any) -> str:
    """One JSON document."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def given_values(var: Sequence[str] | None, var_file: Sequence[str] | None) -> dict[str, str]:
    """Name to text of the values of a command line.

    Raises:
        PromptError: One gives no value, or a file cannot be read.
    """
    given = dict(_pair(text, "--var") for text in var or [])
    for text in var_file or []:
        name, path = _pair(text, "--var-file")
        given[name] = read(path)
    return given


def value(template: Template, name: str, text: str) -> Any:
    """A value as an input takes it: text, or read as JSON where it is a list or an object.

    Raises:
        PromptError: It is no JSON.
    """
    given = template.inputs.get(name)
    if given is None or "string" in given.kinds:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise PromptError(
            f"The value of '{name}' is no JSON: {error}.",
            f"It takes JSON: a {' or '.join(given.kinds)}.",
        ) from None


def read(path: str) -> str:
    """The text of a file; ``-`` is standard input.

    Raises:
        PromptError: It cannot be read.
    """
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"The file '{path}' cannot be read: {error}.", "Check it.") from None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, given = text.partition("=")
    if not equals:
        raise PromptError(f"'{option} {text}' gives no value.", f"Write {option} {text}=…")
    return name, given
