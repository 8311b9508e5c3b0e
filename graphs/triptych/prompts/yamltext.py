"""YAML that remembers its lines, so that an error can name the place it came from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from triptych.prompts.problems import fault, nearest

# libyaml's loader where it is there: ten times as fast, same results.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Key = tuple[str, ...]


@dataclass(frozen=True)
class YamlMapping:
    """A YAML mapping and where each of its keys stands. Shared: not to be changed.

    Attributes:
        data: The plain values.
        lines: Path of keys to line, counted from 1 in the file.
        path: The file.
        first: The line that the text begins at.
    """

    data: dict[str, Any]
    lines: dict[Key, int]
    path: Path
    first: int = 1

    def line(self, *key: str) -> int:
        """The line of a key, or of the nearest key above it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, self.first)

    def only(self, allowed: tuple[str, ...], *under: str) -> None:
        """Refuse keys that mean nothing here.

        Raises:
            PromptError: A key is not one of `allowed`.
        """
        here: Any = self.data
        for part in under:
            here = here[part]
        for key in here:
            if key not in allowed:
                place = ".".join([*under, key])
                raise fault(
                    self.path, self.line(*under, key), f"unknown key '{place}'.",
                    nearest(key, allowed),
                )  # fmt: skip


@lru_cache(maxsize=256)  # by content, so never stale: every run reads the same few files
def load_mapping(text: str, path: Path, first: int = 1) -> YamlMapping:
    """Read YAML text that must be a mapping with text keys.

    Args:
        text: The YAML.
        path: The file it stands in, for errors.
        first: The line of the file at which `text` begins.

    Raises:
        PromptError: It is no YAML, no mapping, or has a key twice.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return YamlMapping({}, {}, path, first)
        lines: dict[Key, int] = {}
        _walk(node, (), lines, path, first)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first + (mark.line if mark else 0)
        raise fault(
            path, line, f"bad YAML: {error.problem}.", "Quote text that holds ':', '{' or '#'."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise fault(path, first, f"bad YAML: {error}.") from None
    if not isinstance(data, dict):
        raise fault(path, first, "a mapping (key: value) is wanted here.")
    return YamlMapping(data, lines, path, first)


def _walk(node: yaml.Node, key: Key, lines: dict[Key, int], path: Path, first: int) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for name, value in node.value:
        line = first + name.start_mark.line
        if name.tag != "tag:yaml.org,2002:str":
            raise fault(path, line, f"key '{name.value}' is no text.", "Write it in quotes.")
        here = (*key, name.value)
        if here in lines:
            raise fault(path, line, f"key '{name.value}' stands here twice.", "Keep one of them.")
        lines[here] = line
        _walk(value, here, lines, path, first)
