"""Which functions a perfect model calls, and with what."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from triptych.testing.perfect.hints import Hints
from triptych.testing.perfect.request import Asked
from triptych.testing.perfect.values import value_for

Function = Mapping[str, Any]

_COMMON = {"get", "my", "tool", "the", "a", "of", "with", "function", "args", "no", "to", "set"}


def calls(asked: Asked) -> list[dict[str, Any]]:
    """The calls for a request: none, one, or several at once.

    A function is called if the request says so by `tool_choice`, or if the user's words have its
    name or a word of it; several times if they have several names for its one text argument.
    """
    if asked.results and not asked.must_call:
        return []
    found = [call for function in _chosen(asked) for call in _uses(function, asked.words)]
    if asked.body.get("parallel_tool_calls") is False:
        return found[:1]
    return found


def _chosen(asked: Asked) -> list[Function]:
    if (name := asked.wanted_tool) is not None:
        return [tool for tool in asked.tools if tool["name"] == name]
    named = [tool for tool in asked.tools if Hints(asked.words).mentions(tool["name"])]
    meant = named or [tool for tool in asked.tools if _speaks_of(asked.words, tool)]
    return meant or (asked.tools[:1] if asked.must_call else [])


def _speaks_of(words: str, tool: Function) -> bool:
    said = {word.lower() for word in re.findall(r"[a-zA-Z]+", words)}
    return bool(said & (set(tool["name"].lower().split("_")) - _COMMON))


def _uses(function: Function, words: str) -> list[dict[str, Any]]:
    name, schema = function["name"], function.get("parameters") or {}
    properties = list(schema.get("properties", {}))
    written = re.findall(rf"(?<!\w){re.escape(name)}\(([^)]*)\)", words)
    if filled := [given for text in written if (given := _literal(text, properties))]:
        return [{"name": name, "arguments": arguments} for arguments in filled]
    texts = [key for key in properties if _is_free_text(schema["properties"][key])]
    hints = Hints(words)
    if len(properties) == 1 and len(texts) == 1 and len(hints.names) > 1 and not hints.quoted:
        return [{"name": name, "arguments": {texts[0]: place}} for place in hints.names]
    return [{"name": name, "arguments": value_for(schema, hints) if properties else {}}]


def _literal(text: str, properties: list[str]) -> dict[str, Any]:
    """Arguments that stand in the text as a call in Python: ``f(3)``, ``f(a=1, b=2)``."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call):
            return {}
        found = dict(zip(properties, map(ast.literal_eval, call.args), strict=False))
        named = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
    except (SyntaxError, ValueError):
        return {}
    return found | named


def _is_free_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "string" and "enum" not in part
