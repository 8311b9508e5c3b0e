"""Writing into the user's catalogue file: as text, so that their comments and order stay."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from triptych.errors import InputError
from triptych.models.catalogue import user_file
from triptych.models.catalogue.table import merge

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*(:[A-Za-z0-9._/-]+)*")
_WORDS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")


def write(alias: str, new: dict[str, Any], measured: dict[str, Any]) -> Path:
    """Note what was measured of a model in the user's file.

    Where the file has a row of that alias, only its `measured` is replaced; otherwise a row is
    added. The file as it was is kept beside it as ``….bak``, and the new one takes its place whole.

    Args:
        alias: The model.
        new: Further fields of the row if it is a new one.
        measured: The fields of `Measured`; those that are None are left out.

    Returns:
        The file.

    Raises:
        InputError: If the file cannot be used or written, or the row is written in one line.
    """
    where = user_file.path()
    text = user_file.read(where) if where.is_file() else ""
    merge(text, str(where))  # a file with an error is not touched
    kept = {name: value for name, value in measured.items() if value is not None}
    edited = edit(text, alias, new, kept, str(where))
    merge(edited, f"{where} as it would be")
    try:
        _replace(where, edited)
    except OSError as error:
        raise user_file.unreadable(where, error) from None
    return where


def edit(
    text: str, alias: str, new: dict[str, Any], measured: dict[str, Any], source: str = ""
) -> str:
    """The file's text with `measured` noted; see `write`."""
    row = _row(text, alias)
    if row is None:
        head = text if not text.strip() or text.endswith("\n") else f"{text}\n"
        rest = _block({**new, "measured": measured}, 2)
        return f"{head}{_gap(head)}- alias: {_scalar(alias)}\n{rest}"
    if row.flow_style:
        raise InputError(
            f"{source}: {alias} is written in one line, into which nothing can be added.",
            "Write it with one key a line.",
        )
    lines = text.splitlines(keepends=True)
    lines[-1] = lines[-1].rstrip("\n") + "\n"
    indent = row.value[0][0].start_mark.column
    fresh = _block({"measured": measured}, indent)
    for key, value in row.value:
        if key.value == "measured":
            first, end = key.start_mark.line, _last_line(value) + 1
            return "".join([*lines[:first], fresh, *lines[end:]])
    end = _last_line(row) + 1
    return "".join([*lines[:end], fresh, *lines[end:]])


def _row(text: str, alias: str) -> yaml.MappingNode | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for row in root.value if isinstance(root, yaml.SequenceNode) else ():
        for key, value in row.value:
            if key.value == "alias" and str(value.value).strip().lower() == alias.lower():
                return row if isinstance(row, yaml.MappingNode) else None
    return None


def _last_line(node: yaml.Node) -> int:
    """The last line of a value; the end mark of a block stands behind the comments after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    block_text = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return int(node.end_mark.line) - (1 if block_text else 0)


def _gap(head: str) -> str:
    return "\n" if head.strip() and not head.endswith("\n\n") else ""


def _block(values: dict[str, Any], indent: int) -> str:
    out = ""
    for key, value in values.items():
        if isinstance(value, dict):
            out += f"{' ' * indent}{key}:\n{_block(value, indent + 2)}"
        else:
            out += f"{' ' * indent}{key}: {_scalar(value)}\n"
    return out


def _scalar(value: Any) -> str:
    """A value as YAML; JSON is YAML, too, where plain text would not do."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _replace(where: Path, text: str) -> None:
    target = where.resolve()  # a link stays a link
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.copy2(target, target.with_name(f"{target.name}.bak"))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if target.exists():
            shutil.copymode(target, name)
        else:
            Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
