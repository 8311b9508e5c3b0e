"""What the headers of an answer say about a fault."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC

from triptych.models.faults.said import blot

_REQUEST_IDS = ("x-request-id", "nvcf-reqid", "request-id")  # the second is the hosted catalog's


def request_id(headers: Mapping[str, str], secrets: Sequence[str] = ()) -> str:
    """The endpoint's name of the request, without the secrets; empty if it gives none."""
    known = _lower(headers)
    found = next((known[name] for name in _REQUEST_IDS if known.get(name)), "")
    return blot(found.strip(), secrets)[:100] if found else ""


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait before the next request, as the endpoint asks (RFC 9110, 10.2.3).

    Args:
        headers: Of the answer. ``Retry-After`` holds seconds or an HTTP date, which is read against
            the answer's own ``Date``: the two clocks may differ. ``Retry-After-Ms`` is read, too.
        now: Seconds since the epoch, where the answer has no ``Date``; the clock's if None.

    Returns:
        Never negative; None if there is no such header or it cannot be read.
    """
    known = _lower(headers)
    if (thousandths := _number(known.get("retry-after-ms", ""))) is not None:
        return thousandths / 1000
    told = known.get("retry-after", "")
    if (seconds := _number(told)) is not None:
        return seconds
    then = _date(told)
    if then is None:
        return None
    since = _date(known.get("date", ""))
    if since is None:
        since = time.time() if now is None else now
    return max(then - since, 0.0)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None


def _date(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
        # An HTTP date is GMT; one without a zone is not to be read as this machine's time.
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
