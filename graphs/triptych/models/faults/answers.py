"""Errors of an endpoint that answers: with an HTTP error, or well at first and then not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from triptych.errors import (
    AuthenticationError,
    BadResponseError,
    ContentFilteredError,
    ModelError,
)
from triptych.models.faults import headers as of
from triptych.models.faults.places import place
from triptych.models.faults.said import Said, blot, cut, read
from triptych.models.faults.table import Case, typed


def no_key(url: str) -> ModelError:
    """The hosted endpoint is asked, and there is no key to show it."""
    return AuthenticationError(
        f"{place(url)} needs a key and none is set.",
        "Set NVIDIA_API_KEY to a key from build.nvidia.com, or use chat_model('local').",
        endpoint=place(url),
    )


def refused(
    url: str,
    status: int,
    body: str,
    model: str,
    served: list[str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    request_id: str = "",
    secrets: Sequence[str] = (),
) -> ModelError:
    """The endpoint answered with an HTTP error.

    Args:
        url: Where the request went.
        status: The HTTP status.
        body: The body's text.
        model: The model that was asked for.
        served: On 404, the models that the endpoint lists; None if it lists none.
        headers: Of the answer: Retry-After, the request id, a redirect's Location.
        request_id: The endpoint's name of the request, if not in those.
        secrets: What was sent and is to be kept out of the words.

    Returns:
        The error, typed by what the body says and by the status.
    """
    said, known = read(body, secrets), headers or {}
    words = f": {said.text}" if said.text else ""
    found = request_id or of.request_id(known, secrets) or str(said.fields.get("requestId") or "")
    location = next((v for name, v in known.items() if name.lower() == "location"), "")
    more = {
        "status": status,
        "endpoint": place(url),
        "request_id": blot(found, secrets),
        "retry_after": of.retry_after(known),
    }
    message = _sentence(f"{place(url)} answered {status}{words}")
    return typed(Case(url, model, said, message, status, more, served, location))


def in_stream(
    url: str, event: Any, *, model: str = "", request_id: str = "", secrets: Sequence[str] = ()
) -> ModelError:
    """The answer began well (HTTP 200) and then held an error, or no completion at all.

    Args:
        url: Where the request went.
        event: The event's JSON value.
        model: The model that was asked for.
        request_id: The endpoint's name of the request.
        secrets: What was sent and is to be kept out of the words.

    Returns:
        The error, typed by its code as an HTTP error would be.
    """
    said = read(json.dumps(event), secrets)
    if not is_error(event):
        return not_a_completion(url, said.text or "nothing", request_id=request_id, secrets=secrets)
    said = Said(said.text or "an error without words", said.fields)
    more = {"status": said.status, "endpoint": place(url), "request_id": request_id}
    message = _sentence(f"{place(url)} failed while answering: {said.text}")
    return typed(Case(url, model, said, message, said.status, more))


def is_error(event: Any) -> bool:
    """True for an event that reports an error."""
    return isinstance(event, dict) and bool(event.get("error") or event.get("object") == "error")


def cut_short(url: str, finish: str = "", *, request_id: str = "") -> ModelError:
    """The stream ended without a finish reason, or with one that says that it was given up."""
    how = f"with the finish reason {finish!r}" if finish else "without a finish reason"
    return BadResponseError(
        f"{place(url)} stopped in its answer {how}.",
        "Try again.",
        endpoint=place(url),
        request_id=request_id,
        retryable=True,
    )


def not_a_completion(
    url: str, body: str, *, request_id: str = "", secrets: Sequence[str] = ()
) -> ModelError:
    """HTTP 200, but something else than a chat completion."""
    return BadResponseError(
        f"{place(url)} did not answer with a chat completion but with: {cut(blot(body, secrets))}",
        "Is the base URL right? It should end in /v1.",
        endpoint=place(url),
        request_id=request_id,
    )


def filtered(url: str, *, request_id: str = "", partial: str = "") -> ModelError:
    """The answer ended with the finish reason ``content_filter``."""
    return ContentFilteredError(
        f"A content filter of {place(url)} has stopped the answer.",
        "Put the prompt in other words.",
        endpoint=place(url),
        request_id=request_id,
        partial=partial,
    )


def _sentence(text: str) -> str:
    return text if text.endswith(("!", "?", "…")) else f"{text}."
