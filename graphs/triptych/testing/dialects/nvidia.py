"""NIM and the hosted gateway, from NVIDIA's documents and users' reports; neither was recorded.

NIM answers with vLLM's bodies behind management paths of its own, and words errors as releases 1.x
do, without the outer ``error``. The gateway adds its ``NVCF-…`` headers and answers by itself, in
the form of RFC 7807, when it does not reach the model: key, credits, rate, unknown function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from triptych.testing.dialects.answer import hexadecimal
from triptych.testing.dialects.dialect import CREATED, Refusal, Served
from triptych.testing.dialects.refusals import refusal_0_12
from triptych.testing.dialects.vllm import VLLM_0_12, error

_BY_THE_GATEWAY = (401, 402, 403, 404, 429, 500, 502, 503, 504)


def _nim_error(refusal: Refusal) -> dict[str, Any]:
    return {"object": "error", **error(refusal)["error"]}


def _nim_pages(served: Served) -> dict[str, Any]:
    ready = {"object": "health.response", "message": "Service is ready."}
    live = {"object": "health.response", "message": "Service is live."}
    return {
        "/v1/health/ready": ready,
        "/v1/health/live": live,
        "/v1/version": {"release": "1.8.4", "api": "1.1.0"},
        "/v1/metadata": {"version": "1.8.4", "modelInfo": [{"shortName": served.models[0]}]},
    }


NIM = replace(
    VLLM_0_12,
    name="nim",
    error=_nim_error,
    pages=_nim_pages,
    new_id=lambda number: f"chat-{hexadecimal(number, 32)}",
    open_paths=("/v1/health/ready", "/v1/health/live", "/v1/version", "/v1/metadata"),
)


def _hosted_error(refusal: Refusal) -> dict[str, Any]:
    if refusal.status not in _BY_THE_GATEWAY:
        return error(refusal)
    said = {"status": refusal.status, "title": HTTPStatus(refusal.status).phrase}
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        return said  # users report it without a detail
    return said | {"type": "about:blank", "detail": refusal.message}


def _hosted_refusal(request: Mapping[str, Any], served: Served) -> Refusal | None:
    name = request.get("model")
    if name not in served.models:
        where = "Not found for account"
        return Refusal(404, f"Function id '{name}': {where} '{hexadecimal(0, 16)}'")
    return refusal_0_12(request, served)


def _hosted_models(served: Served) -> dict[str, Any]:
    """The gateway lists names and owners alone: no context length."""
    data = [
        {"id": name, "object": "model", "created": CREATED, "owned_by": name.partition("/")[0]}
        for name in served.models
    ]
    return {"object": "list", "data": data}


HOSTED = replace(
    VLLM_0_12,
    name="hosted",
    error=_hosted_error,
    refusal=_hosted_refusal,
    models=_hosted_models,
    pages=lambda served: {},
    unauthorized=Refusal(401, "Authentication failed"),
    not_found="404 page not found",
    headers=lambda number: {
        "NVCF-REQID": f"{hexadecimal(number, 8)}-0000-4000-8000-{hexadecimal(number, 12)}",
        "NVCF-STATUS": "fulfilled",
        "Server": "uvicorn",
    },
    open_paths=("/v1/models",),
)
