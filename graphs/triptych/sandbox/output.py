"""Keeping the head and the tail of an endless output in bounded memory."""

from __future__ import annotations


class CappedOutput:
    """Bytes fed in pieces of any size, of which only the first and the last are kept.

    Args:
        limit: Most bytes kept; half of them from the start, half from the end.
    """

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def feed(self, chunk: bytes) -> None:
        """Add what was read."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room > 0 else chunk
        del self._tail[: -self._half]

    @property
    def truncated(self) -> bool:
        """True if something was dropped."""
        return self.total > len(self._head) + len(self._tail)

    def text(self) -> str:
        """What was kept, as text: invalid UTF-8 is replaced, a cut is marked with its size."""
        head, tail = bytes(self._head), bytes(self._tail)
        if not self.truncated:
            return (head + tail).decode("utf-8", "replace")
        gap = f"\n[... {self.total - len(head) - len(tail)} bytes left out ...]\n"
        return head.decode("utf-8", "replace") + gap + tail.decode("utf-8", "replace")
