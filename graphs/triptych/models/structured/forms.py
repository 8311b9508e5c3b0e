"""The form that an answer shall have: its schema for the server, and how an answer becomes it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, ValidationError
from pydantic.v1 import ValidationError as ValidationErrorV1

from triptych.errors import InputError
from triptych.models.tools import nulls, schemas, typed

Kind = Literal["pydantic", "pydantic v1", "enum", "dict"]
_MOST_PROBLEMS = 10


class Problem(ValueError):
    """What is wrong with an answer, in words that its author can use."""


@dataclass(frozen=True)
class Form:
    """One form.

    Attributes:
        name: For the server: letters, digits, ``_`` and ``-``.
        schema: JSON schema without outward references; None for any JSON object.
        tool: The same as an OpenAI tool, unchanged, for traces.
        kind: What `read` makes.
        made: The class that it makes, if any.
        description: Of the whole.
    """

    name: str
    schema: dict[str, Any] | None
    tool: dict[str, Any]
    kind: Kind = "dict"
    made: Any = None
    description: str = ""

    @property
    def streams(self) -> bool:
        """True if a part of an answer is of use: a dict's, not an object's."""
        return self.kind == "dict"

    def sent(self, strict: bool | None) -> tuple[dict[str, Any], bool]:
        """The schema for the server, and whether that may be told to be strict about it.

        Args:
            strict: False sends it as it is; True or None closes it. A schema with a free-form part
                cannot be strict.
        """
        schema = self.schema or {"type": "object"}
        if strict is False:
            return schema, False
        closed = schemas.strict(schema)
        return closed, schemas.is_closed(closed)

    def read(self, value: Any) -> Any:
        """The object, from an answer's JSON value.

        Raises:
            Problem: If the value does not have the form.
        """
        if self.schema is not None:
            value = nulls.without_nulls(value, self.schema)
        try:
            if self.kind == "pydantic":
                # By JSON, in which a date or an enum is a text even for a strict model.
                return self.made.model_validate_json(json.dumps(value))
            if self.kind == "pydantic v1":
                return self.made.parse_obj(value)
            if self.kind == "enum":
                return self.made(value["choice"])
        except (ValidationError, ValidationErrorV1) as error:
            raise Problem(_told(error)) from error
        except (KeyError, TypeError, ValueError):
            allowed = ", ".join(repr(each.value) for each in self.made)
            raise Problem(f"choice: must be one of {allowed}") from None
        if problems := list(_missing(value, self.schema or {"type": "object"}, "")):
            raise Problem("\n".join(problems[:_MOST_PROBLEMS]))
        return value


def form(schema: Any) -> Form:
    """The form that a user's schema means.

    Args:
        schema: A pydantic model (v2 or v1), a TypedDict, an Enum, a JSON schema, or a dict in the
            way of OpenAI's tools, functions or response formats; None for any JSON object. It is
            read only.

    Raises:
        InputError: If it is nothing of that.
    """
    if schema is None:
        return Form("response", None, _tool("response", "", {"type": "object", "properties": {}}))
    if isinstance(schema, type) and issubclass(schema, Enum):
        return _enum(schema)
    if isinstance(schema, dict):
        return _dict(schema)
    try:
        tool = convert_to_openai_tool(typed.readable(schema))
    except Exception as error:
        raise InputError(
            f"{getattr(schema, '__name__', schema)!r} is no schema for an answer: "
            f"{str(error).splitlines()[0]}",
            "Give a pydantic model, a TypedDict, an Enum or a JSON schema.",
        ) from error
    function = tool["function"]
    name, description = _safe(function["name"]), function.get("description", "")
    if not (isinstance(schema, type) and is_basemodel_subclass(schema)):
        wire = schemas.inlined(function.get("parameters") or {})
        return Form(name, wire, tool, description=description)
    if issubclass(schema, BaseModel):
        wire = schemas.inlined(schema.model_json_schema())
        return Form(name, wire, tool, "pydantic", schema, description)
    older: Any = schema
    wire = schemas.inlined(older.schema())
    return Form(name, wire, tool, "pydantic v1", schema, description)


def _dict(schema: dict[str, Any]) -> Form:
    """A JSON schema, bare or in one of OpenAI's wrappings."""
    for wrapping in ("function", "json_schema"):
        if schema.get("type") == wrapping and isinstance(schema.get(wrapping), dict):
            return _dict(schema[wrapping])
    name, description, wire = "response", schema.get("description", ""), schema
    for inside in ("parameters", "input_schema", "schema"):
        if "name" in schema and isinstance(schema.get(inside), dict):
            name, wire = schema["name"], schema[inside]
    if not wire.keys() & {"type", "properties", "anyOf", "oneOf", "allOf", "enum", "$ref"}:
        raise InputError(
            "The schema for the answer says nothing about it.",
            "Give a JSON schema with a type and properties.",
        )
    name = name if name != "response" else wire.get("title", "response")
    return Form(
        _safe(name), schemas.inlined(wire), _tool(name, description, wire), description=description
    )


def _enum(schema: type[Enum]) -> Form:
    values = [each.value for each in schema]
    if not all(isinstance(each, str | int | float | bool) for each in values):
        raise InputError(
            f"{schema.__name__} has values that JSON does not have.", "Use text or numbers."
        )
    wire = {
        "type": "object",
        "properties": {"choice": {"enum": values}},
        "required": ["choice"],
        "additionalProperties": False,
    }
    name = _safe(schema.__name__)
    return Form(name, wire, _tool(name, "", wire), "enum", schema)


def _tool(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    parameters = {k: v for k, v in schema.items() if k not in ("title", "description")}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": {k: v for k, v in function.items() if v}}


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64].strip("_") or "response"


def _told(error: ValidationError | ValidationErrorV1) -> str:
    lines = [
        f"{'.'.join(map(str, each['loc'])) or 'the whole'}: {each['msg']}"
        for each in error.errors()[:_MOST_PROBLEMS]
    ]
    return "\n".join(lines)


def _missing(value: Any, schema: Any, path: str) -> list[str]:
    """What is wrong with a dict by its schema: a part that lacks, or is of another type or choice.

    Not the whole of JSON schema, of which servers enforce the rest or nothing.
    """
    if not isinstance(schema, dict):
        return []
    where, kinds = path.rstrip(".") or "the whole", schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{where}: must be of type {' or '.join(kinds)}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: must be one of {schema['enum']}"]
    if "const" in schema and value != schema["const"]:
        return [f"{where}: must be {schema['const']!r}"]
    found = []
    if isinstance(value, dict):
        found += [
            f"{path}{name}: is missing" for name in schema.get("required", ()) if name not in value
        ]
        for name, part in schema.get("properties", {}).items():
            if name in value:
                found += _missing(value[name], part, f"{path}{name}.")
    if isinstance(value, list):
        for each in value:
            found += _missing(each, schema.get("items", {}), path)
    return found


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def _is(value: Any, kind: str) -> bool:
    """True if a JSON value is of a type of JSON schema; ``2.0`` is an integer there."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, object))
