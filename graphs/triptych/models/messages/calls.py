"""The tool calls of an assistant's message, wherever LangChain keeps them.

The shipped class reads `additional_kwargs` alone, so calls that were streamed, built by hand or
edited go out as an empty assistant message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from langchain_core.messages import BaseMessage

from triptych.errors import InputError
from triptych.models.messages.content import CALLS
from triptych.models.messages.turn import Call

RAW = "invalid_json"
"""The key under which arguments go back that are no JSON object."""


def calls(message: BaseMessage, index: int) -> tuple[Call, ...]:
    """The calls of a message: of `tool_calls` and `invalid_tool_calls`; where both are empty, of
    `additional_kwargs` (the form before LangChain 0.2) or of blocks in the content (Anthropic's).

    Args:
        message: An assistant's message or its chunks added up.
        index: Its place in the caller's list.

    Raises:
        InputError: If arguments cannot be written as JSON.
    """
    found = [
        *((c.get("id"), c["name"], c["args"]) for c in getattr(message, "tool_calls", ())),
        *(
            (c.get("id"), c.get("name"), c.get("args"))
            for c in getattr(message, "invalid_tool_calls", ())
        ),
    ]
    found = found or list(_legacy(message)) or list(_blocks(message.content))
    return tuple(
        Call(str(id_ or ""), str(name or "unknown"), _arguments(args, f"messages[{index}]"))
        for id_, name, args in found
    )


def _legacy(message: BaseMessage) -> Iterator[tuple[Any, Any, Any]]:
    for call in message.additional_kwargs.get("tool_calls") or ():
        function = call.get("function") or {}
        yield call.get("id"), function.get("name"), function.get("arguments")


def _blocks(content: object) -> Iterator[tuple[Any, Any, Any]]:
    for block in content if isinstance(content, list) else ():
        if isinstance(block, Mapping) and block.get("type") in CALLS:
            given = (block.get(key) for key in ("input", "args", "arguments"))
            args = next((value for value in given if value is not None), None)
            yield block.get("call_id") or block.get("id"), block.get("name"), args


def _arguments(args: object, where: str) -> str:
    """Arguments as a JSON object, written in one way (so that what is read back stays the same).

    Any other text is wrapped in one: vLLM up to 0.25 and llama.cpp parse the arguments of the
    history and refuse the whole conversation, each time again, for a call that was cut or
    malformed (vllm-project/vllm#48922). Text is never repaired by guessing.
    """
    if args is None or (isinstance(args, str) and not args.strip()):
        return "{}"
    text = args if isinstance(args, str) else _written(args, where)
    try:
        value = json.loads(text, parse_constant=_refuse)
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        pass
    return json.dumps({RAW: text}, ensure_ascii=False)


def _written(args: object, where: str) -> str:
    try:
        # NaN may pass here: a model can write it, and LangChain reads it. It is wrapped above.
        return json.dumps(args, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{where} has a tool call whose arguments are no JSON: {error}.",
            "Give only strings, numbers, booleans, None, lists and dicts.",
        ) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
