"""One answer, apart from how a dialect words it: its parts, usage, ids and log probabilities."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from triptych.testing.reply import Reply, cut_words

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Answer:
    """What a script says to one request.

    Args:
        reply: The script's reply.
        request: The request's JSON.
        id: The completion's id.
        call_ids: Ids for tool calls that the script gives none.
        model: The name that is echoed.
        joined: Whether a streamed call's name and first arguments come in one piece.
    """

    reply: Reply
    request: Mapping[str, Any]
    id: str
    call_ids: Iterator[str]
    model: str | None
    joined: bool = False

    @cached_property
    def calls(self) -> list[dict[str, str]]:
        """The tool calls: id, name, and the arguments as text."""
        found = []
        for call in self.reply.tool_calls or ():
            arguments = call.get("arguments", {})
            text = arguments
            if not isinstance(arguments, str):
                text = json.dumps(arguments, ensure_ascii=False)
            name = call.get("id") or next(self.call_ids)
            found.append({"id": name, "name": call["name"], "arguments": text})
        return found

    @cached_property
    def deltas(self) -> list[dict[str, Any]]:
        """What a stream says piece by piece, as vLLM words it."""
        found: list[dict[str, Any]] = []
        found += [{"reasoning": piece} for piece in cut_words(self.reply.reasoning)]
        found += [{"content": piece} for piece in self.reply.pieces]
        for index, call in enumerate(self.calls):
            found += [{"content": None, "tool_calls": [part]} for part in self._parts(index, call)]
        return found

    def _parts(self, index: int, call: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """A call as it is streamed: id and name first, then the arguments piece by piece."""
        pieces = re.findall(r"\w+|\W+", call["arguments"])
        named: dict[str, Any] = {"name": call["name"]}
        if self.joined:
            named["arguments"] = pieces.pop(0) if pieces else ""
        yield {"id": call["id"], "type": "function", "index": index, "function": named}
        for piece in pieces:
            yield {"index": index, "function": {"arguments": piece}}

    @property
    def wire_calls(self) -> list[dict[str, Any]]:
        """The tool calls as a whole message has them."""
        return [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for call in self.calls
        ]

    @property
    def finish(self) -> str | None:
        """The finish reason."""
        if self.reply.finish_reason == "auto":
            return "tool_calls" if self.reply.tool_calls else "stop"
        return self.reply.finish_reason

    @cached_property
    def usage(self) -> dict[str, int]:
        """The script's figures, or estimates: words of the prompt, and pieces of the answer."""
        if self.reply.usage is not None:
            prompt, answer = self.reply.usage
        else:
            prompt, answer = prompt_tokens(self.request), len(self.deltas) + 1
        return {
            "prompt_tokens": prompt,
            "total_tokens": prompt + answer,
            "completion_tokens": answer,
        }

    @property
    def streams_usage(self) -> bool:
        """Whether the request asks for usage in the stream, and the script lets it have some."""
        asked = (self.request.get("stream_options") or {}).get("include_usage")
        return bool(asked) and self.reply.usage_as != "missing"

    @property
    def choices(self) -> int:
        """How many choices were asked for; all say the same."""
        return int(self.request.get("n") or 1)

    def logprobs(self, pieces: list[str]) -> dict[str, Any] | None:
        """Log probabilities of some pieces, if the request asks for them."""
        if not self.request.get("logprobs"):
            return None
        return {"content": [self._token(piece) for piece in pieces]}

    def _token(self, piece: str) -> dict[str, Any]:
        named = {"token": piece, "logprob": -0.125, "bytes": list(piece.encode())}
        most = int(self.request.get("top_logprobs") or 0)
        others = [
            {"token": "?" * rank, "logprob": -2.0 - rank, "bytes": [63] * rank}
            for rank in range(1, most)
        ]
        return named | {"top_logprobs": [dict(named), *others][:most]}


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """An estimate of a prompt's tokens: words and signs, and four for each message.

    Example:
        >>> prompt_tokens({"messages": [{"role": "user", "content": "Hi, you!"}]})
        8
    """
    total = 0
    for message in request.get("messages") or ():
        if isinstance(message, Mapping):
            content = message.get("content")
            text = content if isinstance(content, str) else json.dumps(content or "")
            total += 4 + len(re.findall(r"\w+|[^\w\s]", text))
    return total


def hexadecimal(number: int, digits: int) -> str:
    """A fixed number as it looks in an id."""
    return hashlib.blake2b(str(number).encode(), digest_size=digits // 2).hexdigest()


def alphanumeric(number: int, digits: int) -> str:
    """The same in letters and digits."""
    seed = hashlib.blake2b(str(number).encode(), digest_size=min(64, digits)).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in seed)
