"""Tool calls from a server that does not parse them: a JSON schema makes the model write them.

llama.cpp's parser neither enforces a `tool_choice` nor reads the way in which small models write
calls. Its grammar holds any model to a schema, and its chat templates still show the tools where
`tool_choice` is ``none``; so does vLLM's without tool flags. To answer in words is offered as one
more tool: of six ways tried on Qwen2.5-Coder 0.5B it was the one that chose rightly in nine of nine
requests; an ``{"answer": ...}`` beside the calls got five to six.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from dataclasses import dataclass
from functools import cache
from typing import Any

from triptych.models.tools import schemas
from triptych.prompts import library

_MOST_CALLS = 16  # a small model left alone may repeat its call until the limit
_LETTERS = string.ascii_letters + string.digits
_NAME = re.compile(r'"name"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ARGUMENTS = re.compile(r'"arguments"\s*:\s*')


@dataclass(frozen=True)
class Emulation:
    """A request in its other form, and how its answer is read.

    Attributes:
        payload: What goes out.
        answer: The name of the tool by which the model speaks; empty where it must call.
    """

    payload: dict[str, Any]
    answer: str = ""

    def read(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """From the answer's text to the words in it and its tool calls.

        Args:
            text: All that the model wrote, whole or cut.

        Returns:
            The text for people, and the calls in the form of a server's deltas. A call that was
            cut or is malformed keeps its arguments as they came.
        """
        words: list[str] = []
        calls: list[dict[str, Any]] = []
        for name, arguments in _items(text):
            if self.answer and name == self.answer:
                said = _json(arguments)
                words.append(_words(said.get("text", "") if isinstance(said, dict) else arguments))
            else:
                calls.append(_call(len(calls), name, arguments))
        if not words and not calls:
            return text, []  # the server did not keep to the schema: it is an answer in words
        return "\n".join(words), calls


def prepare(payload: dict[str, Any]) -> Emulation | None:
    """The request with its tools asked for by a schema; None where there is no call to be made.

    Args:
        payload: The body of a chat completion; it stays as it is.
    """
    tools, choice = payload.get("tools"), payload.get("tool_choice")
    known = choice in (None, "auto", "required") or isinstance(choice, dict)
    if not tools or not known:
        return None  # a choice that is none of them is the server's to refuse
    functions = [tool["function"] for tool in tools]
    if isinstance(choice, dict):
        named = (choice.get("function") or {}).get("name")
        functions = [f for f in functions if f["name"] == named]
        if not functions:
            return None
    form = payload.get("response_format")
    answer = "" if choice == "required" or isinstance(choice, dict) else _free(functions)
    most = 1 if payload.get("parallel_tool_calls") is False else _MOST_CALLS
    parts: list[dict[str, Any]] = [_calls(functions, most)]
    if answer:
        speak = _speak(answer, form)
        tools = [speak, *tools]
        parts = [_calls([speak["function"]], 1), *parts]
    definitions: dict[str, Any] = {}
    for part in parts:
        definitions.update(part.pop("$defs", {}))
    schema: dict[str, Any] = parts[0] if len(parts) == 1 else {"anyOf": parts}
    if definitions:
        schema["$defs"] = definitions
    made = {k: v for k, v in payload.items() if k != "parallel_tool_calls"}
    made |= {
        "tools": tools,
        "tool_choice": "none",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": schema, "strict": True},
        },
    }
    return Emulation(made, answer)


def _calls(functions: list[dict[str, Any]], most: int) -> dict[str, Any]:
    """The schema of an array of calls. Definitions get a prefix each and go to the top."""
    items: list[dict[str, Any]] = []
    definitions: dict[str, Any] = {}
    for number, function in enumerate(functions):
        parameters = schemas.inlined(function.get("parameters") or {})
        text = json.dumps({"type": "object", "properties": {}, **parameters})
        prefix = f"{function['name']}_{number}_"
        arguments = json.loads(text.replace('"#/$defs/', f'"#/$defs/{prefix}'))
        own = arguments.pop("$defs", {})
        definitions |= {prefix + name: each for name, each in own.items()}
        arguments.setdefault("additionalProperties", False)
        call = {"name": {"const": function["name"]}, "arguments": arguments}
        items.append(_closed(call))
    one = items[0] if len(items) == 1 else {"anyOf": items}
    made: dict[str, Any] = {"type": "array", "items": one, "minItems": 1, "maxItems": most}
    return {**made, "$defs": definitions} if definitions else made


def _speak(name: str, form: Any) -> dict[str, Any]:
    """The tool by which a model answers in words, or in the form that was asked for."""
    text: dict[str, Any] = {"type": "string"}
    if isinstance(form, dict) and form.get("type") == "json_schema":
        text = form["json_schema"]["schema"]
    elif isinstance(form, dict) and form.get("type") == "json_object":
        text = {"type": "object"}
    parameters = {"type": "object", "properties": {"text": text}, "required": ["text"]}
    function = {"name": name, "description": _description(), "parameters": parameters}
    return {"type": "function", "function": function}


@cache
def _description() -> str:
    ((_, text),) = library().get("tools").render()
    return text


def _free(functions: list[dict[str, Any]]) -> str:
    taken = {function["name"] for function in functions}
    return next(name for name in ("answer", "answer_user", "answer_in_words") if name not in taken)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _items(text: str) -> list[tuple[str, str]]:
    """Name and arguments (as JSON text) of each item of the array, the last one possibly cut."""
    found, at, decoder = [], text.find("{"), json.JSONDecoder(strict=False)
    if not text.lstrip().startswith(("[", "{")):
        return []
    while at >= 0:
        try:
            item, end = decoder.raw_decode(text, at)
        except ValueError:
            name, arguments = _NAME.search(text, at), _ARGUMENTS.search(text, at)
            if name:
                found.append((name[1], text[arguments.end() :] if arguments else ""))
            break
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            found.append((item["name"], json.dumps(item.get("arguments"), ensure_ascii=False)))
        at = text.find("{", end)
    return found


def _json(text: str) -> Any:
    from langchain_core.utils.json import parse_partial_json

    try:
        return parse_partial_json(text)  # words that the limit has cut are words
    except ValueError:
        return None


def _words(said: Any) -> str:
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _call(index: int, name: str, arguments: str) -> dict[str, Any]:
    return {
        "index": index,
        "id": "".join(secrets.choice(_LETTERS) for _ in range(9)),
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
