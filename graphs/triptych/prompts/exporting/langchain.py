"""To LangChain: a plain `ChatPromptTemplate` that needs nothing of Triptych."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from triptych.errors import PromptError
from triptych.prompts.exporting.exported import Exported, beyond_text, inlined
from triptych.prompts.inputs import Input
from triptych.prompts.jinja import environment
from triptych.prompts.stamp import prompt_metadata
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from langchain_core.prompts import ChatPromptTemplate

_KINDS = {"System": "system", "Human": "human", "AI": "ai"}
_ROLES = {"system": "system", "user": "human", "assistant": "ai"}


def export(template: Template) -> Exported:
    """A template as a `ChatPromptTemplate`.

    A body of text and variables becomes f-strings, LangChain's own form. One with conditions or
    loops can only be LangChain's Jinja, which its loaders refuse for good reasons: it lives in
    memory. Reference and hash go along as metadata.

    Args:
        template: The template.

    Returns:
        The prompt, and what is lost.
    """
    from langchain_core.prompts import ChatPromptTemplate

    messages = inlined(template)
    strings = [_as_format_string(source) for _, source in messages]
    plain = all(text is not None for text in strings)
    texts = strings if plain else [source for _, source in messages]
    lost = beyond_text(template)
    if not plain:
        lost.append("LangChain cannot save or load it: it has conditions or loops (Jinja)")
        lost.append("what a value does not have renders as nothing, and is no error")
    odd = [i.name for i in template.inputs.values() if i.kinds != ("string",)]
    if odd:
        lost.append(f"the kinds of values are not checked: {', '.join(odd)}")
    defaults = {i.name: i.default for i in template.inputs.values() if not i.required}
    made = ChatPromptTemplate(
        [(_ROLES[role], text or "") for (role, _), text in zip(messages, texts, strict=True)],
        template_format="f-string" if plain else "jinja2",
        partial_variables=defaults,
        metadata=dict(prompt_metadata(template)),
        input_types={i.name: _type(i) for i in template.inputs.values()},
    )
    return Exported(made, lost)


def as_json(prompt: ChatPromptTemplate) -> str:
    """A `ChatPromptTemplate` as a small JSON document, made of plain texts only.

    LangChain's own `dumpd` is left alone: its `load` is documented as unsafe for what one did not
    write oneself. Read it back with `triptych.prompts.importing.langchain.read`, or with
    ``ChatPromptTemplate(d["messages"], template_format=d["template_format"], …)``.

    Raises:
        PromptError: A message is more than text, such as an image or a placeholder.
    """
    rows: list[list[str]] = []
    form = "f-string"
    for message in prompt.messages:
        inner: Any = getattr(message, "prompt", None)
        kind = type(message).__name__.removesuffix("MessagePromptTemplate")
        if kind not in _KINDS or not isinstance(getattr(inner, "template", None), str):
            raise PromptError(
                f"A {type(message).__name__} of the prompt is no plain text.",
                "Only prompts of texts and variables can be written down.",
            )
        rows.append([_KINDS[kind], inner.template])
        form = inner.template_format
    data = {
        "messages": rows,
        "template_format": form,
        "input_variables": list(prompt.input_variables),
        "partial_variables": dict(prompt.partial_variables),
        "metadata": dict(prompt.metadata or {}),
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _type(given: Input) -> Any:
    types = {"string": str, "list": list, "object": dict}
    return types[given.kinds[0]] if len(given.kinds) == 1 else Any


def _as_format_string(source: str) -> str | None:
    """Jinja text as an f-string; None if it is more than text and variables."""
    from jinja2 import nodes

    parts = []
    for node in environment({}).parse(source).body:
        if not isinstance(node, nodes.Output):
            return None
        for piece in node.nodes:
            if isinstance(piece, nodes.TemplateData):
                parts.append(piece.data.replace("{", "{{").replace("}", "}}"))
            elif isinstance(piece, nodes.Const) and isinstance(piece.value, str):
                parts.append(piece.value.replace("{", "{{").replace("}", "}}"))
            elif isinstance(piece, nodes.Name):
                parts.append(f"{{{piece.name}}}")
            else:
                return None
    return "".join(parts)
