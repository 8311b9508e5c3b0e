"""How an answer of a given form is asked for: by schema, by tool call, by JSON mode, by words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.structured.answers import written
from triptych.models.structured.forms import Form
from triptych.models.tools import bound
from triptych.prompts import library, messages_of

_DEFAULTS = {"json_schema": "json_schema", "tools": "function_calling", "prompt": "prompt"}
_METHODS = (*_DEFAULTS.values(), "json_mode")


@dataclass(frozen=True)
class Way:
    """One way of asking.

    Attributes:
        kwargs: Arguments of the request, for ``bind``.
        tool: The tool whose call carries the answer; empty where its text does.
        asking: What is said to the model after the user's messages.
    """

    kwargs: dict[str, Any]
    tool: str = ""
    asking: tuple[BaseMessage, ...] = ()

    def correction(self, answer: AIMessage, problem: str) -> list[BaseMessage]:
        """What is sent after the first request: the answer, and what is wrong with it.

        Args:
            answer: The first answer.
            problem: The validator's words.
        """
        values = {"problem": problem, "tool": self.tool}
        (said,) = messages_of(library().get("correct"), values)
        calls = [*answer.tool_calls, *answer.invalid_tool_calls]
        if not calls:
            text = written(answer)
            return [AIMessage(text), said] if text.strip() else [said]
        again = AIMessage(
            str(answer.text),
            tool_calls=answer.tool_calls,
            invalid_tool_calls=answer.invalid_tool_calls,
        )
        # Each call needs its result: strict servers refuse a history without.
        results = [
            ToolMessage(said.content, tool_call_id=call["id"] or "", status="error")
            for call in calls
        ]
        return [again, *results]


def way(
    form: Form,
    abilities: Abilities,
    method: str | None,
    strict: bool | None,
    tools: Sequence[Any] | None,
) -> Way:
    """The way for a form at an endpoint.

    Args:
        form: The form.
        abilities: What the endpoint has.
        method: The user's choice; None takes the endpoint's surest.
        strict: The user's choice; None is strict wherever the schema can be.
        tools: Tools that may be called in place of an answer.

    Raises:
        InputError: If the choices do not go together.
    """
    method = method or _DEFAULTS[abilities.structured]
    _check(form, method, strict, tools)
    trace = {
        "ls_structured_output_format": {
            "kwargs": {"method": method, "strict": strict},
            "schema": form.tool,
        }
    }
    if method == "function_calling":
        return Way({**_call(form, abilities, strict), **trace}, form.name)
    if method == "json_mode":
        return Way({"response_format": {"type": "json_object"}, **trace})
    if method == "prompt":
        text = json.dumps(form.schema, ensure_ascii=False)
        return Way(trace, asking=tuple(messages_of(library().get("form"), {"schema": text})))
    schema, exact = form.sent(strict)
    named: dict[str, Any] = {"name": form.name, "schema": schema, "strict": exact}
    if form.description:
        named["description"] = form.description
    response_format = {"type": "json_schema", "json_schema": named}
    beside = bound(tools, strict=strict) if tools else {}
    return Way({"response_format": response_format, **beside, **trace})


def _check(form: Form, method: str, strict: bool | None, tools: Sequence[Any] | None) -> None:
    if method not in _METHODS:
        raise InputError(
            f"There is no method {method!r} of structured output.",
            "Take 'json_schema', 'function_calling' or 'json_mode'.",
        )
    if strict is not None and method == "json_mode":
        raise InputError("JSON mode knows no strict.", "Leave strict out.")
    if form.schema is None and method != "json_mode":
        raise InputError("A schema is missing.", "Give one, or take method='json_mode'.")
    if tools and method != "json_schema":
        raise InputError(
            "Tools beside a structured answer need method='json_schema'.", "Leave tools out."
        )


def _call(form: Form, abilities: Abilities, strict: bool | None) -> dict[str, Any]:
    """The form as the one tool that must be called."""
    schema, exact = form.sent(strict)
    function: dict[str, Any] = {"name": form.name, "parameters": schema}
    if form.description:
        function["description"] = form.description
    if strict is not None:
        function["strict"] = exact
    tool = {"type": "function", "function": function}
    parallel = False if abilities.parallel_tools else None
    return bound([tool], tool_choice=form.name, parallel_tool_calls=parallel)
