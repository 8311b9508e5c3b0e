"""What the strictest of servers refuse: OpenAI's API, vLLM, and Mistral's template, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from triptych.testing.dialects.conversation import mistral, turns
from triptych.testing.dialects.dialect import Refusal, Served
from triptych.testing.dialects.refusals import at_fault, refusal_0_32

_FIELDS = {
    "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens",
    "messages", "metadata", "model", "n", "parallel_tool_calls", "presence_penalty",
    "reasoning_effort", "response_format", "seed", "stop", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
}  # fmt: skip
_OF_A_MESSAGE = {
    "system": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "tool_calls"},
    "tool": {"role", "content", "name", "tool_call_id"},  # OpenAI's own examples give the name
}


def refusal(body: Mapping[str, Any], served: Served) -> Refusal | None:
    """The first thing that is wrong with a request, if anything."""
    return next(_all(body, served), None)


def _all(body: Mapping[str, Any], served: Served) -> Iterator[Refusal]:
    for field in sorted(set(body) - _FIELDS):
        yield Refusal(400, f"Unrecognized request argument supplied: {field}")
    if "max_tokens" in body and "max_completion_tokens" in body:
        yield Refusal(400, "Setting 'max_tokens' and 'max_completion_tokens' is not supported.")
    known = refusal_0_32({**body, "model": served.models[0]}, served)
    if known is not None:
        yield known
    messages = body.get("messages") or []
    for index, message in enumerate(messages):
        yield from _message(index, message)
    yield from turns(messages)
    yield from mistral(body)
    yield from _pairs(messages)
    yield from _tools(body)
    yield from _format(body.get("response_format"))


def _message(index: int, message: Mapping[str, Any]) -> Iterator[Refusal]:
    where, role = f"messages[{index}]", message.get("role")
    known = _OF_A_MESSAGE.get(str(role))
    if known is None:
        yield at_fault(where, f"Invalid value: '{role}'.")
        return
    for field in sorted(set(message) - known):
        yield at_fault(where, f"Additional properties are not allowed ('{field}')")
    content = message.get("content")
    if content is None and not message.get("tool_calls"):
        yield at_fault(where, "Invalid value for 'content': expected a string, got null.")
    if content in ("", []) and not message.get("tool_calls") and role != "tool":
        yield at_fault(where, "Invalid value for 'content': it is empty.")
    if message.get("tool_calls") == []:
        yield at_fault(where, "[] is too short - 'tool_calls'")
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, Mapping) or part.get("type") != "text":
            kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
            yield at_fault(where, f"Invalid value: '{kind}'. Supported values are: 'text'.")


def _pairs(messages: list[Mapping[str, Any]]) -> Iterator[Refusal]:
    """Each call of an assistant has one result, directly behind it."""
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        if message.get("role") == "tool":
            name = message.get("tool_call_id")
            if name not in open_calls:
                text = "messages with role 'tool' must be a response to a preceding message"
                yield at_fault(f"messages[{index}]", f"{text} with 'tool_calls'.")
            open_calls = [one for one in open_calls if one != name]
            continue
        if open_calls:
            text = "These tool_call_ids did not have response messages"
            yield at_fault(f"messages[{index}]", f"{text}: {', '.join(open_calls)}")
        open_calls = [str(call.get("id")) for call in message.get("tool_calls") or ()]
        for call in message.get("tool_calls") or ():
            if not re.fullmatch(r"[A-Za-z0-9]{9}", str(call.get("id"))):
                yield Refusal(
                    400,
                    f"Tool call id was {call.get('id')} but must be a-z, A-Z, 0-9, "
                    "with a length of 9.",
                )
            if not isinstance(call.get("function", {}).get("arguments"), str):
                yield at_fault(f"messages[{index}]", "Invalid type for 'arguments'.")


def _tools(body: Mapping[str, Any]) -> Iterator[Refusal]:
    if "parallel_tool_calls" in body and not body.get("tools"):
        yield at_fault("parallel_tool_calls", "'parallel_tool_calls' is only allowed with 'tools'.")
    for tool in body.get("tools") or ():
        if set(tool) != {"type", "function"}:
            yield at_fault("tools", f"Invalid tool: {sorted(tool)}")
        elif set(tool["function"]) - {"name", "description", "parameters", "strict"}:
            yield at_fault("tools", f"Unknown parameter in {tool['function']['name']}.")
        elif tool["function"].get("strict"):
            yield from _closed(tool["function"].get("parameters") or {}, "tools")


def _format(wanted: Any) -> Iterator[Refusal]:
    if not wanted or wanted.get("type") != "json_schema":
        return
    named = wanted["json_schema"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(named.get("name", ""))):
        yield at_fault("response_format", "Invalid 'response_format.json_schema.name'.")
    if named.get("strict"):
        yield from _closed(named.get("schema") or {}, "response_format")


def _closed(schema: Any, param: str) -> Iterator[Refusal]:
    """A strict schema closes each object and requires each property (OpenAI's documents)."""
    if isinstance(schema, list):
        for part in schema:
            yield from _closed(part, param)
    if not isinstance(schema, Mapping):
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        if schema.get("additionalProperties") is not False:
            text = "'additionalProperties' is required to be supplied and to be false."
            yield at_fault(param, f"Invalid schema: {text}")
        missing = sorted(set(properties or ()) - set(schema.get("required", ())))
        if missing:
            text = "'required' is required to be supplied and to include every key in properties"
            yield at_fault(param, f"Invalid schema: {text}. Missing '{missing[0]}'.")
    for key, part in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(part, Mapping):
            yield from _closed(list(part.values()), param)
        elif key in ("items", "anyOf", "allOf", "oneOf", "prefixItems"):
            yield from _closed(part, param)
