"""LangChain's messages as a server takes them, strict ones too.

It stands in for the shipped class's `convert_message_to_dict`, which loses streamed tool calls,
audio, files and names, and raises on ``[]``. `convert_to_openai_messages` of langchain-core does
better and not enough: it drops malformed calls, sends thoughts back, raises ValueErrors on what
it does not know, and keeps order, ids and empty messages as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.messages import order, read, results
from triptych.models.messages.ids import Ids


@dataclass(frozen=True)
class Conversation:
    """A conversation on the wire.

    Attributes:
        messages: In the form of the chat-completions API; nothing in it is the caller's own object.
        ids: The caller's tool-call ids by those on the wire.
    """

    messages: list[dict[str, Any]]
    ids: Mapping[str, str] = field(default_factory=dict)

    def original_id(self, id_: str) -> str:
        """The caller's id of a call, for an answer that repeats one; others come back as given."""
        return self.ids.get(id_) or id_


def conversation(
    messages: Sequence[BaseMessage], abilities: Abilities, *, prefill: bool = False
) -> Conversation:
    """Make a conversation valid for the model's template. Normal already, it stays as it is.

    Args:
        messages: At least one that says something. They are not changed.
        abilities: What the model takes.
        prefill: The last message is the beginning of the answer (`continue_final_message`): an
            assistant's may end the conversation though the template is strict.

    Raises:
        InputError: If a message is none to send, a tool's result answers no call, or nothing is
            said at all.
        UnsupportedContentError: If a part is none that this model takes.
    """
    ids = Ids(short=abilities.short_ids)
    turns = order.system_first(read.turns(messages, abilities))
    said = order.something_said(results.paired(turns, ids))
    sent = order.alternating(said, prefill=prefill) if abilities.alternate else said
    wire = [turn.wire() for turn in sent]
    if not wire:
        raise InputError(
            "The conversation says nothing: no message is left to send.",
            "Give at least one user message.",
        )
    return Conversation(wire, ids.own)


def to_wire(
    messages: Sequence[BaseMessage], abilities: Abilities, *, prefill: bool = False
) -> list[dict[str, Any]]:
    r"""The messages of `conversation`.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> to_wire([HumanMessage("Sort"), HumanMessage("this.")], Abilities())
        [{'role': 'user', 'content': 'Sort\n\nthis.'}]
    """
    return conversation(messages, abilities, prefill=prefill).messages
