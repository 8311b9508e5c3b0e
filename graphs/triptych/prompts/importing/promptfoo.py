"""From promptfoo: a prompt of its configuration, plain or a chat in JSON or YAML."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from triptych.errors import PromptError
from triptych.prompts.importing.imported import OPENAI_ROLES, Given, Imported, mapping, written
from triptych.prompts.yamltext import load_mapping

# What our export writes: each message by itself, then the chat of all of them.
_OURS = re.compile(r"\{% set message_(\d+) %\}(.*?)\{% endset %\}\n(?=\{% set message_|\[\{)", re.S)
_DUMPED = re.compile(r":\s*\{\{\s*(\w+)\s*\|\s*dump(?:\s*\|\s*safe)?\s*\}\}")


def read(text: str, name: str) -> Imported:
    """A prompt of a ``promptfooconfig.yaml`` as a template.

    Args:
        text: The file's text.
        name: The prompt, with its line, that it becomes; of several prompts the one whose label
            or id begins with it, else the first.

    Raises:
        PromptError: It is no such file, or the prompt stands in another file.
    """
    data = load_mapping(text, Path(name)).data
    prompts = data.get("prompts") or []
    prompts = prompts if isinstance(prompts, list) else [prompts]
    rows = [{"raw": row} if isinstance(row, str) else row for row in prompts]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise PromptError("It is no promptfoo configuration: it has no 'prompts'.")
    named = [r for r in rows if str(r.get("label") or r.get("id") or "").startswith(name)]
    row = (named or rows)[0]
    raw = row.get("raw")
    if not isinstance(raw, str) or raw.startswith(("file://", "exec:", "langfuse://")):
        raise PromptError(
            f"The prompt stands elsewhere: {raw or row.get('id')}.", "Write its text under 'raw'."
        )
    given = Given(_messages(raw), description=str(data.get("description") or ""))
    if len(rows) > 1:
        given.lost.append(f"{len(rows) - 1} other prompts of the file")
    if row.get("config"):
        given.lost.append("the prompt's config")
    test = data.get("defaultTest")
    values = test.get("vars") if isinstance(test, dict) else None
    given.defaults = mapping(values)
    others = [k for k in data if k not in ("prompts", "description", "defaultTest")]
    if others:
        given.lost.append(f"what the file says of tests and models: {', '.join(others)}")
    return written(given, name)


def _messages(raw: str) -> list[tuple[str, str]]:
    ours = _OURS.findall(raw)
    if ours:
        rows: Any = re.findall(r'"role": "(\w+)", "content": \{\{ message_(\d+) \| dump \}\}', raw)
        texts = dict(ours)
        return [(_role(role), texts[number]) for role, number in rows]
    chat = _chat(raw)
    if chat is None:
        return [("user", raw)]
    made = []
    for row in chat:
        if not isinstance(row.get("content"), str):
            raise PromptError("A message of the chat is no text.")
        made.append((_role(str(row.get("role"))), row["content"]))
    return made


def _chat(raw: str) -> list[dict[str, Any]] | None:
    """The messages of a chat in JSON or YAML; None if it is plain text."""
    plain = _DUMPED.sub(r': "{{ \1 }}"', raw)
    for parse in (json.loads, yaml.safe_load):
        try:
            found = parse(plain)
        except (ValueError, yaml.YAMLError):
            continue
        if (
            isinstance(found, list)
            and found
            and all(isinstance(row, dict) and "role" in row for row in found)
        ):
            return found
    return None


def _role(role: str) -> str:
    if role not in OPENAI_ROLES:
        raise PromptError(f"A message of the role '{role}' has no place in a template.")
    return OPENAI_ROLES[role]
