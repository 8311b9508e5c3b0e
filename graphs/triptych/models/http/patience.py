"""How long to wait for the next bytes of an answer, and which limit it is that ends the wait."""

from __future__ import annotations

from math import inf

from triptych.errors import TimeoutKind
from triptych.models.http.call import Timeouts


class Patience:
    """The deadlines of one call, on the caller's clock (seconds; it starts with `now`).

    Only waiting counts: what the caller does between two events is its own time, save for the
    total. See `Timeouts` for what each limit means.

    Attributes:
        kind: Which limit the deadline asked for last is of.
    """

    def __init__(self, limits: Timeouts, now: float) -> None:
        self.kind: TimeoutKind = "connect"
        self._limits = limits
        self._first, self._between = _or_inf(limits.first), _or_inf(limits.between)
        self._longest = max(self._first, self._between)
        self._end = now + _or_inf(limits.total)
        self._event_due = inf
        self._begun = False

    def connecting(self, now: float) -> float:
        """When the connection has to stand."""
        return self._least(now + _or_inf(self._limits.connect), "connect")

    def sent(self, now: float) -> None:
        """The request goes out: the wait for the first event begins."""
        self._event_due = now + self._first

    def had_event(self, now: float) -> None:
        """The caller comes back for more after an event."""
        self._begun = True
        self._event_due = now + self._longest

    def due(self, now: float) -> float:
        """When the next bytes have to be there."""
        if not self._begun:
            return self._least(self._event_due, "first-token")
        return self._least(min(self._event_due, now + self._between), "between-tokens")

    @property
    def seconds(self) -> float | None:
        """The limit of `kind`, for the error's text."""
        limits = self._limits
        if self.kind == "between-tokens":
            return limits.between
        if self.kind == "first-token":
            return limits.first
        return limits.connect if self.kind == "connect" else limits.total

    def _least(self, due: float, kind: TimeoutKind) -> float:
        self.kind, least = (kind, due) if due <= self._end else ("total", self._end)
        return least


def _or_inf(seconds: float | None) -> float:
    return inf if seconds is None else seconds
