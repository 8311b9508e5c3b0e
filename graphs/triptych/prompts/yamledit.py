"""Change one value in YAML text and leave all else as it is, comments too."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from triptych.prompts.problems import fault


def put(text: str, keys: tuple[str, ...], value: str, path: Path) -> str:
    """YAML text with one value changed or added.

    Args:
        text: YAML that is a mapping.
        keys: The way to the value; mappings that are not there yet are made.
        value: The new value.
        path: The file, for errors.

    Raises:
        PromptError: The text is written in a way that this cannot change safely.
    """
    with suppress(yaml.YAMLError):
        wanted = _with(yaml.safe_load(text) or {}, keys, value)
        made = _put(text, keys, value)
        if wanted is not None and made is not None and yaml.safe_load(made) == wanted:
            return made
    raise fault(
        path, 1, f"'{'.'.join(keys)}' cannot be set to '{value}' in this file without harm.",
        "Write it by hand.",
    )  # fmt: skip


def put_in_front(text: str, keys: tuple[str, ...], value: str, path: Path) -> str:
    """A template's text with one value of its front matter changed or added; as `put`."""
    lines = text.split("\n")
    end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    front = put("\n".join(lines[1:end]) + "\n", keys, value, path)
    return "\n".join([lines[0], *front.rstrip("\n").split("\n"), *lines[end:]])


def scalar(value: str) -> str:
    """A text as YAML: plain where that reads back the same, else in quotes."""
    plain = re.fullmatch(r"[A-Za-z0-9_][\w.@/-]*", value)
    if plain and yaml.safe_load(value) == value:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _with(data: Any, keys: tuple[str, ...], value: str) -> Any:
    """What the changed text has to mean; None where a value stands in the way."""
    made = _unshared(data)
    here = made
    for key in keys[:-1]:
        here = here.setdefault(key, {}) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        return None
    here[keys[-1]] = value
    return made


def _unshared(data: Any) -> Any:
    """A copy in which no mapping stands twice, as it does behind an alias."""
    if isinstance(data, dict):
        return {key: _unshared(value) for key, value in data.items()}
    return data


def _put(text: str, keys: tuple[str, ...], value: str) -> str | None:
    # The loader in Python, not libyaml's: its marks count characters for certain.
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        end = "\n" if text and not text.endswith("\n") else ""
        return f"{text}{end}{_flow(keys, value)}\n"
    for depth, key in enumerate(keys):
        if not isinstance(node, yaml.MappingNode):
            return None
        found = [v for k, v in node.value if k.value == key]
        if not found:
            return _add(text, node, keys[depth:], value)
        node = found[0]
    if not isinstance(node, yaml.ScalarNode):
        return None
    # A block's end is the beginning of what follows it.
    end = "\n" if node.style in ("|", ">") else ""
    return f"{text[: node.start_mark.index]}{scalar(value)}{end}{text[node.end_mark.index :]}"


def _add(text: str, inside: yaml.MappingNode, keys: tuple[str, ...], value: str) -> str:
    """A new key at the end of a mapping, in the form that the mapping is written in."""
    if inside.flow_style:
        end = inside.end_mark.index - 1
        pair = _flow(keys, value)
        if not inside.value:
            return f"{text[:end]}{pair}{text[end:]}"
        last = inside.value[-1][1].end_mark.index
        return f"{text[:last]}, {pair}{text[last:]}"
    indent = " " * inside.start_mark.column
    # A block mapping ends where what follows begins: comments in between belong to that.
    lines = text.split("\n")
    lines.insert(_last_line(text, inside), indent + _flow(keys, value))
    return "\n".join(lines)


def _last_line(text: str, inside: yaml.MappingNode) -> int:
    """The number of lines up to the end of a block mapping's last value."""
    node: yaml.Node = inside
    while isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        node = node.value[-1][1]
    mark = node.end_mark
    held = text[: mark.index].rstrip()
    return held.count("\n") + 1


def _flow(keys: tuple[str, ...], value: str) -> str:
    if len(keys) == 1:
        return f"{scalar(keys[0])}: {scalar(value)}"
    return f"{scalar(keys[0])}: {{{_flow(keys[1:], value)}}}"
