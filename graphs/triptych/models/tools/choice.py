"""`tool_choice` in all forms that LangChain and its providers know, as OpenAI's API has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triptych.errors import InputError
from triptych.models.catalogue import nearest

_WORDS: dict[Any, str] = {
    True: "required",
    False: "none",
    "any": "required",
    "required": "required",
    "auto": "auto",
    "none": "none",
}


def settled(choice: Any, names: Sequence[str]) -> str | dict[str, Any] | None:
    """The value that goes out; None sends none.

    Args:
        choice: A word (``auto``, ``none``, ``any``, ``required``), True (some tool) or False
            (none), a tool's name, or a dict that names a tool or a word in OpenAI's or Anthropic's
            way. It is read only.
        names: The tools that are offered.

    Raises:
        InputError: If it names a tool that is not offered, or is of another form.
    """
    if choice is None:
        return None
    if isinstance(choice, dict):
        choice = _named(choice)
    if not isinstance(choice, str | bool):
        raise InputError(
            f"tool_choice cannot be a {type(choice).__name__}.",
            "Give 'auto', 'none', 'any', a bool or a tool's name.",
        )
    if isinstance(choice, str) and choice in names:  # a tool may well be called "any"
        return {"type": "function", "function": {"name": choice}}
    if choice in _WORDS:
        return _WORDS[choice]
    raise InputError(
        f"tool_choice names {choice!r}, and no tool of that name is bound.",
        f"Did you mean {nearest(str(choice), list(names))}?" if names else "Bind one.",
    )


def _named(choice: dict[str, Any]) -> str:
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else choice.get("name")
    name = name or (choice.get("type") if choice.get("type") in _WORDS else None)
    if isinstance(name, str):
        return name
    raise InputError(
        f"tool_choice names no tool: {choice}.",
        'Write {"type": "function", "function": {"name": ...}}.',
    )
