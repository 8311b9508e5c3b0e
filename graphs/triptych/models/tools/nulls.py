"""Null as a value of its own, and null that stands for "left out" in a strict schema."""

from __future__ import annotations

from typing import Any

from triptych.models.tools.pointers import Schema, target


def without_nulls(value: Any, schema: Any, root: Schema | None = None) -> Any:
    """An answer without the nulls that stand for "left out" in a `strict` schema.

    Args:
        value: The answer.
        schema: The schema before it was made strict.
        root: The whole schema, where `schema` is a part.
    """
    root = root or schema
    if not isinstance(schema, dict):
        return value
    if isinstance(schema.get("$ref"), str):
        schema = target(root, schema["$ref"])
    if isinstance(value, list):
        items = schema.get("items", {})
        return [without_nulls(each, items, root) for each in value]
    if not isinstance(value, dict):
        return value
    named = _properties(value, schema, root)
    return {
        key: without_nulls(each, named.get(key, {}), root)
        for key, each in value.items()
        if each is not None
        or key not in named
        or key in schema.get("required", ())
        or takes_null(named[key], root)
    }


def takes_null(schema: Any, root: Schema | None = None) -> bool:
    """True if null is a value that the schema allows."""
    if not isinstance(schema, dict):
        return schema is not False
    if isinstance(ref := schema.get("$ref"), str):
        return bool(root) and takes_null(target(root or {}, ref), root)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return any(takes_null(each, root) for each in schema[key])
    if "allOf" in schema:
        return all(takes_null(each, root) for each in schema["allOf"])
    if "enum" in schema or "const" in schema:
        return None in schema.get("enum", [schema.get("const")])
    kind = schema.get("type")
    return kind is None or kind == "null" or (isinstance(kind, list) and "null" in kind)


def _properties(value: Schema, schema: Schema, root: Schema) -> dict[str, Any]:
    """The properties that a value's keys mean; in a union those of the first that has them all."""
    if "properties" in schema:
        return dict(schema["properties"])
    for each in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
        part = each
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            part = target(root, part["$ref"])
        found = _properties(value, part, root) if isinstance(part, dict) else {}
        if found and value.keys() <= found.keys():
            return found
    return {}
