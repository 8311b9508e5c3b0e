"""The tool calls of an answer, put together from what a server sends of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import InvalidToolCall, ToolCall
from langchain_core.messages.tool import (
    ToolCallChunk,
    invalid_tool_call,
    tool_call,
    tool_call_chunk,
)
from langchain_core.utils.json import parse_partial_json

Piece = dict[str, str | int | None]
"""A part of a call: `index`, `id`, `name` and `args` (text)."""

_read = json.JSONDecoder(strict=False).raw_decode


@dataclass
class _Call:
    id: str
    name: str
    args: str = ""
    whole: bool = False

    def more(self, text: str) -> str:
        """Take more of the arguments; what follows a whole object is the model's talk (vLLM's
        Mistral parser streams it as arguments) and is left out.
        """
        if self.whole:
            return ""
        before, self.args = len(self.args), self.args + text
        if "}" in text and self.args.lstrip().startswith("{"):
            start = len(self.args) - len(self.args.lstrip())
            try:
                _, end = _read(self.args, start)
            except ValueError:
                return text
            self.args, self.whole = self.args[:end], True
        return self.args[before:]


class ToolCalls:
    """Calls in the order in which they began.

    The shipped class loses calls whose arguments are an object or null, and crashes on a list.
    llama.cpp and vLLM may leave out any part of a piece.

    Args:
        original_id: From an id on the wire to the caller's.
    """

    def __init__(self, original_id: Callable[[str], str] = str) -> None:
        self._original_id = original_id
        self._calls: list[_Call] = []
        self._by_index: dict[Any, int] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def take(self, pieces: list[dict[str, Any]]) -> list[Piece]:
        """Add the pieces of one event.

        Returns:
            The same pieces in order; one that belongs to no call is left out.
        """
        return [taken for piece in pieces if (taken := self._take(piece))]

    def _take(self, piece: dict[str, Any]) -> Piece | None:
        function = piece.get("function") or {}
        id, name, args = piece.get("id"), function.get("name"), function.get("arguments")
        if args is not None and not isinstance(args, str):
            args = json.dumps(args)
        index = self._place(piece.get("index"), id, name)
        if index is None:
            return None
        told: Piece = {"index": index, "id": None, "name": None, "args": None}
        if index == len(self._calls):
            # A call must have an id for its result to name; some servers give none.
            id = self._original_id(id) if id else uuid.uuid4().hex[:9]
            self._calls.append(_Call(id, name or ""))
            told |= {"id": id, "name": name}
        elif name and not self._calls[index].name:
            self._calls[index].name = name
            told["name"] = name
        if args is not None:
            told["args"] = self._calls[index].more(args)
        return told

    def _place(self, given: Any, id: Any, name: Any) -> int | None:
        """Which call a piece belongs to; None for one that belongs to none."""
        begins = bool(id or name)
        known = self._by_index.get(given) if given is not None else len(self._calls) - 1
        if known is None or known < 0:
            if not begins:
                return None
            known = len(self._calls)
        elif name and id and self._calls[known].id != self._original_id(id):
            known = len(self._calls)  # some servers number all parallel calls 0
        elif given is None and begins:
            known = len(self._calls)
        if given is not None:
            self._by_index[given] = known
        return known

    @staticmethod
    def chunk(piece: dict[str, Any]) -> ToolCallChunk:
        """A piece as LangChain's."""
        return tool_call_chunk(
            name=piece["name"], args=piece["args"], id=piece["id"], index=piece["index"]
        )

    def spoilers(self) -> list[ToolCallChunk]:
        """What a stream must add so that malformed arguments stay malformed.

        LangChain reads the sum of the chunks with a forgiving parser, which makes ``{"a": b}`` a
        call with no arguments; whole calls and streamed ones should agree.
        """
        made = []
        for index, call in enumerate(self._calls):
            if _arguments(call.args) is None or not call.name:
                end = next((e for e in ("}", "]", '"}', '"]') if not _forgiven(call.args + e)), "")
                made.append(tool_call_chunk(name=None, args=end, id=None, index=index))
        return made

    def parsed(self) -> tuple[list[ToolCall], list[InvalidToolCall]]:
        """The calls whose arguments are a JSON object, and the others as they came."""
        good, bad = [], []
        for call in self._calls:
            args = _arguments(call.args)
            if args is not None and call.name:
                good.append(tool_call(name=call.name, args=args, id=call.id))
            else:
                error = "The arguments are not a JSON object."
                bad.append(
                    invalid_tool_call(
                        name=call.name or None, args=call.args, id=call.id, error=error
                    )
                )
        return good, bad

    def broken(self, *, at_limit: bool) -> bool:
        """True if the last call cannot be whole, given that the answer was cut.

        Args:
            at_limit: The server itself says so: then ``{}`` is what vLLM makes of nothing.
        """
        if not self._calls:
            return False
        args = self._calls[-1].args.strip()
        return _arguments(args) is None or (at_limit and args in ("", "{}"))

    def names(self) -> str:
        """The names, for a message."""
        return ", ".join(call.name or "?" for call in self._calls)

    def text(self) -> str:
        """Names and arguments as one text, to be counted."""
        return "".join(call.name + call.args for call in self._calls)


def _arguments(text: str) -> dict[str, Any] | None:
    if not text.strip() or text.strip() == "null":
        return {}
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _forgiven(text: str) -> bool:
    try:
        return isinstance(parse_partial_json(text), dict)
    except ValueError:
        return False
