"""What strict chat templates refuse: roles that do not alternate, and Mistral's rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triptych.testing.dialects.dialect import Refusal

Message = Mapping[str, Any]

_ALTERNATE = (
    "After the optional system message, conversation roles must alternate "
    "user/assistant/user/assistant/..."
)
_AFTER: Mapping[str, tuple[str, ...]] = {
    "system": ("system", "user", "assistant"),
    "user": ("user", "system", "assistant"),
    "assistant": ("assistant", "user", "tool"),
    "tool": ("tool", "assistant", "user"),
}  # what mistral_common 1.12 was seen to let follow


def alternation(messages: Sequence[Message]) -> Iterator[Refusal]:
    """A template that knows three roles, and wants user and assistant in turn (recorded)."""
    turns = messages[1:] if messages and messages[0].get("role") == "system" else messages
    for index, message in enumerate(turns):
        if (message.get("role") == "user") != (index % 2 == 0):
            yield Refusal(400, _ALTERNATE)
        if message.get("role") not in ("user", "assistant"):
            yield Refusal(400, "Only user, system and assistant roles are supported!")


def turns(messages: Sequence[Message]) -> Iterator[Refusal]:
    """The strictest template that knows tools: also no tool result may stand before a user.

    System first and once; user and assistant in turn, where the results of an assistant's calls,
    and further calls behind them, count as its own turn.
    """
    rest = messages[1:] if messages and messages[0].get("role") == "system" else messages
    before = "assistant"
    for message in rest:
        role = str(message.get("role"))
        fits = {
            "user": before == "assistant",
            "assistant": before in ("user", "tool"),
            "tool": before in ("assistant", "tool"),
        }
        if not fits.get(role, False):
            yield Refusal(400, _ALTERNATE)
        before = role


def mistral(request: Mapping[str, Any]) -> Iterator[Refusal]:
    """What Mistral's tokenizer refuses (recorded from mistral_common 1.12 under vLLM 0.32)."""
    messages: Sequence[Message] = request.get("messages") or []
    if request.get("chat_template_kwargs") or request.get("chat_template"):
        text = "chat_template is not supported for Mistral tokenizers."
        yield Refusal(400, f"{text} (parameter=chat_template)", param="chat_template")
    for tool in request.get("tools") or ():
        name = tool.get("function", {}).get("name", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            yield Refusal(
                400,
                f"Function name was {name} but must be a-z, A-Z, 0-9, or contain underscores and "
                "dashes, with a maximum length of 64.",
            )
    if messages and messages[-1].get("role") == "assistant":
        yield Refusal(
            400,
            "Cannot set `add_generation_prompt` to True when the last message is from the "
            "assistant. Consider using `continue_final_message` instead.",
        )
    before, open_calls = "", set[str]()
    for message in messages:
        role = str(message.get("role"))
        if role not in _AFTER:
            yield Refusal(400, f"Unknown message role: {role}")
        elif before and role not in _AFTER[before]:
            yield Refusal(400, f"Unexpected role '{role}' after role '{before}'")
        elif role == "assistant":
            yield from _assistant(message)
            open_calls = {_short(call["id"]) for call in message.get("tool_calls") or ()}
        elif role == "tool":
            asked = _short(str(message.get("tool_call_id")))
            if asked not in open_calls:
                yield Refusal(400, f"Unexpected tool call id {asked} in tool results")
        before = role


def _assistant(message: Message) -> Iterator[Refusal]:
    if not message.get("content") and not message.get("tool_calls"):
        yield Refusal(
            400,
            "Invalid assistant message: role='assistant' content='' tool_calls=None prefix=False",
        )
    for call in message.get("tool_calls") or ():
        if not re.fullmatch(r"[A-Za-z0-9]{9}", _short(call["id"])):
            yield Refusal(
                400,
                f"Tool call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9.",
            )


def _short(name: str) -> str:
    """An id as vLLM hands it on: cut to its last nine characters."""
    return name[-9:]
