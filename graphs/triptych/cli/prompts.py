"""``triptych prompts``: look at the templates, try them, and check a folder of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from triptych.errors import PromptError
from triptych.prompts import Template, library

app = typer.Typer(
    name="prompts",
    help="""The versioned prompt templates.

    A SELECTOR is a name (its production version), name@1.0.0, name@~=1.0, name@staging,
    name@sha256:ab12…, name.line@0.1.0, or a path such as ./mine.md.
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)

Overlay = Annotated[
    Path | None,
    typer.Option("--prompts", metavar="DIR", help="A folder whose prompts win over all others."),
]
Wanted = Annotated[str, typer.Argument(metavar="SELECTOR")]


def _epilog(*examples: str) -> str:
    # \b: these lines are not to be folded.
    return "\n".join(["Examples:", "", "\b", *(f"  {example}" for example in examples)])


@app.command("list", epilog=_epilog("triptych prompts list", "triptych prompts list | cut -f1"))
def list_(prompts: Overlay = None) -> None:
    """List every version: reference, channels, layer, description."""
    books = library(prompts)
    rows = []
    for template in books.templates():
        channels = [
            channel
            for channel, version in books.channels(template.full_name).items()
            if version == template.version
        ]
        rows.append((template.reference, ",".join(channels), template.layer, template.description))
    for row in _columns(rows):
        typer.echo(row)


@app.command(
    epilog=_epilog(
        "triptych prompts show code", "triptych prompts show plan@1.0.0 > mine/plan/_next.md"
    )
)
def show(selector: Wanted, prompts: Overlay = None) -> None:
    """Print a template's file as it is; which one it is goes to stderr."""
    template = library(prompts).get(selector)
    typer.echo(
        f"{template.reference}  sha256:{template.sha256}  {template.layer}  {template.path}",
        err=True,
    )
    typer.echo(template.path.read_text(encoding="utf-8"), nl=False)


@app.command(
    epilog=_epilog(
        'triptych prompts render code --var request="Add two numbers."',
        "triptych prompts render review --var-file request=task.txt --var-file code=add.py --json",
    )
)
def render(
    selector: Wanted,
    var: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE")] = None,
    var_file: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="Its text; - is stdin.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    prompts: Overlay = None,
) -> None:
    """Fill in a template and print the messages that a model would see.

    A value is taken as text, or read as JSON where the input is a list or an object.
    """
    template = library(prompts).get(selector)
    given = dict(_pair(text, "--var") for text in var or [])
    for text in var_file or []:
        name, path = _pair(text, "--var-file")
        given[name] = _read(path)
    messages = template.render(**{n: _value(template, n, v) for n, v in given.items()})
    if as_json:
        document = {
            "prompt": template.ref,
            "messages": [{"role": role, "content": text} for role, text in messages],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n\n".join(f"{role}:\n{text}" for role, text in messages))


@app.command(epilog=_epilog("triptych prompts diff plan@1.0.0 plan@_next --prompts mine"))
def diff(
    before: Annotated[str, typer.Argument(metavar="A")],
    after: Annotated[str, typer.Argument(metavar="B")],
    prompts: Overlay = None,
) -> None:
    """Show what changed from one template to another, partials included."""
    from difflib import unified_diff

    books = library(prompts)
    old, new = books.get(before), books.get(after)
    lines = unified_diff(
        _whole(old), _whole(new), f"{old.reference} ({old.layer})", f"{new.reference} ({new.layer})"
    )
    typer.echo("".join(line if line.endswith("\n") else f"{line}\n" for line in lines), nl=False)


@app.command(
    epilog=_epilog(
        "triptych prompts lint",
        "triptych prompts lint mine",
        "triptych prompts lint --write-lock   (release: adds new versions to prompts.lock)",
    )
)
def lint(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Left out: the built-in one.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write-lock", help="Add new versions to the folder's lock.")
    ] = False,
    prompts: Overlay = None,
) -> None:
    """Check a folder of prompts; the exit code is 1 if anything is wrong."""
    from triptych.prompts.lint import lint as look
    from triptych.prompts.lint import open_folder
    from triptych.prompts.lock import write_lock

    opened, books = open_folder(folder or prompts)
    if write:
        for reference in write_lock(opened, books):
            typer.echo(f"locked {reference}")
    report = look(opened, books)
    rows = [(reference, f"≈{count} tokens") for reference, count in report.tokens.items()]
    for row in _columns(rows):
        typer.echo(row)
    for problem in report.problems:
        typer.echo(str(problem), err=True)
    if report.problems:
        typer.echo(f"{len(report.problems)} to mend in {opened.path}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{opened.path}: all is well (tokens are an estimate, without values)", err=True)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as aligned columns for a reader, or with tabs for a pipe."""
    if not sys.stdout.isatty():
        return ["\t".join(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _whole(template: Template) -> list[str]:
    text = template.path.read_text(encoding="utf-8")
    parts = [f"\n# partial {name}\n{body}\n" for name, body in template.partials.items()]
    return "".join([text, *parts]).splitlines(keepends=True)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise PromptError(f"'{option} {text}' gives no value.", f"Write {option} {text}=…")
    return name, value


def _read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"The file '{path}' cannot be read: {error}.", "Check it.") from None


def _value(template: Template, name: str, text: str) -> Any:
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
