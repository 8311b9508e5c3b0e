"""A value that a JSON schema accepts, filled with what the request says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from triptych.testing.perfect.hints import Hints
from triptych.testing.perfect.patterns import matching

Schema = Mapping[str, Any]

_DEEP = 6  # levels; a schema that refers to itself would never end
_FORMATS = {
    "date-time": "2026-11-24T12:00:00Z",
    "date": "2026-11-24",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
}
_TEXTS = {
    "setup": "Why did the cat sit on the computer?",
    "punchline": "It wanted to keep an eye on the mouse.",
}


def value_for(schema: Schema, hints: Hints, root: Schema | None = None) -> Any:
    """A value that the schema accepts.

    Args:
        schema: A JSON schema; references are looked up in `root`.
        hints: What to fill it with.
        root: The whole schema, where `schema` is a part of one.

    Example:
        >>> value_for({"type": "integer", "exclusiveMinimum": 3}, Hints("2, 3 or 5?"))
        5
    """
    return _Filler(root if root is not None else schema, hints).value(schema, "", 0)


class _Filler:
    def __init__(self, root: Schema, hints: Hints) -> None:
        self._root = root
        self._hints = hints

    def value(self, schema: Schema | bool, name: str, depth: int) -> Any:
        if isinstance(schema, bool):
            return "anything"
        schema = self._whole(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            named = [one for one in schema["enum"] if self._hints.mentions(one)]
            return (named or schema["enum"])[0]
        if branches := schema.get("anyOf") or schema.get("oneOf"):
            rest = {key: schema[key] for key in schema if key not in ("anyOf", "oneOf")}
            return self.value(self._merged([rest, self._branch(branches, depth)]), name, depth)
        kind = self._kind(schema, depth)
        makers = {"object": self._object, "array": self._array}
        if kind in makers:
            return makers[kind](schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return not (self._hints.mentions("false") or self._hints.mentions(f"no {name}"))
        return None if kind == "null" else self._string(schema, name)

    def _whole(self, schema: Schema) -> Schema:
        """The schema with its reference followed and its `allOf` joined."""
        while "$ref" in schema:
            rest = {key: schema[key] for key in schema if key != "$ref"}
            schema = self._merged([self._referred(str(schema["$ref"])), rest])
        if parts := schema.get("allOf"):
            rest = {key: schema[key] for key in schema if key != "allOf"}
            schema = self._merged([*(self._whole(part) for part in parts), rest])
        return schema

    def _referred(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        return dict(found)

    def _merged(self, parts: Sequence[Schema]) -> Schema:
        joined: dict[str, Any] = {}
        for part in parts:
            for key, value in part.items():
                if key == "properties":
                    value = {**joined.get(key, {}), **value}  # noqa: PLW2901
                if key == "required":
                    value = list(dict.fromkeys([*joined.get(key, ()), *value]))  # noqa: PLW2901
                joined[key] = value
        return joined

    def _branch(self, branches: Sequence[Schema], depth: int) -> Schema:
        """The branch that the text speaks of, else the first that is not null and not deeper."""
        whole = [self._whole(branch) for branch in branches]
        for branch in whole:
            fixed = [_fixed(part) for part in branch.get("properties", {}).values()]
            if any(self._hints.mentions(one) for one in fixed if one is not None):
                return branch
        plain = [one for one in whole if one.get("type") != "null"]
        if depth >= _DEEP:
            shallow = [one for one in whole if one.get("type") not in ("object", "array")]
            return (shallow or plain)[0]
        return (plain or whole)[0]

    def _kind(self, schema: Schema, depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            plain = [one for one in kind if one != "null"]
            return "null" if depth >= _DEEP and "null" in kind else (plain or kind)[0]
        if isinstance(kind, str):
            return kind
        if "properties" in schema or "additionalProperties" in schema:
            return "object"
        return "array" if "items" in schema or "prefixItems" in schema else "string"

    def _object(self, schema: Schema, name: str, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        found = {}
        for key, part in properties.items():
            unwanted = self._hints.mentions(f"no {key}") or depth >= _DEEP or "default" in part
            if key in required or not unwanted:
                found[key] = self.value(part, key, depth + 1)
        extra = schema.get("additionalProperties")
        if isinstance(extra, Mapping) and not properties and depth < _DEEP:
            found["key"] = self.value(extra, "key", depth + 1)
        for key in required:
            found.setdefault(key, "anything")
        return found

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        fixed = schema.get("prefixItems", ())
        found = [self.value(part, name, depth + 1) for part in fixed]
        items = schema.get("items", not fixed)
        wanted = least if depth >= _DEEP else min(max(least, 2), most)
        part: Schema | bool = items if isinstance(items, Mapping) else True
        while items is not False and len(found) < wanted:
            value = self.value(part, name, depth + 1)
            if schema.get("uniqueItems") and value in found:
                value = _another(self._whole(part) if isinstance(part, Mapping) else {}, found)
                if value is None:
                    break
            found.append(value)
        return found

    def _number(self, schema: Schema, *, whole: bool) -> float | int:
        step = schema.get("multipleOf") or (1 if whole else 0)
        tiny = 1 if whole else 1e-6
        low = schema.get("minimum", -math.inf)
        if "exclusiveMinimum" in schema:
            low = max(low, schema["exclusiveMinimum"] + tiny)
        high = schema.get("maximum", math.inf)
        if "exclusiveMaximum" in schema:
            high = min(high, schema["exclusiveMaximum"] - tiny)
        found = self._hints.number(low, high, whole=whole)
        if found is None or (step and math.remainder(found, step)):
            found = min(max(step or 1, low), high)
            if step:
                found = math.ceil(found / step) * step
        return int(found) if found == int(found) else found

    def _string(self, schema: Schema, name: str) -> str:
        if "pattern" in schema:
            return matching(schema["pattern"], self._hints.text)
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        said = _TEXTS.get(name) or self._hints.words() or f"some {name or 'text'}"
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        said = said.ljust(least, "x")
        return said if most is None else said[:most]


def _fixed(part: Any) -> Any:
    """The one value that a part allows, if it is one."""
    if not isinstance(part, Mapping):
        return None
    enum = part.get("enum")
    return part.get("const", enum[0] if isinstance(enum, list) and len(enum) == 1 else None)


def _another(part: Schema, taken: Sequence[Any]) -> Any:
    """A value unlike those taken, where each must differ; None if there is none."""
    for option in part.get("enum", ()):
        if option not in taken:
            return option
    last = taken[-1]
    if isinstance(last, int | float) and not isinstance(last, bool) and "enum" not in part:
        return last + (part.get("multipleOf") or 1)
    if isinstance(last, str) and "enum" not in part and "pattern" not in part:
        return f"{last} {len(taken) + 1}"
    return None


def as_json(value: Any) -> str:
    """A value as a model writes it."""
    return json.dumps(value, ensure_ascii=False)
