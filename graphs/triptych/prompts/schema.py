"""JSON schemas of the files of a prompt folder, for editors.

They complete and check while one types; what they cannot see (whether a prompt exists, whether an
input is used) `triptych prompts lint` finds. Each rule is taken from the code that enforces it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from triptych.prompts.front import CHANNEL, HINTS, NAME, VERSION, WORKING_COPY
from triptych.prompts.inputs import KINDS

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_HINT: dict[str, dict[str, Any]] = {
    "temperature": {"type": "number", "minimum": 0},
    "top_p": {"type": "number", "minimum": 0, "maximum": 1},
    "max_tokens": {"type": "integer", "minimum": 1},
    "seed": {"type": "integer"},
    "stop": {"type": ["string", "array"], "items": {"type": "string"}},
    "frequency_penalty": {"type": "number"},
    "presence_penalty": {"type": "number"},
}


def front_schema() -> dict[str, Any]:
    """Of a template's front matter."""
    kind = {"enum": list(KINDS)}
    given = {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"anyOf": [kind, {"type": "array", "items": kind, "minItems": 1}]},
            "required": {"type": "boolean"},
            "default": {"description": "Its value where the caller gives none."},
            "description": {"type": "string"},
        },
        "additionalProperties": False,
        "oneOf": [
            {"required": ["required"], "properties": {"required": {"const": True},
                                                      "default": False}},
            {"required": ["default"], "properties": {"required": {"const": False}}},
        ],
    }  # fmt: skip
    text = {"type": "string", "pattern": r"\S"}
    return {
        "$schema": _DRAFT,
        "title": "Front matter of a prompt",
        "type": "object",
        "required": ["name", "version", "description"],
        "properties": {
            "name": _matching(NAME.pattern, "The prompt, with its line after a dot: plan.terse"),
            "version": _matching(
                f"({VERSION.pattern}|{WORKING_COPY})", f"Three numbers, or {WORKING_COPY}"
            ),
            "description": {**text, "description": "One sentence"},
            "parent": {**text, "description": "Exact reference it was made from: plan@1.0.0"},
            "inputs": {
                "type": "object",
                "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
                "additionalProperties": given,
            },
            "outputs": {
                "type": "object",
                "properties": {"schema": _matching("[A-Za-z_][A-Za-z0-9_]*", "As Plan")},
                "additionalProperties": False,
            },
            "model": {
                "type": "object",
                "description": "Hints; the run's settings win. Never an address or a key.",
                "properties": {name: _HINT[name] for name in HINTS},
                "additionalProperties": False,
            },
            "metadata": {
                "type": "object",
                "properties": {"changelog": {"type": "string", "description": "What is new"}},
            },
        },
        "additionalProperties": False,
    }


def set_schema() -> dict[str, Any]:
    """Of a set: stage to selector."""
    selector = {"type": "string", "pattern": r"^(\S+/\S*\.md|[a-z][a-z0-9_.-]*(@\S+)?)$"}
    return {
        "$schema": _DRAFT,
        "title": "A set of prompts: stage -> selector",
        "type": "object",
        "additionalProperties": selector,
    }


def channels_schema() -> dict[str, Any]:
    """Of ``channels.yaml``: prompt to channel to version."""
    return {
        "$schema": _DRAFT,
        "title": "Channels: what a bare name means (production), and what is on trial (staging)",
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": {
            "type": "object",
            "propertyNames": {"pattern": f"^{CHANNEL.pattern}$"},
            "additionalProperties": _matching(VERSION.pattern, "A released version"),
        },
    }


FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "front-matter.schema.json": front_schema,
    "set.schema.json": set_schema,
    "channels.schema.json": channels_schema,
}
"""Name of each file in ``_schemas/`` to what it holds."""


def text_of(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _matching(pattern: str, description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$", "description": description}
