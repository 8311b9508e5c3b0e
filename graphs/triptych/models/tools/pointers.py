"""References inside a JSON schema (JSON Pointer, RFC 6901)."""

from __future__ import annotations

from typing import Any

from triptych.errors import InputError

Schema = dict[str, Any]


def target(schema: Schema, ref: str) -> Schema:
    """The part of the schema that a reference names.

    Raises:
        InputError: If there is none.
    """
    found: Any = schema
    try:
        head, *path = ref.split("/")
        if head != "#":
            raise KeyError(ref)
        for escaped in path:
            step = escaped.replace("~1", "/").replace("~0", "~")
            found = found[int(step)] if isinstance(found, list) else found[step]
        return {**found}
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError(
            f"The schema refers to {ref!r}, which it does not hold.",
            "Put the definition under its $defs.",
        ) from None
