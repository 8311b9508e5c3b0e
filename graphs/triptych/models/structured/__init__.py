"""Structured output: answers as pydantic objects, TypedDicts, enums or JSON, by any endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.structured.answers import UnfitAnswerError
from triptych.models.structured.bound import Bound
from triptych.models.structured.forms import form
from triptych.models.structured.runnable import Structured
from triptych.models.structured.ways import way

__all__ = ["Bound", "Structured", "UnfitAnswerError", "structured"]


def structured(
    model: Runnable[LanguageModelInput, AIMessage],
    schema: Any,
    *,
    method: str | None = None,
    include_raw: bool = False,
    strict: bool | None = None,
    tools: Sequence[Any] | None = None,
    **kwargs: Any,
) -> Structured:
    """A Runnable that takes what the model takes and returns answers of one form.

    The shipped class refuses TypedDicts and `include_raw`, ignores `method`, asks the network while
    building, sends three requests on any failure, returns None for a truncated answer, cuts values
    at ``</think>`` and loses the model's bound arguments.

    Args:
        model: A chat model, or one with arguments bound to it, which are kept.
        schema: A pydantic model (v2 or v1), a TypedDict, an Enum, a JSON schema, or a dict in
            OpenAI's form of a tool, function or response format; None for any object in JSON mode.
        method: ``json_schema``: the server holds the model to the schema; ``function_calling``: a
            tool call carries the answer; ``json_mode``: the server sees to JSON, and the prompt
            must say which; None: what the endpoint does best.
        include_raw: Return ``{"raw": message, "parsed": object or None, "parsing_error": error or
            None}``; errors of the request itself are raised all the same.
        strict: False sends the schema as it is; None closes it where it can be closed; True also
            marks a tool as strict.
        tools: Tools that the model may call in place of an answer; with `include_raw`, where the
            calls stand in the raw message.
        **kwargs: More arguments of the request.

    Raises:
        InputError: If the schema is none, or the choices do not go together.

    Example:
        >>> from triptych import chat_model
        >>> model = chat_model(base_url="http://127.0.0.1:8000", model="m")
        >>> wanted = {"type": "object", "properties": {"city": {"type": "string"}}}
        >>> structured(model, wanted).form.name
        'response'
    """
    if tools and not include_raw:
        raise InputError(
            "A call of a tool is no answer of the form.", "Give include_raw=True with tools."
        )
    wanted = form(schema)
    inner: Any = model
    while not hasattr(inner, "abilities") and hasattr(inner, "bound"):
        inner = inner.bound
    abilities = getattr(inner, "abilities", None)
    abilities = abilities if isinstance(abilities, Abilities) else Abilities()
    how = way(wanted, abilities, method, strict, tools)
    return Structured(model.bind(**{**how.kwargs, **kwargs}), wanted, how, include_raw=include_raw)
