"""vLLM 0.32 as recorded (tests/data/wire/vllm-0.32), and 0.12 as its sources say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from triptych.testing.dialects.answer import Answer, alphanumeric, hexadecimal
from triptych.testing.dialects.dialect import (
    CREATED,
    DONE,
    Dialect,
    Events,
    Refusal,
    Served,
    event,
)
from triptych.testing.dialects.refusals import refusal_0_12, refusal_0_32

FINGERPRINT = "vllm-0.32.0-e0d8b324"
_KINDS = {400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError"}


def error(refusal: Refusal) -> dict[str, Any]:
    """The error body, also used as an event inside a stream."""
    kind = refusal.kind or _KINDS.get(refusal.status, "InternalServerError")
    return {
        "error": {
            "message": refusal.message,
            "type": kind,
            "param": refusal.param,
            "code": refusal.status,
        }
    }


def models(served: Served) -> dict[str, Any]:
    """The body of ``/v1/models``."""
    permission = {
        "id": "modelperm-91d4876ab5cf2353",
        "object": "model_permission",
        "created": CREATED,
        "allow_create_engine": False,
        "allow_sampling": True,
        "allow_logprobs": True,
        "allow_search_indices": False,
        "allow_view": True,
        "allow_fine_tuning": False,
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    data = [
        {
            "id": name,
            "object": "model",
            "created": CREATED,
            "owned_by": "vllm",
            "root": name,
            "parent": None,
            "max_model_len": served.context,
            "permission": [permission],
        }
        for name in served.models
    ]
    return {"object": "list", "data": data}


def completion(answer: Answer) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.reply.text,
        "refusal": None,
        "annotations": None,
        "audio": None,
        "function_call": None,
    }
    if answer.calls:
        message["tool_calls"] = answer.wire_calls
    message["reasoning"] = answer.reply.reasoning or None
    choice = {
        "message": message,
        "logprobs": answer.logprobs(answer.reply.pieces),
        "finish_reason": answer.finish,
        "stop_reason": answer.reply.stop_reason,
        "token_ids": None,
        "routed_experts": None,
    }
    body = {
        "id": answer.id,
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [{"index": index} | choice for index in range(answer.choices)],
        "service_tier": None,
        "system_fingerprint": FINGERPRINT,
        "usage": _usage(answer, {"multimodal_tokens": None}, {"completion_tokens_details": None}),
        "prompt_logprobs": None,
        "prompt_token_ids": None,
        "prompt_text": None,
        "kv_transfer_params": None,
        "ec_transfer_params": None,
        "metrics": None,
    }
    if answer.reply.usage_as == "missing":
        del body["usage"]
    return body


def events(answer: Answer) -> Events:
    """The events of a streamed answer: the first with the role, the pieces, and the end."""
    common = {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": answer.model,
    }
    all_choices = range(answer.choices)

    def chunk(delta: Any, outer: dict[str, Any] | None = None, **choice: Any) -> bytes:
        text = delta.get("content")
        spoken = answer.logprobs([text]) if text else None
        filled = {"delta": delta, "logprobs": spoken, "finish_reason": None} | choice
        return b"".join(
            event({**common, "choices": [{"index": index} | filled], **(outer or {})})
            for index in all_choices
        )

    first = chunk({"role": "assistant", "content": ""}, {"prompt_token_ids": None} | _NO_TEXT)
    deltas, last = list(answer.deltas), {}
    if answer.joined:  # Mistral's parser sends no content beside calls
        deltas = [{k: v for k, v in delta.items() if v is not None} for delta in deltas]
    if deltas and (answer.finish == "length" or (answer.joined and answer.calls)):
        last = deltas.pop()  # the last piece carries the reason, too
    pieces = [chunk(delta, token_ids=None) for delta in deltas]
    mark = {"system_fingerprint": FINGERPRINT}
    end = []
    if answer.finish is not None:
        ending = {"finish_reason": answer.finish, "stop_reason": answer.reply.stop_reason}
        outer = {} if answer.streams_usage else mark
        end.append(chunk(last, outer, **ending, token_ids=None))
    if answer.streams_usage:
        end.append(event({**common, "choices": [], "usage": _usage(answer, {}, {}), **mark}))
    return first, pieces, [*end, DONE]


_NO_TEXT = {"prompt_text": None}


def _usage(answer: Answer, inner: dict[str, Any], outer: dict[str, Any]) -> dict[str, Any] | None:
    if answer.reply.usage_as == "null":
        return None
    cached = {"cached_tokens": answer.reply.cached, "created_cache_tokens": 0}
    return {**answer.usage, "prompt_tokens_details": cached | inner, **outer}


def _call_id(number: int, served: Served) -> str:
    if served.template == "mistral":
        return alphanumeric(number, 9)
    return f"chatcmpl-tool-{hexadecimal(number, 16)}"


VLLM_0_32 = Dialect(
    name="vllm-0.32",
    completion=completion,
    events=events,
    error=error,
    refusal=refusal_0_32,
    models=models,
    pages=lambda served: {"/health": None, "/ping": None, "/version": {"version": "0.32.0"}},
    unauthorized=Refusal(401, "Unauthorized"),
    new_id=lambda number: f"chatcmpl-{hexadecimal(number, 16)}",
    new_call_id=_call_id,
    headers=lambda number: {"Server": "uvicorn"},
    open_paths=("/health", "/ping", "/version"),
)


def completion_0_12(answer: Answer) -> dict[str, Any]:
    """As 0.12 words it: every message has a list of tool calls and two names for reasoning."""
    body = completion(answer)
    for choice in body["choices"]:
        choice["message"].setdefault("tool_calls", [])
        choice["message"]["reasoning_content"] = answer.reply.reasoning or None
        del choice["routed_experts"]
    for newer in ("prompt_text", "ec_transfer_params", "metrics"):
        del body[newer]
    body["system_fingerprint"] = None
    for details in (body.get("usage") or {}, {}):
        details.pop("completion_tokens_details", None)
        if isinstance(details.get("prompt_tokens_details"), dict):
            details["prompt_tokens_details"] = None  # without its flag there are none
    return body


def events_0_12(answer: Answer) -> Events:
    """As 0.12 words it: reasoning under two names, and no fingerprint."""
    first, pieces, end = events(answer)
    return first, [_old(piece, answer) for piece in pieces], [_old(part, answer) for part in end]


def _old(part: bytes, answer: Answer) -> bytes:
    fingerprint = f',"system_fingerprint":"{FINGERPRINT}"'.encode()
    part = part.replace(fingerprint, b"").replace(b',"created_cache_tokens":0', b"")
    if answer.reply.reasoning and b'"delta":{"reasoning":' in part:
        said = part.split(b'"delta":{"reasoning":', 1)[1].split(b"}", 1)[0]
        part = part.replace(b'"reasoning":', b'"reasoning_content":' + said + b',"reasoning":', 1)
    return part


VLLM_0_12 = replace(
    VLLM_0_32,
    name="vllm-0.12",
    completion=completion_0_12,
    events=events_0_12,
    refusal=refusal_0_12,
    pages=lambda served: {"/health": None, "/ping": None, "/version": {"version": "0.12.0"}},
    new_id=lambda number: f"chatcmpl-{hexadecimal(number, 32)}",
    new_call_id=lambda number, served: (
        alphanumeric(number, 9)
        if served.template == "mistral"
        else f"chatcmpl-tool-{hexadecimal(number, 32)}"
    ),
)
