"""``triptych prompts show``, ``render`` and ``diff``: one template, or two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from triptych.cli.prompts.asked import (
    AsJson,
    Overlay,
    ValueFiles,
    Values,
    Wanted,
    channels_at,
    document,
    given_values,
    value,
)
from triptych.prompts import Template, library
from triptych.prompts.counts import template_tokens, tokens
from triptych.prompts.library import Library

Rendered = Sequence[tuple[str, str]]


def show(selector: Wanted, as_json: AsJson = False, prompts: Overlay = None) -> None:
    """Print a template's file as it is; which one it is goes to stderr."""
    books = library(prompts)
    template = books.get(selector)
    if as_json:
        typer.echo(document(_described(template, books)))
        return
    parents = "".join(f"  <- {each}" for each in books.ancestry(template))
    typer.echo(
        f"{template.reference}  sha256:{template.sha256}  {template.layer}  {template.path}"
        f"{parents}",
        err=True,
    )
    typer.echo(template.text, nl=False)


def render(
    selector: Wanted,
    var: Values = None,
    var_file: ValueFiles = None,
    count: Annotated[
        bool, typer.Option("--count", help="Tell the tokens of each message, an estimate.")
    ] = False,
    as_json: AsJson = False,
    prompts: Overlay = None,
) -> None:
    """Fill in a template and print the messages that a model would see.

    A value is taken as text, or read as JSON where the input is a list or an object.
    """
    template = library(prompts).get(selector)
    given = given_values(var, var_file)
    messages = template.render(**{n: value(template, n, text) for n, text in given.items()})
    if as_json:
        rows: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in messages]
        for row in rows if count else []:
            row["tokens"] = tokens(row["content"])
        typer.echo(document({"prompt": template.ref, "messages": rows}))
        return
    typer.echo(_as_text(messages))
    if count:
        counts = [tokens(text) for _, text in messages]
        told = ", ".join(f"{role} {n}" for (role, _), n in zip(messages, counts, strict=True))
        typer.echo(f"tokens: {told}; {sum(counts)} in all (an estimate)", err=True)


def diff(
    before: Annotated[str, typer.Argument(metavar="A")],
    after: Annotated[str, typer.Argument(metavar="B")],
    rendered: Annotated[
        bool,
        typer.Option("--rendered", help="Also the messages, «name» standing in for no value."),
    ] = False,
    var: Values = None,
    var_file: ValueFiles = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if they differ.")
    ] = False,
    prompts: Overlay = None,
) -> None:
    """Show what changed from one template to another, partials included.

    Then what changed in what it takes and answers, and the tokens of both.
    """
    from triptych.prompts.versions import least_bump, schema_change

    books = library(prompts)
    old, new = books.get(before), books.get(after)
    names = (f"{old.reference} ({old.layer})", f"{new.reference} ({new.layer})")
    changed = _compared(_whole(old), _whole(new), *names)
    counts = [template_tokens(old), template_tokens(new)]
    given = given_values(var, var_file)
    if rendered or given:
        filled = [_filled(template, given) for template in (old, new)]
        marks = (f"{old.reference}, rendered", f"{new.reference}, rendered")
        _compared(_as_text(filled[0]), _as_text(filled[1]), *marks)
        counts = [sum(tokens(text) for _, text in messages) for messages in filled]
    for change in schema_change(old, new):
        typer.echo(f"schema: {change}")
    if changed:
        typer.echo(f"release: {least_bump(old, new)} at least")
    apart = f"{counts[1] - counts[0]:+d}" if counts[0] != counts[1] else "no difference"
    typer.echo(f"tokens: A {counts[0]}, B {counts[1]} ({apart}, estimate)")
    if changed and exit_code:
        raise typer.Exit(1)


def _described(template: Template, books: Library) -> dict[str, Any]:
    return {
        "reference": template.reference,
        "description": template.description,
        "layer": template.layer,
        "path": str(template.path),
        "parents": books.ancestry(template),
        "channels": channels_at(template, books),
        "sha256": template.sha256,
        "file_sha256": template.file_sha256,
        "schema_sha256": template.schema_sha256,
        "inputs": {
            name: {"kinds": list(given.kinds), "required": given.required}
            | ({} if given.required else {"default": given.default})
            for name, given in template.inputs.items()
        },
        "outputs": dict(template.outputs),
        "model": dict(template.model),
        "metadata": dict(template.metadata),
        "partials": list(template.partials),
        "tokens": template_tokens(template),
        "text": template.text,
    }


def _compared(old: str, new: str, before: str, after: str) -> bool:
    """Print what differs; True if anything does."""
    from difflib import unified_diff

    lines = list(
        unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), before, after)
    )
    typer.echo("".join(line if line.endswith("\n") else f"{line}\n" for line in lines), nl=False)
    return bool(lines)


def _filled(template: Template, given: Mapping[str, str]) -> Rendered:
    """The messages with the values that the template takes, and stand-ins for what is missing."""
    values = {n: value(template, n, text) for n, text in given.items() if n in template.inputs}
    for name, declared in template.inputs.items():
        if declared.required and name not in values:
            stands_in: dict[str, Any] = {"string": f"«{name}»", "list": [f"«{name}»"], "object": {}}
            values[name] = stands_in[declared.kinds[0]]
    return template.render(**values)


def _as_text(messages: Rendered) -> str:
    return "\n\n".join(f"{role}:\n{text}" for role, text in messages)


def _whole(template: Template) -> str:
    parts = [f"\n# partial {name}\n{body}\n" for name, body in template.partials.items()]
    return "".join([template.text, *parts])
