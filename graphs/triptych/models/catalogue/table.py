"""All known models: Triptych's own, and the user's file over them."""

from __future__ import annotations

import dataclasses
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from triptych.errors import InputError, UnknownModelError
from triptych.models.catalogue import secrets, user_file
from triptych.models.catalogue.checked import Checker, Row
from triptych.models.catalogue.entry import Entry
from triptych.models.catalogue.names import nearest

HOSTED_URL = "https://integrate.api.nvidia.com/v1"


def entries() -> dict[str, Entry]:
    """All known models by alias: the built-in ones in the order of their file, then the user's.

    Raises:
        InputError: If the user's file cannot be used; it says which line.
    """
    return _at(user_file.stamp())


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


def _by_name() -> dict[str, Entry]:
    return _names(user_file.stamp())


@lru_cache(maxsize=8)
def _names(stamp: tuple[Path, int, int] | None) -> dict[str, Entry]:
    """By all names; an alias goes before the id of another model."""
    known = _at(stamp).values()
    names = {entry.alias.lower(): entry for entry in known}
    for entry in known:
        for name in entry.names:
            names.setdefault(name.lower(), entry)
    return names


def merge(text: str, source: str) -> dict[str, Entry]:
    """The built-in models with a user's file over them.

    Args:
        text: The file's text.
        source: Its name, for the errors.

    Raises:
        InputError: If it cannot be used.
    """
    checker, lines = Checker(source), dict[str, int]()
    merged = dict(_built_in())
    aliases = {alias.lower(): alias for alias in merged}
    for row in checker.rows(text):
        name = row.values["alias"].strip().lower()
        if name in lines:
            raise checker.wrong(
                row.line,
                f"The alias {row.values['alias']!r} stands in line {lines[name]} already.",
                "Keep one of them, or give this one another alias.",
            )
        lines[name] = row.line
        if name in aliases:
            entry = _changed(merged[aliases[name]], row, checker)
        else:
            entry = _own(row, checker, merged)
        merged[entry.alias] = entry
    return merged


@cache
def _built_in() -> dict[str, Entry]:
    path = Path(__file__).with_name("catalogue.yaml")
    rows = Checker(path.name).rows(path.read_text(encoding="utf-8"))
    return {row.values["alias"]: made(Entry, row.values) for row in rows}


@lru_cache(maxsize=8)
def _at(stamp: tuple[Path, int, int] | None) -> dict[str, Entry]:
    """All models while the user's file is in one state."""
    if stamp is None:
        return _built_in()
    return merge(user_file.read(stamp[0]), str(stamp[0]))


def _changed(entry: Entry, row: Row, checker: Checker) -> Entry:
    values = {**row.values, "alias": entry.alias, "source": "changed"}
    return _sound(made(Entry, _over(dataclasses.asdict(entry), values)), row, checker)


def _own(row: Row, checker: Checker, known: dict[str, Entry]) -> Entry:
    values = {"kind": "self-hosted", **row.values, "source": "yours"}
    if "id" not in values:
        near = nearest(values["alias"], [alias.lower() for alias in known], most=1)
        raise checker.wrong(
            row.line,
            f"{values['alias']!r} has no id: the name that its endpoint uses.",
            f"Add `id: …`; or did you mean to change the built-in {near}?",
        )
    for other in known.values():
        if values["alias"].lower() in [name.lower() for name in other.names]:
            raise checker.wrong(
                row.line,
                f"{values['alias']!r} is a name of {other.alias} already.",
                "Give it another alias.",
            )
    if values["kind"] == "hosted":
        values.setdefault("base_url", HOSTED_URL)
    return _sound(made(Entry, values), row, checker)


def _sound(entry: Entry, row: Row, checker: Checker) -> Entry:
    """What no type can say."""

    def wrong(message: str, cure: str) -> InputError:
        return checker.wrong(row.line, f"{entry.alias}: {message}", cure)

    if entry.kind == "local" and entry.file is None:
        raise wrong(
            "a local model needs its file.", "Add `file: {name, bytes, sha256, hub}` to it."
        )
    if entry.file and Path(entry.file.name).name != entry.file.name:
        raise wrong("its file's name is a path.", "Give the bare name: it lies in the cache.")
    if entry.kind == "self-hosted" and not entry.base_url:
        raise wrong(
            "a self-hosted model needs its address.", "Add `base_url: http://HOST:PORT/v1`."
        )
    if entry.base_url and (problem := secrets.address_problem(entry.base_url)):
        raise wrong(f"its base_url cannot be used: {problem}.", "Write http://HOST:PORT/v1.")
    if entry.api_key_env == "NVIDIA_API_KEY" and entry.kind != "hosted":
        raise wrong(
            "NVIDIA_API_KEY is for NVIDIA's own hosts.", "Give its key in another variable."
        )
    if entry.context and entry.output_limit and entry.output_limit >= entry.context:
        raise wrong("output_limit is not below context.", "Is one of them a slip?")
    return entry


def _over(under: Any, values: dict[str, Any]) -> Any:
    """A table with another over it; null takes away what stood there."""
    if not isinstance(under, dict):
        return values
    return {
        **under,
        **{k: _over(under.get(k), v) if isinstance(v, dict) else v for k, v in values.items()},
    }


def made(kind: Any, values: dict[str, Any]) -> Any:
    """A dataclass, with the tables within it, from plain dicts."""
    hints = get_type_hints(kind)
    ready = {}
    for name, value in values.items():
        inner = [k for k in (hints[name], *get_args(hints[name])) if dataclasses.is_dataclass(k)]
        if isinstance(value, dict):
            value = made(inner[0], value) if inner else _without_nulls(value)  # noqa: PLW2901
        ready[name] = value
    return kind(**ready)


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items() if v is not None}
