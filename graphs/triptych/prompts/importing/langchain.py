"""From LangChain: a `ChatPromptTemplate`, or the JSON document that our export writes of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from triptych.errors import PromptError
from triptych.prompts.importing.imported import (
    Given,
    Imported,
    literal,
    mapping,
    texts,
    written,
)
from triptych.prompts.importing.mustache import as_jinja, format_as_jinja

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

_ROLES = {"system": "system", "human": "user", "user": "user", "ai": "assistant",
          "assistant": "assistant"}  # fmt: skip


def read(content: str | ChatPromptTemplate, name: str) -> Imported:
    """A LangChain prompt as a template.

    Args:
        content: The prompt, or a JSON document with ``messages`` (pairs of role and text),
            ``template_format`` and ``partial_variables``. LangChain's own manifests are not
            loaded: that is documented as unsafe for what one did not write oneself.
        name: The prompt, with its line, that it becomes.

    Raises:
        PromptError: It is neither, or has messages that are no text: images, placeholders.
    """
    data = _document(content) if isinstance(content, str) else _parts(content)
    form = data.get("template_format", "f-string")
    lost: list[str] = []
    messages = []
    for row in data["messages"]:
        role, text, own = (*row, form)[:3]
        if role not in _ROLES:
            raise PromptError(f"A message of the role '{role}' has no place in a template.")
        messages.append((_ROLES[role], _as_jinja(text, own, lost)))
    given = Given(messages, lost=lost)
    given.description = str(data.get("description") or "")
    types = {"str": "string", "list": "list", "dict": "object"}
    for variable, kind in mapping(data.get("kinds")).items():
        if isinstance(kind, str) and kind in types:
            given.kinds[variable] = [types[kind]]
    for variable, value in mapping(data.get("partial_variables")).items():
        if callable(value):
            lost.append(f"the function that gives '{variable}'")
        else:
            given.defaults[variable] = value
    if form != "jinja2":  # an f-string writes any value as text, and nothing else is done with it
        for variable in texts(data.get("input_variables")):
            given.kinds.setdefault(variable, ["string"])
    else:
        lost.append("a value that is not given is an error here, and nothing there")
    return written(given, name)


def _document(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
        rows = [(str(role), str(words)) for role, words in data["messages"]]
    except (ValueError, KeyError, TypeError):
        raise PromptError(
            "It is no JSON document of a chat prompt.",
            'It is to hold {"messages": [["system", "…"], ["human", "…"]]}.',
        ) from None
    return {
        **data,
        "messages": rows,
        "template_format": str(data.get("template_format", "f-string")),
    }


def _parts(prompt: ChatPromptTemplate) -> dict[str, Any]:
    rows = []
    for message in prompt.messages:
        inner: Any = getattr(message, "prompt", None)
        if inner is not None and isinstance(getattr(inner, "template", None), str):
            kind = type(message).__name__.removesuffix("MessagePromptTemplate").lower()
            rows.append((kind, inner.template, inner.template_format))
        elif isinstance(getattr(message, "content", None), str):
            rows.append((str(getattr(message, "type", "")), message.content, "literal"))  # type: ignore[union-attr]
        else:
            raise PromptError(
                f"A {type(message).__name__} of the prompt is no text.",
                "Only prompts of texts and variables can be read.",
            )
    forms = {form for _, _, form in rows if form != "literal"}
    return {
        "messages": rows,
        "template_format": "jinja2" if "jinja2" in forms else "f-string",
        "input_variables": list(prompt.input_variables),
        "partial_variables": dict(prompt.partial_variables),
        "kinds": {n: getattr(kind, "__name__", "") for n, kind in prompt.input_types.items()},
    }


def _as_jinja(text: str, form: str, lost: list[str]) -> str:
    if form == "jinja2":
        return text
    if form == "literal":
        return literal(text)
    if form == "mustache":
        return as_jinja(text, lost)
    if form == "f-string":
        return format_as_jinja(text, lost)
    raise PromptError(f"'{form}' is no form of LangChain's texts.")
