"""Server-sent events, from bytes as they arrive to JSON values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

_PASSED_OVER = (b":", b"event:", b"id:", b"retry:")
_MOST_BODY = 1 << 20
_BOM = b"\xef\xbb\xbf"


class Events:
    """Reads a stream of events by HTML's standard (WHATWG, 9.2), and what servers make of it.

    Lines may be of any length (the shipped client fails beyond 512 KiB) and end with LF, CRLF or
    CR; a mark of byte order is dropped; comments (``: ping``) and other fields are passed over. A
    ``data:`` line that is whole JSON is an event at once, blank line behind it or not; otherwise it
    goes on in the next ``data:`` line. An answer that is no event stream but one JSON value (an
    error object under HTTP 200) counts as one event.

    Attributes:
        count: How many data lines have come.
        done: True once the server has said ``[DONE]``.
        body: What came outside of any event.
        failed: The data that was no JSON, where there was some; nothing is read after it.
    """

    def __init__(self) -> None:
        self.done = False
        self.body = b""
        self.failed: bytes | None = None
        self._line: list[bytes] = []  # the pieces of a line that has no end yet
        self._data: list[bytes] = []  # the data lines of an event that has no end yet
        self._lines = 0
        self.count = 0
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events completed by these bytes; each is read when it is asked for.

        Read all at once, their thousands of small objects keep Python's garbage collector busy.
        """
        if not data:
            return
        if self._after_cr or b"\r" in data:
            data = self._line_feeds(data)
        lines = data.split(b"\n")
        tail = lines.pop()
        if lines:
            if self._line:
                lines[0] = b"".join([*self._line, lines[0]])
                self._line.clear()
            if not self._lines:
                lines[0] = lines[0].removeprefix(_BOM)
            self._lines += len(lines)
        if tail:
            self._line.append(tail)
        yield from self._read(lines)

    def end(self) -> Iterator[Any]:
        """The events that the end of the stream completes.

        One that is cut off in its middle, behind others, is passed over (WHATWG, 9.2.6): it is no
        sign of something else than a completion, and that the answer is not whole shows anyway.
        """
        if self._line:
            yield from self.feed(b"\n")
        sound = self.failed is None and self.count > len(self._data)
        yield from self.feed(b"\n\n")
        if sound:
            self.failed = None
        if not self.count and self.body.strip() and self.failed is None:
            yield from self._value(self.body)

    def _read(self, lines: list[bytes]) -> Iterator[Any]:
        for line in lines:
            if not line and not self._data:  # the line behind each event
                continue
            if self.done or self.failed is not None:
                break
            if line.startswith(b"data: {") and not self._data:  # nearly all of them
                self.count += 1
                try:
                    value = from_json(line[6:])
                except ValueError:
                    yield from self._first(line[5:].strip())
                else:
                    yield value
            elif line.startswith(b"data:"):
                self.count += 1
                if self._data:
                    self._data.append(line[5:])
                else:
                    yield from self._first(line[5:].strip())
            elif not line:
                yield from self._value(b"\n".join(self._data))
                self._data.clear()
            elif not line.startswith(_PASSED_OVER) and len(self.body) < _MOST_BODY:
                self.body += line + b"\n"

    def _first(self, text: bytes) -> Iterator[Any]:
        """The first data line of an event: mostly the only one."""
        if text == b"[DONE]":
            self.done = True
        elif text:
            try:
                value = _json(text)
            except ValueError:
                self._data.append(text)
            else:
                yield value

    def _value(self, text: bytes) -> Iterator[Any]:
        try:
            value = _json(text)
        except ValueError:
            self.failed = text
        else:
            yield value

    def _line_feeds(self, data: bytes) -> bytes:
        if self._after_cr:
            data = data.removeprefix(b"\n")  # the second half of a CRLF
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _json(text: bytes) -> Any:
    """The value of a JSON text.

    pydantic's parser takes a third of the time of Python's, which takes a few texts more (half a
    surrogate pair, as a model may write it).
    """
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)
