"""What a request asks for, read from its messages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Message = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """A chat request, as its reader sees it.

    Args:
        body: The request's JSON.
    """

    body: Mapping[str, Any]

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation."""
        return self.body.get("messages") or ()

    @property
    def last(self) -> Message:
        """Its last message."""
        return self.messages[-1] if self.messages else {}

    @cached_property
    def words(self) -> str:
        """What the user said last."""
        said = [spoken(m) for m in self.messages if m.get("role") == "user"]
        return said[-1] if said else spoken(self.last)

    @cached_property
    def all_words(self) -> str:
        """The whole conversation's text."""
        return "\n".join(spoken(message) for message in self.messages)

    @property
    def results(self) -> list[str]:
        """The tool results at the end of the conversation, in their order."""
        found: list[str] = []
        for message in reversed(self.messages):
            if message.get("role") != "tool":
                break
            found.insert(0, spoken(message))
        return found

    @property
    def tools(self) -> list[Mapping[str, Any]]:
        """The functions on offer."""
        if self.body.get("tool_choice") == "none":
            return []
        return [tool["function"] for tool in self.body.get("tools") or () if "function" in tool]

    @property
    def wanted_tool(self) -> str | None:
        """The one function that must be called, if the request names one."""
        choice = self.body.get("tool_choice")
        return choice["function"]["name"] if isinstance(choice, Mapping) else None

    @property
    def must_call(self) -> bool:
        """Whether some function must be called."""
        return self.body.get("tool_choice") in ("required", "any") or bool(self.wanted_tool)

    @property
    def most(self) -> int | None:
        """The most tokens that may be answered."""
        limit = self.body.get("max_completion_tokens")
        return self.body.get("max_tokens") if limit is None else limit

    @property
    def stops(self) -> list[str]:
        """The stop sequences."""
        stop = self.body.get("stop") or []
        return [stop] if isinstance(stop, str) else list(stop)


def spoken(message: Message) -> str:
    """A message's text, whichever form its content has."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    texts = [part.get("text", "") if isinstance(part, Mapping) else str(part) for part in content]
    return "\n".join(texts)


def schema_in(text: str) -> Mapping[str, Any] | None:
    """A JSON schema that stands in a prompt, for models that are told it in words."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = decoder.raw_decode(text, at)
        except ValueError:
            found = None
        if isinstance(found, dict) and ("properties" in found or "$ref" in found):
            return found
        at = text.find("{", at + 1)
    return None
