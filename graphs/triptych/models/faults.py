"""What went wrong between us and an endpoint, in words: status and body become a typed error."""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

from triptych.errors import ModelError, UnknownModelError
from triptych.models.catalogue import nearest

HOSTED = ("integrate.api.nvidia.com", "ai.api.nvidia.com")
"""NVIDIA's own hosts: the only ones that are sent NVIDIA_API_KEY."""

_TOO_LONG = re.compile(r"context.?(length|size|window)|maximum context|too long|input_tokens", re.I)
_CURES = {
    307: "It redirects to another address: give that one as the base URL.",
    402: "The account has no credits left; chat_model('local') needs none.",
    413: "Shorten the request or leave files out.",
    429: "Wait a moment and send fewer requests at once.",
    503: "It is busy or still starting: try again in a moment.",
    504: "Try again, or ask for a shorter answer (max_tokens).",
}


def is_hosted(url: str) -> bool:
    """True for NVIDIA's own endpoints, over https only."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname in HOSTED


def is_loopback(url: str) -> bool:
    """True for an address on this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def host(url: str) -> str:
    """The host of an address, without its port."""
    return urlsplit(url).hostname or ""


def place(url: str) -> str:
    """Host and port of an address, as messages name it."""
    return urlsplit(url).netloc.rpartition("@")[2]


def no_key(url: str) -> ModelError:
    """The hosted endpoint is asked, and there is no key to show it."""
    return ModelError(
        f"{place(url)} needs a key and none is set.",
        "Set NVIDIA_API_KEY to a key from build.nvidia.com, or use chat_model('local').",
    )


def refused(
    url: str, status: int, body: str, model: str, served: list[str] | None = None
) -> ModelError:
    """The endpoint answered with an HTTP error.

    Args:
        url: Where the request went.
        status: The HTTP status.
        body: The body's text.
        model: The model that was asked for.
        served: On 404, the models that the endpoint lists; None if it lists none.
    """
    said = _said(body)
    message = f"{place(url)} answered {status}{f': {said}' if said else ''}."
    if status in (401, 403):
        cure = (
            "Set NVIDIA_API_KEY to a valid key."
            if is_hosted(url)
            else "Pass its api_key, or set TRIPTYCH_API_KEY."
        )
        return ModelError(message, cure, status=status)
    if status == 404 and served and model not in served:
        return UnknownModelError(
            f"{place(url)} does not serve {model!r}.",
            f"It serves {nearest(model, served)}.",
            status=status,
        )
    if status == 404:
        cure = "Is the base URL right? It should end in /v1."
    elif _TOO_LONG.search(body) and status < 500:
        cure = "The prompt is too long for this model: shorten the request or leave files out."
    else:
        fallback = "Try again later." if status >= 500 else _CURES[307] if status < 400 else ""
        cure = _CURES.get(status, fallback)
    return ModelError(message, cure, status=status)


def unreachable(url: str, error: BaseException, *, begun: bool = False) -> ModelError:
    """The connection could not be made, or broke or stood still after the answer had begun."""
    if begun:
        return ModelError(f"{place(url)} broke off in its answer ({_reason(error)}).", "Try again.")
    local = is_loopback(url)
    cure = "Is the server running?" if local else "Is the address right and the network up?"
    return ModelError(f"{place(url)} cannot be reached ({_reason(error)}).", cure)


def in_stream(url: str, event: Any) -> ModelError:
    """The answer began well (HTTP 200) and then held an error, or no completion at all."""
    error = event.get("error") if isinstance(event, dict) else None
    said = _said(json.dumps(event)) or "an error without words"
    if not error:
        return not_a_completion(url, said)
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else None
    return ModelError(f"{place(url)} failed while answering: {said}.", "Try again.", status=status)


def cut_short(url: str) -> ModelError:
    """The stream ended without a finish reason: the answer is not whole."""
    return ModelError(f"{place(url)} stopped in its answer without a finish reason.", "Try again.")


def not_a_completion(url: str, body: str) -> ModelError:
    """HTTP 200, but something else than a chat completion."""
    return ModelError(
        f"{place(url)} did not answer with a chat completion but with: {_cut(body)}",
        "Is the base URL right? It should end in /v1.",
    )


def _said(body: str) -> str:
    """The message in an error body, whatever its shape: OpenAI's, FastAPI's, a list, plain text."""
    try:
        found = json.loads(body)
    except ValueError:
        return "" if "<html" in body.lower() else _cut(body)
    for key in ("error", "message", "detail", "title"):
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict) and found.get(key):
            found = found[key]
    if isinstance(found, dict | list) and not found:
        return ""
    return _cut(found if isinstance(found, str) else json.dumps(found))


def _reason(error: BaseException) -> str:
    """The plain reason inside a client library's exception."""
    text = " ".join(str(part) for part in _chain(error))
    for pattern, reason in (
        (r"name resolution|Name or service|getaddrinfo|Cannot resolve|nodename", "no such host"),
        (r"refused", "connection refused"),
        (r"certificate|SSL", "its certificate is not trusted"),
        (r"[Tt]imed? ?out|Timeout", "timed out"),
        (r"reset|aborted|disconnected|IncompleteRead|not all bytes|payload", "connection lost"),
        (r"unreachable", "network unreachable"),
    ):
        if re.search(pattern, text):
            return reason
    return type(error).__name__


def _chain(error: BaseException | None) -> list[str]:
    """Type and text of an exception and of those that caused it."""
    words: list[str] = []
    while error is not None and len(words) < 10:
        number = getattr(error, "errno", None)
        said = os.strerror(number) if isinstance(number, int) and number > 0 else ""
        words.append(f"{type(error).__name__} {error} {said}")
        error = error.__cause__ or error.__context__
    return words


def _cut(text: str, most: int = 300) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= most else f"{line[:most]}…"
