"""The content of a message as the wire takes it: a string, or parts that the model takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triptych.errors import UnsupportedContentError
from triptych.models.messages import media
from triptych.models.messages.turn import Content, Part

CALLS = ("tool_use", "tool_call", "invalid_tool_call", "function_call")
"""Blocks of an assistant that are tool calls: `calls.py` reads them."""

_TRACES = frozenset(
    (
        *CALLS,
        "tool_call_chunk",
        "input_json_delta",
        "reasoning",
        "reasoning_content",
        "thinking",
        "redacted_thinking",
        "server_tool_call",
        "server_tool_call_chunk",
        "server_tool_result",
        "server_tool_use",
        "web_search_call",
        "web_search_tool_result",
    )
)
"""Blocks of an assistant that don't go back: thoughts, and what another provider's server did."""

_TEXTS = ("text", "input_text", "output_text", "text-plain", "refusal")


@dataclass(frozen=True)
class Place:
    """Where a block stands: for what is allowed there, and for the error message.

    Attributes:
        index: The message's place in the caller's list.
        role: Who speaks.
        inputs: Kinds of parts beside text that the model takes.
    """

    index: int
    role: str
    inputs: Sequence[str] = ()


def read(raw: object, place: Place) -> Content:
    """Read the content of a LangChain message.

    Lists of text become a string: strict templates want one, and vLLM would join the parts in the
    same way. An assistant's pieces are joined as its `text` shows them, without a line between.

    Args:
        raw: A string, a list of strings and blocks, or None.
        place: Where it stands.

    Raises:
        UnsupportedContentError: If a block is none that the model takes.
    """
    if raw is None or isinstance(raw, str):
        return str(raw or "")
    blocks = raw if isinstance(raw, list) else [str(raw)]
    parts = [part for block in blocks for part in _parts(block, place)]
    if all(part["type"] == "text" for part in parts):
        return ("" if place.role == "assistant" else "\n").join(part["text"] for part in parts)
    return [part for part in parts if part != _text("")]


def joined(first: Content, second: Content) -> Content:
    """Two contents as one: texts with a blank line between, anything else as a list of parts."""
    if isinstance(first, str) and isinstance(second, str):
        return "\n\n".join(text for text in (first, second) if text.strip()) or first or second
    return [*_listed(first), *_listed(second)]


def _listed(content: Content) -> list[Part]:
    if isinstance(content, list):
        return content
    return [_text(content)] if content.strip() else []


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _parts(block: object, place: Place) -> Iterator[Part]:
    if isinstance(block, str):
        yield _text(block)
        return
    block = block if isinstance(block, Mapping) else {"type": type(block).__name__}
    kind = str(block.get("type") or ("text" if "text" in block else "untyped"))
    if kind == "non_standard" and isinstance(block.get("value"), Mapping):
        yield from _parts(block["value"], place)
    elif (text := _said(kind, block)) is not None:
        yield _text(text)
    elif kind in media.KINDS:
        yield _medium(kind, block, place)
    elif not (place.role == "assistant" and kind in _TRACES):
        raise _refused(kind, place, "which the chat-completions API has no form for")


def _said(kind: str, block: Mapping[str, Any]) -> str | None:
    """The text of a block that holds text; None if it holds something else."""
    source = block.get("source")
    if kind in media.KINDS and isinstance(source, Mapping) and source.get("type") == "text":
        return str(source.get("data", ""))  # Anthropic's document
    if block.get("source_type") == "text":  # v0 keeps the text under url
        return str(block.get("text") or block.get("url") or "")
    if kind in _TEXTS:
        text = block.get("refusal" if kind == "refusal" else "text")
        return None if text is None and kind == "text-plain" else str(text or "")
    return json.dumps(block["json"], ensure_ascii=False) if kind == "json" else None


def _medium(kind: str, block: Mapping[str, Any], place: Place) -> Part:
    holds = media.KINDS[kind]
    if holds not in place.inputs:
        raise _refused(
            kind,
            place,
            "which this model does not take",
            f"Leave it out or say it in words, or use a model whose inputs include {holds!r}.",
        )
    part = media.part(block)
    if part is None:
        raise _refused(
            kind,
            place,
            "which does not carry its data in a form that the API takes",
            "Give it as base64 with a mime_type"
            + (", or by file_id." if holds == "file" else ", or by url."),
        )
    return part


def _refused(
    kind: str, place: Place, why: str, cure: str = "Leave it out or say it in words."
) -> UnsupportedContentError:
    return UnsupportedContentError(
        f"messages[{place.index}] ({place.role}) holds a part of type {kind!r}, {why}.", cure
    )
