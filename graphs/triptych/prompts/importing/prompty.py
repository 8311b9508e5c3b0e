"""From Prompty: version 2 of its format, and version 1 as it is still found everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from triptych.errors import PromptError
from triptych.prompts.exporting.prompty import KINDS, OPTIONS, ROLE_LINE
from triptych.prompts.importing.imported import (
    OPENAI_ROLES,
    Given,
    Imported,
    hints,
    mapping,
    texts,
    written,
)
from triptych.prompts.importing.mustache import as_jinja
from triptych.prompts.yamltext import load_mapping

_OURS = {theirs: ours for ours, theirs in KINDS.items()}
# Version 1 names parameters as OpenAI's API does.
_PARAMETERS = {theirs: ours for ours, theirs in OPTIONS.items()} | {name: name for name in OPTIONS}
_READ = ("name", "description", "metadata", "inputs", "template", "model", "sample", "outputs",
         "version", "authors", "tags", "instructions")  # fmt: skip


def read(text: str, name: str) -> Imported:
    """The text of a ``.prompty`` file as a template.

    Args:
        text: The file's text.
        name: The prompt, with its line, that it becomes.

    Raises:
        PromptError: It is no Prompty, or of a kind that no template can be: other formats than
            Jinja and Mustache, tools' messages.
    """
    text = text.replace("\r\n", "\n")
    found = re.match(r"---[ \t]*\n(.*?)\n---[ \t]*(?:\n(.*))?\Z", text, re.DOTALL)
    if found is None:
        raise PromptError("It is no Prompty: front matter is missing.", "It begins with '---'.")
    head = load_mapping(found[1], Path(name), first=2).data
    body = found[2] if (found[2] or "").strip() else head.get("instructions") or ""
    lost = [f"'{key}' of the front matter" for key in head if key not in _READ]
    given = Given(_messages(str(body), _form(head), lost), lost=lost)
    given.description = str(head.get("description") or head.get("name") or "")
    metadata = mapping(head.get("metadata"))
    own = metadata.pop("triptych", None)
    given.metadata = {**metadata, **{k: head[k] for k in ("authors", "tags") if head.get(k)}}
    _inputs(head, given)
    given.model = _model(head.get("model"), given.lost)
    if isinstance(own, dict):
        kinds = {name: texts(given_) for name, given_ in mapping(own.get("kinds")).items()}
        given.kinds.update({name: known for name, known in kinds.items() if known})
        given.outputs = mapping(own.get("outputs"))
    elif head.get("outputs"):
        given.lost.append("the schema of the answer")
    return written(given, name)


def _form(head: dict[str, Any]) -> str:
    template = head.get("template") or {}
    form: Any = template  # version 1 names it in one word
    if isinstance(template, dict):
        form = template.get("format") or template.get("type") or "jinja2"
        form = form.get("kind", "jinja2") if isinstance(form, dict) else form
    if not isinstance(form, str) or form not in ("jinja2", "mustache"):
        raise PromptError(f"Its text is {form!r}.", "Jinja (jinja2) and Mustache can be read.")
    return form


def _messages(body: str, form: str, lost: list[str]) -> list[tuple[str, str]]:
    made: list[tuple[str, list[str]]] = []
    for line in body.split("\n"):
        role = ROLE_LINE.fullmatch(line)
        if role:
            if role[2]:
                lost.append(f"attributes of a message: {role[2]}")
            made.append((OPENAI_ROLES[role[1].lower()], []))
        elif made:
            made[-1][1].append(line)
        elif line.strip():
            made.append(("system", [line]))  # Prompty's own default
    texts = [(role, "\n".join(lines).strip("\n")) for role, lines in made]
    return [(r, as_jinja(t, lost) if form == "mustache" else t) for r, t in texts if t.strip()]


def _inputs(head: dict[str, Any], given: Given) -> None:
    inputs = head.get("inputs") or {}
    if isinstance(inputs, dict):  # version 1: {x: {type: …}}, or {x: an example}
        rows = [
            {**value, "name": name} if isinstance(value, dict) else {"name": name, "sample": value}
            for name, value in inputs.items()
        ]
    else:
        listed = inputs if isinstance(inputs, list) else []
        rows = [row for row in listed if isinstance(row, dict) and row.get("name")]
    for row in rows:
        name = str(row["name"])
        kind = str(row.get("kind") or row.get("type") or "")
        given.declared.append(name)
        if kind in _OURS or kind in _OURS.values():
            given.kinds[name] = [_OURS.get(kind, kind)]
        elif kind:
            given.lost.append(f"the kind of '{name}': {kind}")
        if row.get("default") is not None:
            given.defaults[name] = row["default"]
        if any(key in row for key in ("sample", "example")):
            given.lost.append(f"the example of '{name}'")
    if head.get("sample"):
        given.lost.append("the sample values")


def _model(model: Any, lost: list[str]) -> dict[str, Any]:
    if not isinstance(model, dict):
        return {}
    options = model.get("options") or model.get("parameters") or {}
    others = [key for key in model if key not in ("options", "parameters", "api", "apiType")]
    if others:
        lost.append(f"which model, and where it is: {', '.join(others)}")
    return hints(options, _PARAMETERS, lost) if isinstance(options, dict) else {}
