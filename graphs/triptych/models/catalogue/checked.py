"""From the text of a catalogue file to rows that fit the dataclasses, or an error with its line."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import yaml
from yaml.constructor import SafeConstructor

from triptych.errors import InputError
from triptych.models.catalogue import secrets
from triptych.models.catalogue.entry import Entry, Parameters, StrategyFields
from triptych.models.catalogue.names import closest

_HINTS = {Entry: {"parameters": Parameters, "strategy": StrategyFields}}
_NOT_IN_FILES = ("source",)
_TAGS = {
    str: (("str", "timestamp"), "a text"),
    int: (("int",), "a whole number"),
    float: (("int", "float"), "a number"),
    bool: (("bool",), "true or false"),
}
_OWN_FIELDS = ("base_url", "model")


@dataclass(frozen=True)
class Row:
    """One row of a file: its values by key, tables within it as plain dicts, and its line."""

    values: dict[str, Any]
    line: int


class Checker:
    """Reads one file.

    Args:
        source: The file's name, for the errors.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def rows(self, text: str) -> list[Row]:
        """The rows of a file; an empty file has none.

        Raises:
            InputError: If it is no YAML, no list of models, holds a key or does not fit `Entry`.
        """
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self.wrong(mark.line + 1 if mark else 1, f"{error.problem}") from None
        except yaml.YAMLError as error:
            raise self.wrong(1, " ".join(str(error).split())) from None
        if root is None or _tag(root) == "null":
            return []
        if not isinstance(root, yaml.SequenceNode):
            raise self.wrong(root, "The file must be a list of models: each begins `- alias: …`.")
        secrets.refuse(root, self.wrong)
        return [self._row(node) for node in root.value]

    def wrong(self, where: yaml.Node | int, message: str, cure: str = "") -> InputError:
        """The error for a place in the file."""
        line = where if isinstance(where, int) else where.start_mark.line + 1
        return InputError(f"{self.source}, line {line}: {message}", cure)

    def _row(self, node: yaml.Node) -> Row:
        values = self._table(node, Entry, "a model")
        if not values.get("alias"):
            raise self.wrong(node, "This model has no alias.", "Add `alias: NAME` to it.")
        return Row(values, node.start_mark.line + 1)

    def _table(self, node: yaml.Node, kind: Any, name: str) -> dict[str, Any]:
        """A mapping whose keys are the fields of a dataclass or TypedDict."""
        hints = {**get_type_hints(kind), **_HINTS.get(kind, {})}
        known = [key for key in hints if key not in _NOT_IN_FILES]
        values: dict[str, Any] = {}
        for key, key_node, value in self._pairs(node, name):
            if key in values:
                raise self.wrong(key_node, f"{key!r} stands there twice.", "Keep one of them.")
            if key in known:
                values[key] = self._value(value, hints[key], key, free=is_typeddict(kind))
            elif kind is Parameters and (free := self._free(key, key_node, known)):
                values[free] = SafeConstructor().construct_document(value)
            else:
                raise self.wrong(
                    key_node,
                    f"{name} has no {key!r}.",
                    f"Did you mean {closest(key, known)}? There are {', '.join(known)}.",
                )
        missing = [key for key in _required(kind) if key not in values]
        if missing and kind is not Entry:  # a row of the user's may be a part of one
            raise self.wrong(node, f"{name} lacks {', '.join(missing)}.", "Add it.")
        return values

    def _free(self, key: str, node: yaml.Node, known: list[str]) -> str:
        """A parameter that we do not know goes out as it is, unless it looks like a slip."""
        if key in _OWN_FIELDS:
            raise self.wrong(
                node, f"{key!r} is no parameter.", "Name it beside `parameters`, as base_url or id."
            )
        near = closest(key, known, cutoff=0.85)
        if near:
            raise self.wrong(node, f"parameters has no {key!r}.", f"Did you mean {near}?")
        return key

    def _pairs(self, node: yaml.Node, name: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{name} must be a table of keys and values.")
        for key, value in node.value:
            yield str(key.value), key, value

    def _value(self, node: yaml.Node, hint: Any, name: str, *, free: bool = False) -> Any:
        """A value of the type that the field has.

        Args:
            node: The value in the file.
            hint: The field's type.
            name: The field's name, for the errors.
            free: null is allowed in any case: it takes the built-in value away.
        """
        if get_origin(hint) in (Union, types.UnionType):
            optional = type(None) in get_args(hint)
            hint = next(arg for arg in get_args(hint) if arg is not type(None))
            free = free or optional
        if free and _tag(node) == "null":
            return None
        if dataclasses.is_dataclass(hint) or is_typeddict(hint):
            return self._table(node, hint, name)
        if get_origin(hint) is Literal:
            return self._choice(node, get_args(hint), name)
        if get_origin(hint) in (tuple, list):
            return self._several(node, get_args(hint)[0], name)
        if get_origin(hint) is dict:
            list(self._pairs(node, name))
            return SafeConstructor().construct_document(node)
        return self._scalar(node, hint, name)

    def _choice(self, node: yaml.Node, choices: tuple[str, ...], name: str) -> str:
        said = str(node.value) if isinstance(node, yaml.ScalarNode) else "a list or table"
        if said not in choices:
            near = closest(said, list(choices))
            raise self.wrong(
                node,
                f"{name} cannot be {said!r}.",
                f"Did you mean {near}? It is one of {', '.join(choices)}.",
            )
        return said

    def _several(self, node: yaml.Node, hint: Any, name: str) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, f"{name} must be a list.", f"Write {name}: [ … ].")
        return tuple(self._value(each, hint, name) for each in node.value)

    def _scalar(self, node: yaml.Node, hint: type, name: str) -> Any:
        tags, words = _TAGS[hint]
        if not isinstance(node, yaml.ScalarNode) or _tag(node) not in tags:
            said = repr(node.value) if isinstance(node, yaml.ScalarNode) else "a list or table"
            raise self.wrong(node, f"{name} must be {words}, not {said}.")
        if hint is str:
            return str(node.value)
        value = SafeConstructor().construct_document(node)
        if hint is int and name != "seed" and value < 0:
            raise self.wrong(node, f"{name} cannot be below 0.")
        return hint(value)


def _required(kind: Any) -> list[str]:
    if not dataclasses.is_dataclass(kind):
        return []
    missing = dataclasses.MISSING
    return [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    ]


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rpartition(":")[2]
