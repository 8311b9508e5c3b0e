"""Looking for a key in everything that people print, log or send on."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator


def leaks(key: str, *things: object) -> list[str]:
    """Where a key shows.

    Args:
        key: What to look for; its Base64 form is looked for, too.
        things: Texts, objects or exceptions. Of an object its `str` and `repr`; of an exception
            also its attributes, its traceback's text, its causes and their attributes.

    Returns:
        One text for each place, without the key.

    Example:
        >>> leaks("s3cret", "all is well", ValueError("bad key s3cret"))
        ['str of ValueError', 'repr of ValueError', 'traceback of ValueError']
    """
    forms = (key, base64.b64encode(key.encode()).decode().rstrip("="))
    return [
        where
        for thing in things
        for where, text in _texts(thing)
        if any(form in text for form in forms)
    ]


def _texts(thing: object) -> Iterator[tuple[str, str]]:
    kind = type(thing).__name__
    if isinstance(thing, str):
        yield "a text", thing
        return
    yield f"str of {kind}", str(thing)
    yield f"repr of {kind}", repr(thing)
    if isinstance(thing, BaseException):
        yield f"traceback of {kind}", "".join(traceback.format_exception(thing))
        error: BaseException | None = thing
        while error is not None:
            for name, value in vars(error).items():
                yield f"{type(error).__name__}.{name}", f"{value}{value!r}"
            error = error.__cause__ or error.__context__
