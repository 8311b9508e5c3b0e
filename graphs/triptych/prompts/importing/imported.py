"""What an import gives, and how a template's text is written from parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triptych.errors import PromptError
from triptych.prompts.exporting.exported import yaml_text
from triptych.prompts.front import WORKING_COPY
from triptych.prompts.inputs import KINDS
from triptych.prompts.jinja import scan
from triptych.prompts.roles import ROLES

ANY = tuple(KINDS)
"""Kinds of an input of which nothing is known."""

OPENAI_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""Roles of chats as OpenAI's API names them, to ours."""

_ROLE_LINE = re.compile(rf"^(\\*(?:{'|'.join(ROLES)}):[ \t]*)$", re.MULTILINE)
_OPENING = re.compile(r"\{(?=[{%#])|\{$")


@dataclass(frozen=True)
class Imported:
    """A template made of another tool's prompt.

    Attributes:
        text: The template's text, a working copy.
        lost: What of the other prompt has no place in it, a sentence each without a full stop.
    """

    text: str
    lost: list[str]


@dataclass
class Given:
    """The parts of a prompt, as a reader finds them.

    Attributes:
        messages: Role and Jinja text.
        description: One sentence.
        kinds: Input to its kinds, where they are known.
        defaults: Input to its default; the others are required.
        declared: Inputs that are declared, in order.
        outputs: As in a front matter; so `model` and `metadata`.
        lost: What was lost so far.
    """

    messages: list[tuple[str, str]]
    description: str = ""
    kinds: dict[str, Sequence[str]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def written(given: Given, name: str) -> Imported:
    """The text of a template of these parts.

    Inputs that the text reads and nobody declared are added; those that it does not read go.

    Args:
        given: The parts.
        name: The prompt, with its line.

    Raises:
        PromptError: A text is no Jinja.
    """
    used: dict[str, None] = {}
    for _, text in given.messages:
        found = scan(text, Path(name), 1)
        used.update(dict.fromkeys(found.variables))
        if found.partials:
            raise PromptError(
                f"It includes other files: {', '.join(found.partials)}.",
                "Write their text into it first.",
            )
    lost = list(given.lost)
    unused = [each for each in given.declared if each not in used]
    if unused:
        lost.append(f"inputs that the text does not read: {', '.join(unused)}")
    order = [each for each in given.declared if each in used]
    order += [each for each in used if each not in order]
    front: dict[str, Any] = {
        "name": name,
        "version": WORKING_COPY,
        "description": given.description.strip() or f"Imported as {name}",
        "inputs": {each: _declared(given, each, lost) for each in order},
        "outputs": given.outputs,
        "model": given.model,
        "metadata": {"changelog": "", **given.metadata},
    }
    head = yaml_text({key: value for key, value in front.items() if value})
    body = "".join(f"{role}:\n{_escaped(text, lost)}\n" for role, text in given.messages)
    return Imported(f"---\n{head}---\n{body}", list(dict.fromkeys(lost)))


def literal(text: str) -> str:
    """A text as Jinja that renders to it."""
    return _OPENING.sub('{{ "{" }}', text)


def mapping(value: Any) -> dict[str, Any]:
    """A mapping with text keys as it stands in a file; what is none counts as empty."""
    return {k: v for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """The texts of a list as it stands in a file; what is none counts as empty."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def hints(options: Mapping[str, Any], names: Mapping[str, str], lost: list[str]) -> dict[str, Any]:
    """Parameters for a model under our names; what we have no name for is lost.

    Args:
        options: The other tool's.
        names: Its names to ours.
        lost: Is added to.
    """
    unknown = [name for name in options if name not in names]
    if unknown:
        lost.append(f"parameters for the model: {', '.join(unknown)}")
    return {names[n]: v for n, v in options.items() if n in names and v is not None}


def _declared(given: Given, name: str, lost: list[str]) -> dict[str, Any]:
    kinds = [kind for kind in given.kinds.get(name, ANY) if kind in KINDS] or list(ANY)
    made: dict[str, Any] = {"kind": kinds[0] if len(kinds) == 1 else kinds}
    if name not in given.defaults:
        return {**made, "required": True}
    default = given.defaults[name]
    fits = [kind for kind in KINDS if isinstance(default, KINDS[kind])]
    if not fits:
        lost.append(f"the default of '{name}', {default!r}: it is no text, list or object")
        return {**made, "required": True}
    if not set(fits) & set(kinds):
        made["kind"] = fits[0]
    return {**made, "default": default}


def _escaped(text: str, lost: list[str]) -> str:
    kept = text.rstrip()
    while kept.split("\n")[0].strip() == "" and "\n" in kept:
        kept = kept.partition("\n")[2]
    if kept != text.rstrip("\n"):
        lost.append("blank lines and spaces at the edges of a message")
    return _ROLE_LINE.sub(r"\\\1", kept)
