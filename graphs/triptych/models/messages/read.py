"""LangChain's messages, of any class and age, read into turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.messages import content
from triptych.models.messages.calls import calls
from triptych.models.messages.turn import Turn

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "developer": "system",  # OpenAI's new word; most templates know the old one alone
}
_KNOWN = ("system", "user", "assistant", "tool")


def turns(messages: Sequence[BaseMessage], abilities: Abilities) -> Iterator[Turn]:
    """Read each message into one turn; tool results inside a user's message become their own.

    Raises:
        InputError: If a message is none that a model can be sent.
        UnsupportedContentError: If a part is none that this model takes.
    """
    for index, message in enumerate(messages):
        role = _role(message, index)
        if role not in _KNOWN and abilities.alternate:
            raise InputError(
                f"messages[{index}] has the role {role!r}, which strict chat templates refuse.",
                "Use a system, user, assistant or tool message.",
            )
        yield from _turns(message, content.Place(index, role, abilities.inputs))


def _role(message: BaseMessage, index: int) -> str:
    match message:
        case ChatMessage(role=role) if role != "function":
            return _ROLES.get(role, role)
        case HumanMessage():
            return "user"
        case AIMessage():
            return "assistant"
        case SystemMessage():
            return "system"
        case ToolMessage():
            return "tool"
        case RemoveMessage():
            cure = "Apply it first: add_messages(messages, [...]) removes what it names."
        case FunctionMessage() | ChatMessage():
            cure = "Use a ToolMessage that names the id of its call in AIMessage.tool_calls."
        case _:
            cure = "Use a SystemMessage, HumanMessage, AIMessage or ToolMessage."
    raise InputError(f"messages[{index}], {type(message).__name__}, is none to send.", cure)


def _turns(message: BaseMessage, place: content.Place) -> Iterator[Turn]:
    more = message.additional_kwargs
    name = str(message.name or more.get("name") or "")
    raw: Any = message.content
    if place.role == "assistant":
        said = content.read(raw, place)
        said = said or str(more.get("refusal") or "")
        yield Turn("assistant", said, name, calls(message, place.index), index=place.index)
        return
    if place.role == "tool":
        id_ = str(getattr(message, "tool_call_id", None) or more.get("tool_call_id") or "")
        yield Turn("tool", content.read(raw, place), name, call_id=id_, index=place.index)
        return
    results = [b for b in raw if _is_result(b)] if isinstance(raw, list) else []
    for block in results:
        said = content.read(block.get("content"), content.Place(place.index, "tool", place.inputs))
        id_ = str(block.get("tool_use_id") or block.get("tool_call_id") or "")
        yield Turn("tool", said, call_id=id_, index=place.index)
    rest = [block for block in raw if not _is_result(block)] if results else raw
    if rest or not results:
        yield Turn(place.role, content.read(rest, place), name, index=place.index)


def _is_result(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "tool_result"
