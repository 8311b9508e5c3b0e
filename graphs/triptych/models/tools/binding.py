"""From what a user hands to `bind_tools` to the arguments of a request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from triptych.errors import InputError
from triptych.models.tools import choice, schemas, typed

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool


def bound(
    tools: Sequence[Tool],
    tool_choice: Any = None,
    strict: bool | None = None,
    parallel_tool_calls: bool | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """The arguments for ``model.bind`` that offer some tools to a model.

    The shipped class changes the caller's `tool_choice`, puts `strict` at the top of the body and
    sends an empty list of tools, which vLLM refuses.

    Args:
        tools: Functions, ``@tool``s, pydantic models, TypedDicts, JSON schemas with a title, dicts
            of OpenAI, Anthropic or Bedrock. Nothing of it is changed. None at all sends nothing.
        tool_choice: See `choice.settled`.
        strict: True closes the arguments' schema and asks the server to hold the model to it; None
            leaves it to the server.
        parallel_tool_calls: False allows one call at a time; None leaves it to the server.
        **kwargs: More arguments for ``bind``, passed on.

    Raises:
        InputError: If something is no tool, or `tool_choice` names none of them.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     "Add two numbers."
        ...     return a + b
        >>> bound([add], tool_choice="any")["tool_choice"]
        'required'
    """
    made = [_tool(tool, strict) for tool in tools]
    chosen = choice.settled(tool_choice, [tool["function"]["name"] for tool in made])
    if not made:
        if chosen == "required":
            raise InputError("A tool call is asked for, and no tool is bound.", "Bind one.")
        return kwargs
    extra = {"tool_choice": chosen, "parallel_tool_calls": parallel_tool_calls}
    return {"tools": made, **{k: v for k, v in extra.items() if v is not None}, **kwargs}


def _tool(tool: Any, strict: bool | None) -> dict[str, Any]:
    try:
        # A dict that has the form already comes back as the very same object.
        made: dict[str, Any] = copy.deepcopy(convert_to_openai_tool(typed.readable(tool)))
        function = made["function"]
        function["parameters"] = schemas.inlined(
            function.get("parameters") or {"type": "object", "properties": {}}
        )
        function["name"].strip()
    except InputError:
        raise
    except KeyError:
        raise InputError(
            f"A tool of type {made.get('type')!r} runs at a provider that has it, not here.",
            "Give a function, or a dict with a 'function'.",
        ) from None
    except Exception as error:
        raise InputError(
            f"{_called(tool)} cannot be used as a tool: {str(error).splitlines()[0]}",
            "Give a function with types and a docstring, a pydantic model, or a JSON schema with "
            "a title.",
        ) from error
    if strict is not None:
        function["strict"] = strict
    if strict:
        # Nothing may become null here: the tool itself is handed the arguments.
        function["parameters"] = schemas.strict(function["parameters"], nullable=False)
    return made


def _called(tool: Any) -> str:
    return str(
        getattr(tool, "name", None) or getattr(tool, "__name__", None) or type(tool).__name__
    )
