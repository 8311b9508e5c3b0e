"""JSON schemas as model servers take them: references resolved, and closed where strict is asked.

A schema arrives as pydantic, a person or another framework wrote it. OpenAI's strict mode wants
every property required and no other one; llama.cpp and vLLM turn a schema into a grammar and refuse
the whole request over a reference that leads nowhere or a pattern that they cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from triptych.models.tools.nulls import takes_null
from triptych.models.tools.patterns import readable
from triptych.models.tools.pointers import Schema, target

_ONE = ("items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems", "items")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_DEFINITIONS = ("$defs", "definitions")
_NOT_STRICT = ("default", "discriminator", "$schema", "examples")


def inlined(schema: Schema) -> Schema:
    """The schema with what its references name in their places; the one given stays as it is.

    A type that contains itself cannot stand in place of its reference: it stays under ``$defs``.

    Raises:
        InputError: If a reference leads nowhere or out of the schema.
    """
    kept: dict[str, str] = {}

    def place(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        ref = node.get("$ref")
        if not isinstance(ref, str):
            return _mapped(node, place)
        if _leads_back(schema, ref):
            if ref not in kept:
                kept[ref] = _free_name(ref, kept)
            return {"$ref": f"#/$defs/{kept[ref]}"}
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**place(target(schema, ref)), **_mapped(beside, place)}

    made: Schema = place({k: v for k, v in schema.items() if k not in _DEFINITIONS})
    definitions: Schema = {}
    while missing := [ref for ref, name in kept.items() if name not in definitions]:
        for ref in missing:
            own = target(schema, ref)
            definitions[kept[ref]] = _mapped(
                {k: v for k, v in own.items() if k not in _DEFINITIONS}, place
            )
    if "$ref" in made:  # servers want an object at the top, no reference to one
        made = definitions[made["$ref"].rsplit("/", 1)[-1]]
    return {**made, "$defs": definitions} if definitions else made


def strict(schema: Schema, *, nullable: bool = True) -> Schema:
    """A schema (of `inlined`) as strict servers want it: closed, and nothing optional.

    Free-form objects (``dict[str, int]``) stay open: closed they could hold nothing.

    Args:
        schema: The schema; it stays as it is.
        nullable: What was optional may be null instead; see `without_nulls`. Without it a value is
            asked for.
    """

    def close(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        node = {key: value for key, value in _mapped(node, close).items() if key not in _NOT_STRICT}
        if "oneOf" in node:
            node["anyOf"] = [*node.pop("oneOf"), *node.pop("anyOf", [])]
        if len(node.get("allOf", ())) == 1:
            node = {**node.pop("allOf")[0], **node}
        if isinstance(pattern := node.pop("pattern", None), str) and (plain := readable(pattern)):
            node["pattern"] = plain
        if "properties" not in node:
            return node
        asked = node.get("required", [])
        node["properties"] = {
            name: _or_null(each)
            if nullable and name not in asked and not takes_null(each)
            else each
            for name, each in node["properties"].items()
        }
        return {
            **node,
            "type": "object",
            "required": list(node["properties"]),
            "additionalProperties": False,
        }

    made: Schema = close(schema)
    return made


def is_closed(schema: Any) -> bool:
    """True if no part of the schema is a free-form object or anything at all."""
    if not isinstance(schema, dict) or not (schema.keys() - {"title", "description"}):
        return False
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    parts: list[Any] = []
    _mapped({k: v for k, v in schema.items() if k != "additionalProperties"}, parts.append)
    return all(map(is_closed, parts))


def _mapped(schema: Schema, change: Callable[[Any], Any]) -> Schema:
    """A copy with each direct part changed; names of properties and data are no parts."""
    made = dict(schema)
    for key in _ONE:
        if isinstance(made.get(key), dict):
            made[key] = change(made[key])
    for key in _LISTS:
        if isinstance(made.get(key), list):
            made[key] = [change(each) for each in made[key]]
    for key in _NAMED:
        if isinstance(made.get(key), dict):
            made[key] = {name: change(each) for name, each in made[key].items()}
    return made


def _leads_back(schema: Schema, ref: str) -> bool:
    """True if what the reference names contains that reference, at whatever depth."""
    seen: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(inner := node.get("$ref"), str) and inner not in seen:
                seen.add(inner)
                visit(target(schema, inner))
            _mapped({k: v for k, v in node.items() if k not in _DEFINITIONS}, visit)

    visit(target(schema, ref))
    return ref in seen


def _free_name(ref: str, kept: dict[str, str]) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", ref.rsplit("/", 1)[-1].lstrip("#")) or "Whole"
    return name if name not in kept.values() else f"{name}_{len(kept)}"


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
