"""What is read from a message before it goes on the wire: who speaks, the content, the calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Part = dict[str, Any]
Content = str | list[Part]
"""A plain string where there is only text (strict templates want strings), else a list of parts."""

BLANK = " "
"""A turn that says nothing. No word of ours gets into a prompt, and it is not empty: an empty
message is what strict endpoints refuse."""


@dataclass(frozen=True)
class Call:
    """A tool call of the assistant.

    Attributes:
        id: The id that the caller knows it by; empty where there is none.
        name: The tool's name.
        arguments: A JSON object, written out.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Turn:
    """One message.

    Attributes:
        role: ``system``, ``user``, ``assistant``, ``tool``, or a role that only some models know.
        content: What it says.
        name: Who says it; empty where nobody is named.
        calls: The tool calls of an assistant.
        call_id: Which call a tool's result answers.
        index: Its place in the caller's list, for error messages.
    """

    role: str
    content: Content = ""
    name: str = ""
    calls: tuple[Call, ...] = ()
    call_id: str = ""
    index: int = 0

    @property
    def blank(self) -> bool:
        """True if it says nothing: no text but white space, and no parts."""
        return not self.content.strip() if isinstance(self.content, str) else not self.content

    def wire(self) -> dict[str, Any]:
        """The message as the chat-completions API spells it."""
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.name:
            message["name"] = self.name
        if self.calls:  # never an empty list: some templates only look whether the key is there
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.calls
            ]
        if self.role == "tool":
            message["tool_call_id"] = self.call_id
        return message
