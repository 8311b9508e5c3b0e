"""Looking at an endpoint without asking its model: what it lists, and what server it is."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from triptych.models import faults
from triptych.models.http import exchange
from triptych.models.http.call import Call, Timeouts
from triptych.models.http.patience import Patience
from triptych.models.http.route import route

SECONDS = 10.0
"""Longest wait for one of these answers: a server gives them at once, or something is wrong."""


@dataclass(frozen=True)
class Answer:
    """One answer to a GET.

    Attributes:
        status: The HTTP status.
        body: The JSON value; None for anything else.
        seconds: From the request to the whole answer.
    """

    status: int
    body: Any
    seconds: float


def get(base_url: str, path: str, key: str = "") -> Answer:
    """Fetch a path beside or below a base URL; redirects are not followed, so the key stays here.

    Args:
        base_url: The endpoint, ending in ``/v1``.
        path: ``models`` below it, or ``/props`` at the root of its server.
        key: Sent as a bearer key, if any.

    Raises:
        ModelError: If it cannot be reached.
        InputError: If the key or the proxy cannot be used.
    """
    root = base_url.rstrip("/")
    url = root.removesuffix("/v1") + path if path.startswith("/") else f"{root}/{path}"
    limits = Timeouts(connect=SECONDS, first=SECONDS, between=SECONDS, total=SECONDS)
    call = Call(url, {}, key=key, headers={"Accept": "application/json"}, timeouts=limits)
    began = time.monotonic()
    patience = Patience(limits, began)
    try:
        way = route(url, call.verify)
        answer = exchange.exchanged("GET", way, call.sent_headers, None, patience)
        with closing(answer):
            text = answer.text()
    except exchange.BROKEN as error:
        if exchange.is_late(error):
            raise faults.timed_out(url, patience.kind, patience.seconds) from None
        raise faults.unreachable(url, error) from None
    return Answer(answer.status, _json(text), time.monotonic() - began)


def models(answer: Answer) -> list[dict[str, Any]]:
    """The rows of an answer to ``models``; none if it is no such list."""
    rows = answer.body.get("data") if isinstance(answer.body, dict) else None
    found = rows if isinstance(rows, list) else []
    return [row for row in found if isinstance(row, dict) and "id" in row]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
