"""What one check found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from triptych.doctor import known
from triptych.errors import TriptychError

Verdict = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        name: What was looked at.
        verdict: ``ok``; ``warn``: it works, but less well than it could; ``fail``: it does not;
            ``skip``: it was not looked at.
        detail: What was seen, in a few words.
        cure: What to do about it; "" where nothing has to be done.
        value: What was measured, for the catalogue; None for nothing.
    """

    name: str
    verdict: Verdict
    detail: str
    cure: str = ""
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        name: What, as the report names it.
        look: Looks, and says what was found.
        names: The findings that it makes, where they are several.
    """

    name: str
    look: Callable[[], list[Finding]]
    names: tuple[str, ...] = ()

    def skipped(self, why: str, cure: str = "") -> list[Finding]:
        """Its findings when it is not looked at."""
        return [Finding(name, "skip", why, cure) for name in self.names or (self.name,)]


def failed(name: str, error: TriptychError) -> Finding:
    """The finding that an error is, with the cure for it: ours for a known one, else its own."""
    return Finding(name, "fail", error.message, known.cure(str(error)) or error.cure)


def seconds(value: float) -> str:
    """A time, for people: ``340 ms``, ``3.4 s``, ``34 s``."""
    if value < 1:
        return f"{value * 1000:,.0f} ms"
    return f"{value:.1f} s" if value < 10 else f"{value:,.0f} s"
