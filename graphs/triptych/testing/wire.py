"""The bodies and events of vLLM 0.32's chat endpoint, by recordings of a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triptych.testing.reply import Reply, cut_words

FINGERPRINT = "scripted-0"
CREATED = 1_795_441_184  # any fixed time: replies are the same in every run
_KINDS = {400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError"}


def error_object(message: str, status: int) -> dict[str, Any]:
    """The error body of vLLM, also used as an event inside a stream."""
    kind = _KINDS.get(status, "InternalServerError")
    return {"error": {"message": message, "type": kind, "param": None, "code": status}}


def model_list(names: Sequence[str]) -> dict[str, Any]:
    """The body of ``/v1/models``."""
    data = [
        {
            "id": name,
            "object": "model",
            "created": CREATED,
            "owned_by": "vllm",
            "root": name,
            "parent": None,
            "max_model_len": 32768,
        }
        for name in names
    ]
    return {"object": "list", "data": data}


def completion(reply: Reply, request: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text,
        "refusal": None,
        "annotations": None,
        "audio": None,
        "function_call": None,
    }
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": call["id"], "type": "function", "function": _function(call)}
            for call in _calls(reply, number)
        ]
    message["reasoning"] = reply.reasoning or None
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish(reply),
        "stop_reason": None,
        "token_ids": None,
    }
    return {
        "id": _id(number),
        "object": "chat.completion",
        "created": CREATED,
        "model": request.get("model"),
        "choices": [choice],
        "service_tier": None,
        "system_fingerprint": FINGERPRINT,
        "usage": _usage(reply, request)
        | {"prompt_tokens_details": None, "completion_tokens_details": None},
        "prompt_logprobs": None,
    }


def events(
    reply: Reply, request: Mapping[str, Any], number: int
) -> tuple[bytes, list[bytes], list[bytes]]:
    """The events of a streamed answer: the first with the role, the pieces, and the end."""
    common = {
        "id": _id(number),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": request.get("model"),
    }

    def chunk(delta: Mapping[str, Any], **choice: Any) -> bytes:
        first = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} | choice
        return event({**common, "choices": [first]})

    pieces = [chunk(delta) for delta in _deltas(reply, number)]
    end = []
    if (finish := _finish(reply)) is not None:
        end.append(chunk({}, finish_reason=finish, stop_reason=None, token_ids=None))
    if (request.get("stream_options") or {}).get("include_usage"):
        usage = {"usage": _usage(reply, request), "system_fingerprint": FINGERPRINT}
        end.append(event({**common, "choices": [], **usage}))
    return chunk({"role": "assistant", "content": ""}), pieces, [*end, b"data: [DONE]\n\n"]


def event(value: Any) -> bytes:
    """A value as a server-sent event."""
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def _deltas(reply: Reply, number: int) -> Iterator[dict[str, Any]]:
    for piece in cut_words(reply.reasoning):
        yield {"reasoning": piece}
    for piece in reply.pieces:
        yield {"content": piece}
    for index, call in enumerate(_calls(reply, number)):
        head = {"id": call["id"], "type": "function", "index": index}
        yield {"content": None, "tool_calls": [head | {"function": {"name": call["name"]}}]}
        for piece in cut_words(call["arguments"]):
            part = {"index": index, "function": {"arguments": piece}}
            yield {"content": None, "tool_calls": [part]}


def _calls(reply: Reply, number: int) -> list[dict[str, str]]:
    found = []
    for index, call in enumerate(reply.tool_calls or ()):
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        name = call.get("id") or f"chatcmpl-tool-{number:08x}{index:08x}"
        found.append({"id": name, "name": call["name"], "arguments": text})
    return found


def _function(call: Mapping[str, str]) -> dict[str, str]:
    return {"name": call["name"], "arguments": call["arguments"]}


def _finish(reply: Reply) -> str | None:
    if reply.finish_reason == "auto":
        return "tool_calls" if reply.tool_calls else "stop"
    return reply.finish_reason


def _usage(reply: Reply, request: Mapping[str, Any]) -> dict[str, int]:
    """The script's figures, or four characters of prompt and one piece of answer a token."""
    if reply.usage is not None:
        prompt, answer = reply.usage
    else:
        prompt = len(json.dumps(request.get("messages"))) // 4
        answer = sum(1 for _ in _deltas(reply, 0)) + 1
    return {"prompt_tokens": prompt, "total_tokens": prompt + answer, "completion_tokens": answer}


def _id(number: int) -> str:
    return f"chatcmpl-{number:016x}"
