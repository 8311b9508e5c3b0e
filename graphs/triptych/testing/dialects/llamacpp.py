"""llama.cpp's server as recorded (tests/data/wire/llama.cpp): what the embedded model speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from triptych.testing.dialects.answer import Answer, alphanumeric, prompt_tokens
from triptych.testing.dialects.dialect import (
    CREATED,
    DONE,
    Dialect,
    Events,
    Refusal,
    Served,
    event,
)

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    503: "unavailable_error",
}
_FINGERPRINT = "b0-unknown"


def _error(refusal: Refusal) -> dict[str, Any]:
    kind = refusal.kind or _KINDS.get(refusal.status, "server_error")
    said = {"code": refusal.status, "message": refusal.message, "type": kind}
    return {"error": said | dict(refusal.more)}


def _refusal(request: Mapping[str, Any], served: Served) -> Refusal | None:
    """It takes any model name, any number of stops and an empty list of tools."""
    if "messages" not in request:
        return Refusal(400, "'messages' is required")
    choice = request.get("tool_choice")
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        return Refusal(400, f"Invalid tool_choice: {choice}")
    if '"image_url"' in json.dumps(request["messages"]):
        hint = "hint: if this is unexpected, you may need to provide the mmproj"
        return Refusal(500, f"image input is not supported - {hint}")
    if (tokens := prompt_tokens(request)) >= served.context:
        return Refusal(
            400,
            f"request ({tokens} tokens) exceeds the available context size "
            f"({served.context} tokens), try increasing it",
            "exceed_context_size_error",
            more={"n_prompt_tokens": tokens, "n_ctx": served.context},
        )
    return None


def _models(served: Served) -> dict[str, Any]:
    meta = {
        "vocab_type": 2,
        "n_vocab": 151936,
        "n_ctx": served.context,
        "n_ctx_train": 32768,
        "n_embd": 896,
        "n_params": 630167424,
        "size": 485452288,
        "ftype": "Q4_K - Medium",
    }
    details = dict.fromkeys(("parent_model", "family", "parameter_size", "quantization_level"), "")
    empty = dict.fromkeys(("modified_at", "size", "digest", "description", "parameters"), "")
    old = [
        {"name": name, "model": name, "type": "model", "tags": [""], "capabilities": ["completion"]}
        | empty
        | {"details": details | {"format": "gguf", "families": [""]}}
        for name in served.models
    ]
    data = [
        {
            "id": name,
            "aliases": [name],
            "tags": [],
            "object": "model",
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "created": CREATED,
            "owned_by": "llamacpp",
            "meta": meta,
        }
        for name in served.models
    ]
    return {"models": old, "object": "list", "data": data}


def _pages(served: Served) -> dict[str, Any]:
    props = {
        "default_generation_settings": {"params": {"temperature": 0.8}, "n_ctx": served.context},
        "total_slots": 1,
        "model_alias": served.models[0],
        "model_path": f"{served.models[0]}.gguf",
        "modalities": {"vision": False, "video": False, "audio": False},
        "chat_template": "{{ messages }}",
        "build_info": _FINGERPRINT,
        "is_sleeping": False,
    }
    return {"/health": {"status": "ok"}, "/props": props}


def _message(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.reply.text}
    if answer.reply.reasoning:
        message["reasoning_content"] = answer.reply.reasoning
    if answer.calls:
        message["tool_calls"] = answer.wire_calls
    return message


def _completion(answer: Answer) -> dict[str, Any]:
    choice: dict[str, Any] = {"finish_reason": answer.finish, "message": _message(answer)}
    if (spoken := _logprobs(answer, answer.reply.pieces)) is not None:
        choice["logprobs"] = spoken
    body = {
        "choices": [choice | {"index": index} for index in range(answer.choices)],
        "object": "chat.completion",
        **_common(answer),
        "usage": _usage(answer),
        "timings": _timings(answer),
    }
    if answer.reply.usage_as == "missing":
        del body["usage"]
    return body


def _events(answer: Answer) -> Events:
    common = {"object": "chat.completion.chunk", **_common(answer)}

    def chunk(delta: Any, finish: str | None = None, **outer: Any) -> bytes:
        choice: dict[str, Any] = {"finish_reason": finish, "index": 0, "delta": delta}
        text = delta.get("content")
        if text and (spoken := _logprobs(answer, [text])) is not None:
            choice["logprobs"] = spoken
        return event({"choices": [choice], **common, **outer})

    pieces = []
    for delta in answer.deltas:
        if "reasoning" in delta:
            delta = {"reasoning_content": delta["reasoning"]}  # noqa: PLW2901
        pieces.append(chunk({key: value for key, value in delta.items() if value is not None}))
    timings = {"timings": _timings(answer)}
    end = []
    if answer.finish is not None:
        end.append(chunk({}, answer.finish, **({} if answer.streams_usage else timings)))
    if answer.streams_usage:
        end.append(event({"choices": [], **common, "usage": _usage(answer), **timings}))
    return chunk({"role": "assistant", "content": None}), pieces, [*end, DONE]


def _common(answer: Answer) -> dict[str, Any]:
    return {
        "created": CREATED,
        "id": answer.id,
        "model": answer.model,
        "system_fingerprint": _FINGERPRINT,
    }


def _logprobs(answer: Answer, pieces: list[str]) -> dict[str, Any] | None:
    spoken = answer.logprobs(pieces)
    for token in spoken["content"] if spoken else ():
        token["id"] = 0
        for other in token["top_logprobs"]:
            other["id"] = 0
    return spoken


def _usage(answer: Answer) -> dict[str, Any] | None:
    if answer.reply.usage_as == "null":
        return None
    return {**answer.usage, "prompt_tokens_details": {"cached_tokens": answer.reply.cached}}


def _timings(answer: Answer) -> dict[str, Any]:
    cached, usage = answer.reply.cached, answer.usage
    prompt, spoken = usage["prompt_tokens"] - cached, usage["completion_tokens"]
    return {
        "cache_n": cached,
        "prompt_n": prompt,
        "prompt_ms": 10.0 * prompt,
        "prompt_per_token_ms": 10.0,
        "prompt_per_second": 100.0,
        "predicted_n": spoken,
        "predicted_ms": 25.0 * spoken,
        "predicted_per_token_ms": 25.0,
        "predicted_per_second": 40.0,
    }


LLAMA_CPP = Dialect(
    name="llama.cpp",
    completion=_completion,
    events=_events,
    error=_error,
    refusal=_refusal,
    models=_models,
    pages=_pages,
    unauthorized=Refusal(401, "Invalid API Key"),
    not_found=_error(Refusal(404, "File Not Found")),
    new_id=lambda number: f"chatcmpl-{alphanumeric(number, 32)}",
    new_call_id=lambda number, served: alphanumeric(number, 32),
    headers=lambda number: {"Server": "llama.cpp"},
    open_paths=("/health",),
    json_type="application/json; charset=utf-8",
    stream_type="text/event-stream",
)
