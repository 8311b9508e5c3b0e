"""What the scripted server saw."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triptych.testing.reply import Reply


@dataclass(eq=False)
class Entry:
    """One request, and how its answer went.

    Attributes:
        method: HTTP method.
        path: Path with the query.
        headers: Names as they came, looked up in any case; the key in ``Authorization`` is masked.
        body: The JSON body, or None where there was none or it was no JSON.
        time: Arrival, by `time.monotonic`, in seconds.
        key: The `fingerprint` of the key that came, or an empty text where none did.
        connection: The number of the connection it came on, from 1.
        reply: What was answered by the script; None for other endpoints and refusals.
        status: The HTTP status that was answered; 0 until then.
        aborted_at: When the client went away, by `time.monotonic`; None if it did not.
        started: Set when the first bytes of the answer went out, or when it is being held.
        finished: Set when the answer is complete, also where the script cut it.
        disconnected: Set when the client went away before that.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    time: float
    key: str = ""
    connection: int = 0
    reply: Reply | None = None
    status: int = 0
    aborted_at: float | None = None
    started: threading.Event = field(default_factory=threading.Event, repr=False)
    finished: threading.Event = field(default_factory=threading.Event, repr=False)
    disconnected: threading.Event = field(default_factory=threading.Event, repr=False)


def fingerprint(key: str) -> str:
    """Eight hex digits that tell two keys apart and show neither.

    Example:
        >>> fingerprint("not-a-real-key") == fingerprint("another-one")
        False
    """
    return hashlib.sha256(key.encode()).hexdigest()[:8]
