"""Which error it is: what the body says goes before the status, since servers differ in that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from triptych.errors import (
    AuthenticationError,
    BadRequestError,
    BadResponseError,
    ContentFilteredError,
    ContextTooLongError,
    ModelError,
    PermissionDeniedError,
    QuotaError,
    RateLimitedError,
    ToolsNotEnabledError,
    UnavailableError,
    UnknownModelError,
    UnsupportedContentError,
)
from triptych.models.faults import context
from triptych.models.faults.places import is_hosted, place
from triptych.models.faults.said import Said

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
"""The HTTP statuses after which the same request may succeed."""

_TOOL_FLAGS = re.compile(r"--enable-auto-tool-choice|--tool-call-parser|requires --jinja", re.I)
_NO_TOOLS = re.compile(
    r"does not support (tools|tool use|tool calling|function)|support tool use", re.I
)
_MISTRAL_COMMON = re.compile(r"get_lark_from_jinja")
_NO_IMAGES = re.compile(r"not a multimodal model|(image|audio) input is not supported", re.I)
_FILTER = re.compile(r"content[_ ](filter|policy|management)|content_policy_violation", re.I)
_QUOTA = re.compile(
    r"insufficient_quota|current quota|credits? (expired|exhausted|limit)|(no|out of|more) credits"
    r"|insufficient (credits|balance|funds)|billing|over budget",
    re.I,
)
_NO_MODEL = re.compile(r"\bmodel\b.{0,120}(does not exist|not found|end of life)", re.I)
_ALIASES = re.compile(r"Valid aliases: (.+)$")
_KINDS = (  # what an error inside a stream is called where it has no number
    (re.compile(r"rate.?limit|too.?many", re.I), 429),
    (re.compile(r"auth|unauthorized", re.I), 401),
    (re.compile(r"permission|forbidden", re.I), 403),
    (re.compile(r"overloaded|unavailable|internal|server.?error|timeout", re.I), 500),
    (re.compile(r"bad.?request|invalid|validation|unprocessable", re.I), 400),
)


@dataclass(frozen=True)
class Case:
    """One failure. `more` are the arguments that every error gets."""

    url: str
    model: str
    said: Said
    message: str
    status: int | None
    more: dict[str, Any]
    served: list[str] | None = None
    location: str = ""


def typed(case: Case) -> ModelError:
    """The error of a failure that the endpoint has put into words or a status."""
    for rule in (_by_words, _by_quota, _by_model, _by_status):
        error = rule(case)
        if error is not None:
            return error
    # The request was accepted and then failed: nothing says that it would fail again.
    return BadResponseError(case.message, "Try again.", retryable=True, **case.more)


def _by_words(case: Case) -> ModelError | None:
    said, words = case.said, f"{case.said.kind} {case.said.text}"
    if _TOOL_FLAGS.search(words) or _NO_TOOLS.search(words):
        return ToolsNotEnabledError(case.message, _tools_cure(words), **case.more)
    if _MISTRAL_COMMON.search(words):
        cure = (
            "The mistral_common beside that vLLM does not go with it: "
            "install mistral_common 1.12.0 there and start the server again."
        )
        return BadRequestError(case.message, cure, **case.more)
    if _NO_IMAGES.search(words):
        cure = "Leave images and sound out, or ask a model that takes them."
        return UnsupportedContentError(case.message, cure, **case.more)
    if _FILTER.search(words) and case.status not in (401, 403, 404, 429):
        return ContentFilteredError(case.message, "Put the prompt in other words.", **case.more)
    if case.status not in (401, 402, 403, 404, 429) and (tokens := context.numbers(said)):
        limit, asked = tokens
        cure = context.cure(limit, asked)
        return ContextTooLongError(case.message, cure, limit=limit, asked=asked, **case.more)
    return None


def _by_quota(case: Case) -> ModelError | None:
    spent = _QUOTA.search(f"{case.said.kind} {case.said.text}")
    if case.status == 402 or (spent and case.status in (400, 403, 429, None)):
        cure = "The account has no credits left; chat_model('local') needs none."
        return QuotaError(case.message, cure, **case.more)
    return None


def _by_model(case: Case) -> ModelError | None:
    if case.status not in (404, 410):
        return None
    aliases = _ALIASES.search(case.said.text)
    names = case.served or (re.split(r",\s*", aliases[1]) if aliases else [])
    if names and case.model not in names:
        from triptych.models.catalogue import nearest

        message = f"{place(case.url)} does not serve {case.model!r}."
        cure = f"It serves {nearest(case.model, names)}."
        return UnknownModelError(message, cure, names=names, **case.more)
    # The hosted path is known to be right: there a 404 is about the model, whatever it says.
    if _NO_MODEL.search(case.said.text) or is_hosted(case.url):
        cure = "Name another model: `triptych models list` shows those that are known."
        return UnknownModelError(case.message, cure, names=names, **case.more)
    return None


def _by_status(case: Case) -> ModelError | None:
    status, message, more = _status(case), case.message, case.more
    hosted = is_hosted(case.url)
    if status is None:
        return None
    if status == 401:
        own = "Pass its api_key, or set TRIPTYCH_API_KEY."
        cure = "Set NVIDIA_API_KEY to a valid key." if hosted else own
        return AuthenticationError(message, cure, **more)
    if status == 403:
        own = "This api_key may not do that: pass another one, or ask who runs the server."
        cure = "Is NVIDIA_API_KEY valid, and may it use this model?" if hosted else own
        return PermissionDeniedError(message, cure, **more)
    if status == 429:
        cure = "Wait a moment and send fewer requests at once."
        return RateLimitedError(message, cure, **more)
    if status == 408 or status >= 500:
        cures = {
            408: "Try again, or send a shorter request.",
            503: "It is busy or still starting: try again in a moment.",
            504: "Try again, or ask for a shorter answer (max_tokens).",
        }
        cure = cures.get(status, "Try again later.")
        return UnavailableError(message, cure, retryable=status in RETRIED, **more)
    if status < 400:
        there = f"to {_plain(case.location)}" if case.location else "to another address"
        return BadRequestError(message, f"It redirects {there}: give that as the base URL.", **more)
    cures = {
        404: "Is the base URL right? It should end in /v1.",
        405: "Is the base URL right? It should end in /v1.",
        413: "Shorten the request or leave files out.",
    }
    cure = cures.get(status, "The same request will fail again: change what it complains about.")
    return BadRequestError(message, cure, **more)


def _status(case: Case) -> int | None:
    """The status; for an error inside a stream without one, what its kind comes to."""
    if case.status is not None:
        return case.status
    return next((status for kind, status in _KINDS if kind.search(case.said.kind)), None)


def _plain(location: str) -> str:
    """An address without the parts that can hold a secret."""
    parts = urlsplit(location)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _tools_cure(words: str) -> str:
    if "--jinja" in words:
        return "Start llama-server with `--jinja`, or do without tools."
    if _TOOL_FLAGS.search(words):
        return (
            "Start vLLM with `--enable-auto-tool-choice --tool-call-parser` and the model's parser "
            "(NIM: NIM_ENABLE_AUTO_TOOL_CHOICE=1 and NIM_TOOL_CALL_PARSER), or do without tools."
        )
    return "Ask a model that can call tools, or do without them."
