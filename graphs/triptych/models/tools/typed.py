"""TypedDicts as LangChain's conversion can read them."""

from __future__ import annotations

import types
from functools import lru_cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import typing_extensions
from typing_extensions import ReadOnly, is_typeddict

_MARKS = (NotRequired, Required, ReadOnly)


def readable(schema: Any) -> Any:
    """The same TypedDict, what may be left out told in LangChain's way; anything else as it is.

    LangChain (1.8) raises on NotRequired, asks for what ``total=False`` leaves open, and describes
    a TypedDict without a docstring by that of ``dict``.
    """
    return _made(schema) if is_typeddict(schema) else schema


@lru_cache(maxsize=256)  # one type stays one type, however often it is named in another
def _made(schema: Any) -> Any:
    hints = get_type_hints(schema, include_extras=True)
    fields = {
        name: _field(hint, optional=name in schema.__optional_keys__)
        for name, hint in hints.items()
    }
    new: Any = typing_extensions.TypedDict
    made = new(schema.__name__, fields)
    made.__doc__ = schema.__dict__.get("__doc__") or ""
    return made


def _field(hint: Any, *, optional: bool) -> Any:
    """A field's type; ``Annotated[type, default, description]`` is LangChain's way."""
    told: tuple[Any, ...] = ()
    while (origin := get_origin(hint)) in (*_MARKS, Annotated):
        hint, *more = get_args(hint)
        told = (*more, *told)
        optional = {NotRequired: True, Required: False}.get(origin, optional)
    if optional and told[:1] in ((), (...,)):
        told = (None, *told[1:])
    hint = _inner(hint)
    annotated: Any = Annotated
    return annotated[(hint, *told)] if told else hint


def _inner(hint: Any) -> Any:
    """A type with the TypedDicts in it made readable."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is None or origin is Literal or not args:
        return readable(hint)
    made = tuple(map(_inner, args))
    if made == args:
        return hint
    return Union[made] if origin in (Union, types.UnionType) else origin[made]  # noqa: UP007
