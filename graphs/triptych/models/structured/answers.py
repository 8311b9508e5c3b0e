"""From a model's message to the JSON value in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from langchain_core.exceptions import ModelRefusalError, OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.utils.json import parse_partial_json

from triptych.errors import BadOutputError, ContentFilteredError, TruncatedError
from triptych.models.structured.forms import Form, Problem

_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"```[A-Za-z]*\s*\n(.*?)\n?\s*```", re.DOTALL)


class UnfitAnswerError(BadOutputError, OutputParserException):
    """The answer does not have its form; what LangChain's own parsers raise is a base of it.

    `llm_output`, in which LangChain looks for the answer, is `partial`.
    """

    def __init__(self, message: str, cure: str = "", **kwargs: Any) -> None:
        super().__init__(message, cure, **kwargs)
        self.llm_output = self.partial


def parsed(message: AIMessage, form: Form, tool: str = "") -> Any:
    """The object that an answer holds.

    Args:
        message: The answer.
        form: What it shall be.
        tool: The tool whose call carries it; empty where the text does.

    Raises:
        TruncatedError: If the token limit cut it.
        ContentFilteredError: If a filter stopped it.
        ModelRefusalError: If the model refused.
        UnfitAnswerError: If it does not have the form.
    """
    finish = message.response_metadata.get("finish_reason")
    try:
        return form.read(_argument(message, tool) if tool else value_in(str(message.text)))
    except Problem as problem:
        _refused(message)
        said = written(message)
        if finish == "length":
            raise TruncatedError(
                f"The {form.name} was cut at the token limit.",
                "Give the answer more room with max_tokens.",
                partial=said,
            ) from problem
        if finish == "content_filter":
            raise ContentFilteredError(
                f"A content filter stopped the {form.name}.",
                "Say the request in other words.",
                partial=said,
            ) from problem
        raise UnfitAnswerError(
            f"The answer is no {form.name}: {'; '.join(str(problem).splitlines())}.",
            "Another model may follow the schema better.",
            partial=said,
        ) from problem


def value_in(text: str) -> Any:
    """The JSON value in a text: all of it, what follows a thought, a fenced block, or an object.

    The text as it is comes first: a value may well hold ``</think>`` or a fence.

    Raises:
        Problem: If there is none.
    """
    for part in _parts(text):
        try:
            return json.loads(part, strict=False)
        except ValueError:
            continue
    at = text.find("{")
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, at if at >= 0 else 0)[0]
    except ValueError as error:
        raise Problem("there is no JSON value in it" if at < 0 else f"not JSON: {error}") from None


def partial(text: str) -> dict[str, Any] | None:
    """What can be told of a dict from the start of a text; None if nothing."""
    text = _THOUGHT.sub("", text, count=1)
    at = text.find("{")
    if at < 0:
        return None
    try:
        found = parse_partial_json(text[at:])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def written(message: AIMessage) -> str:
    """What the model wrote, as a text: its words, or else the arguments of its calls."""
    invalid = [str(call["args"]) for call in message.invalid_tool_calls]
    calls = [json.dumps(call["args"], ensure_ascii=False) for call in message.tool_calls]
    return str(message.text) or "\n".join([*calls, *invalid])


def _argument(message: AIMessage, tool: str) -> Any:
    for call in message.tool_calls:
        if call["name"] == tool:
            return call["args"]
    for bad in message.invalid_tool_calls:
        if bad["name"] == tool:
            raise Problem(f"the arguments are no JSON object: {bad['args']}")
    others = ", ".join(call["name"] for call in message.tool_calls)
    if others:
        raise Problem(f"{tool} was not called, but {others}")
    # Some models write the arguments as their answer where they should call.
    return value_in(str(message.text))


def _parts(text: str) -> Iterator[str]:
    yield text
    bare = _THOUGHT.sub("", text, count=1)
    yield bare
    if fence := _FENCE.search(bare):
        yield fence[1]


def _refused(message: AIMessage) -> None:
    for block in message.content_blocks:
        if block["type"] == "refusal":
            raise ModelRefusalError.from_refusal(block, raw_message=message)
