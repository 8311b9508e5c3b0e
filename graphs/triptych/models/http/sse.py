"""Server-sent events, from bytes as they arrive to JSON values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_PASSED_OVER = (b":", b"event:", b"id:", b"retry:")
_MOST_BODY = 1 << 20


class Events:
    """Reads a stream of ``data:`` lines; comments (``: ping``) and other fields are passed over.

    Lines may be of any length: the shipped client fails beyond 512 KiB. An answer that is no event
    stream but one JSON value (an error object under HTTP 200) counts as one event.
    """

    def __init__(self) -> None:
        self.done = False
        """True once the server has said ``[DONE]``."""
        self.body = b""
        """What came outside of any event."""
        self._line: list[bytes] = []
        self._count = 0

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events completed by these bytes.

        Raises:
            ValueError: If the data of an event is not JSON.
        """
        *complete, tail = data.split(b"\n")
        for end in complete:
            line = b"".join([*self._line, end])
            self._line.clear()
            yield from self._event(line)
        if tail:
            self._line.append(tail)

    def end(self) -> Iterator[Any]:
        """The events that the end of the stream completes.

        Raises:
            ValueError: If there was no event at all and the body is not JSON either.
        """
        line = b"".join(self._line)
        self._line.clear()
        yield from self._event(line)
        if not self._count and self.body.strip():
            yield json.loads(self.body)

    def _event(self, line: bytes) -> Iterator[Any]:
        line = line.rstrip(b"\r")
        if line.startswith(b"data:"):
            text = line[5:].strip()
            self._count += 1
            if text == b"[DONE]":
                self.done = True
            elif text:
                yield json.loads(text)
        elif not line.startswith(_PASSED_OVER) and len(self.body) < _MOST_BODY:
            self.body += line + b"\n"
