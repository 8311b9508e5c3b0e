"""What an endpoint's model takes and how it is best asked: facts of the catalogue, no code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Abilities:
    """What a request to one model may hold. The defaults are those of an unknown model: careful.

    Attributes:
        inputs: Kinds of content parts beside text: ``image``, ``audio``, ``video``, ``file``.
        tools: ``native``: the server parses tool calls; ``schema``: it does not, and a JSON schema
            makes the model write them; ``none``: neither.
        structured: The surest way to an answer of a given form: the server holds the model to a
            JSON schema, a tool call carries it, or the prompt asks for it.
        max_tokens: Under which name the limit of the answer goes out.
        short_ids: Tool-call ids must have nine letters or digits (Mistral's templates).
        alternate: The template refuses two messages of one role in a row.
        parallel_tools: The server takes ``parallel_tool_calls``.
    """

    inputs: tuple[Literal["image", "audio", "video", "file"], ...] = ()
    tools: Literal["native", "schema", "none"] = "native"
    structured: Literal["json_schema", "tools", "prompt"] = "json_schema"
    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    short_ids: bool = True
    alternate: bool = True
    parallel_tools: bool = True
