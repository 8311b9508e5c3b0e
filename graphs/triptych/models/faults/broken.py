"""Errors of an endpoint that does not answer, from the exceptions of any HTTP client.

Told by the names of the exceptions, the system's error numbers and their words, along the whole
chain of causes: requests, urllib3, aiohttp, ssl and socket wrap each other, and none of them need
be imported to read this.
"""

from __future__ import annotations

import errno
import os
import re
import socket

from triptych.errors import ModelError, ModelTimeoutError, TimeoutKind, UnavailableError
from triptych.models.faults.places import is_loopback, place

_TIMEOUTS = re.compile(r"Timeout|TimedOut|[Tt]imed? ?out")
_CONNECT = re.compile(r"ConnectTimeout|ConnectionTimeout|[Cc]onnect(ion)? time")
_WANTS_TIME = {
    "connect": "Is the address right, and is the server up?",
    "first-token": "It may be loading or busy: try again, or allow a longer timeout.",
    "between-tokens": "It may have stopped: try again, or allow a longer timeout.",
    "total": "Ask for a shorter answer (max_tokens), or allow more time.",
}
_SHOWN = {
    "connect": "took no connection",
    "first-token": "sent no first token",
    "between-tokens": "sent nothing more",
    "total": "did not finish its answer",
}
_REASONS = (  # words, how they are put, whether another attempt may go better
    (r"[Cc]ertificate|CERTIFICATE", "its certificate is not trusted", False),
    (r"WRONG_VERSION_NUMBER|RECORD_LAYER", "it speaks no TLS: http instead of https?", False),
    (r"InvalidURL|MissingSchema|InvalidSchema|InvalidProxy", "no valid address", False),
    (r"Temporary failure in name resolution", "no such host found for now", True),
    (r"name resolution|Name or service|getaddrinfo|Cannot resolve|nodename", "no such host", False),
    (r"ProxyError|ProxyConnection", "the proxy does not let it through", True),
    (r"Connection refused|ConnectionRefused", "connection refused", True),
    (r"reset|[Bb]roken ?[Pp]ipe|aborted|[Dd]isconnected|EOF occurred", "connection lost", True),
    (r"IncompleteRead|not all bytes|[Pp]ayload|ChunkedEncoding", "connection lost", True),
    (r"ProtocolError|ended prematurely", "connection lost", True),
    (r"unreachable|No route", "network unreachable", True),
    (r"SSL", "no TLS connection could be made", False),
)


def unreachable(
    url: str,
    error: BaseException,
    *,
    begun: bool = False,
    kind: TimeoutKind | None = None,
    seconds: float | None = None,
    request_id: str = "",
) -> ModelError:
    """The connection could not be made, or broke or stood still after the answer had begun.

    Args:
        url: Where the request went.
        error: The client's exception.
        begun: True if the answer had begun.
        kind: Which limit of time it was, where the caller knows; else told by `error` and `begun`.
        seconds: That limit, for the message.
        request_id: The endpoint's name of the request.

    Returns:
        `ModelTimeoutError` for a limit of time, else `UnavailableError`.
    """
    words = " ".join(_chain(error))
    if kind is not None or _TIMEOUTS.search(words):
        guess: TimeoutKind = "between-tokens" if begun else "first-token"
        guess = "connect" if _CONNECT.search(words) and not begun else guess
        return timed_out(url, kind or guess, seconds, request_id=request_id)
    reason, again = next(
        ((reason, again) for pattern, reason, again in _REASONS if re.search(pattern, words)),
        (type(error).__name__, begun),
    )
    if begun:
        message, cure = f"{place(url)} broke off in its answer ({reason}).", "Try again."
    else:
        message = f"{place(url)} cannot be reached ({reason})."
        away = "Is the address right and the network up?"
        cure = "Is the server running?" if is_loopback(url) else away
    return UnavailableError(
        message, cure, endpoint=place(url), request_id=request_id, retryable=again
    )


def timed_out(
    url: str, kind: TimeoutKind, seconds: float | None = None, *, request_id: str = ""
) -> ModelTimeoutError:
    """A limit of time is passed.

    Args:
        url: Where the request went.
        kind: Which limit.
        seconds: The limit.
        request_id: The endpoint's name of the request.
    """
    within = f" within {seconds:g} s" if seconds is not None else " in time"
    return ModelTimeoutError(
        f"{place(url)} {_SHOWN[kind]}{within} (timed out).",
        _WANTS_TIME[kind],
        kind=kind,
        endpoint=place(url),
        request_id=request_id,
    )


def _chain(error: BaseException | None) -> list[str]:
    """Type and text of an exception and of those that caused it or lie inside of it."""
    words: list[str] = []
    todo, seen = [error], set()
    while todo and len(words) < 20:
        one = todo.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        # Not its bases: urllib3's NewConnectionError, as for a refusal, is a ConnectTimeoutError.
        words.append(f"{type(one).__name__} {one} {_meaning(one)}")
        inner = [part for part in one.args if isinstance(part, BaseException)]
        reason = getattr(one, "reason", None)
        inner += [reason] if isinstance(reason, BaseException) else []
        todo += [*inner, one.__cause__, one.__context__]
    return words


def _meaning(error: BaseException) -> str:
    """What the system's number of an error means, in the words that `_REASONS` knows."""
    number = getattr(error, "errno", None)
    if not isinstance(number, int):
        return ""
    if isinstance(error, socket.gaierror):
        again = number == socket.EAI_AGAIN
        return "Temporary failure in name resolution" if again else "Name or service not known"
    return "timed out" if number == errno.ETIMEDOUT else os.strerror(number) if number > 0 else ""
