"""The front matter of a template: what stands between the two lines ``---``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.prompts.inputs import Input, read_inputs
from triptych.prompts.problems import NAME_FORM, fault
from triptych.prompts.yamltext import YamlMapping, load_mapping

NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)?")
"""A prompt's name, with its line after a dot if it has one: ``plan``, ``plan.terse``."""

VERSION = re.compile(r"\d+\.\d+\.\d+")

CHANNEL = re.compile(r"[a-z][a-z0-9_-]*")
"""A channel's name: ``production``, ``staging``."""

WORKING_COPY = "_next"
"""Stands for the version of a template that is not released yet."""

KEYS = ("name", "version", "description", "parent", "inputs", "outputs", "model", "metadata")

HINTS = (
    "temperature", "top_p", "max_tokens", "seed", "stop", "frequency_penalty", "presence_penalty",
)  # fmt: skip
"""What a template may suggest to the model. Never an address or a key: those are the run's."""


@dataclass(frozen=True)
class Front:
    """A template's front matter, checked.

    Attributes:
        name: Name with line.
        version: Three numbers, or ``_next``.
        description: One sentence.
        parent: Reference of the template it was made from; empty if none.
        inputs: Variable to its declaration.
        outputs: ``{"schema": name}``, or empty where the answer is free text.
        model: Hints.
        metadata: ``changelog`` and whatever else its author keeps there.
        yaml: The mapping it was read from, which knows the lines.
    """

    name: str
    version: str
    description: str
    parent: str
    inputs: dict[str, Input]
    outputs: dict[str, str]
    model: dict[str, Any]
    metadata: dict[str, Any]
    yaml: YamlMapping


def split_front(text: str, path: Path) -> tuple[Front, str, int]:
    """Part a template file into front matter and body.

    Args:
        text: The file's text, with plain newlines.
        path: The file, for errors.

    Returns:
        The front matter, the body, and the line at which the body begins.

    Raises:
        PromptError: The front matter is missing, no YAML, or says something it may not.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise fault(path, 1, "front matter is missing.", "Begin the file with a line '---'.")
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == "---":
            head = load_mapping("\n".join(lines[1 : number - 1]), path, first=2)
            return _check(head), "\n".join(lines[number:]), number + 1
    raise fault(path, 1, "front matter has no end.", "Close it with a line '---'.")


def _check(head: YamlMapping) -> Front:
    head.only(KEYS)
    name, version = _text(head, "name"), _text(head, "version")
    if not NAME.fullmatch(name):
        raise fault(
            head.path, head.line("name"), f"'{name}' is no name for a prompt.",
            NAME_FORM,
        )  # fmt: skip
    if version != WORKING_COPY and not VERSION.fullmatch(version):
        raise fault(
            head.path, head.line("version"), f"'{version}' is no version.",
            f"Write three numbers, such as 1.0.0, or '{WORKING_COPY}'.",
        )  # fmt: skip
    _section(head, "outputs", ("schema",))
    _section(head, "model", None)
    _section(head, "metadata", None)
    return Front(
        name=name,
        version=version,
        description=_text(head, "description"),
        parent=_text(head, "parent", required=False),
        inputs=read_inputs(head),
        outputs=_outputs(head),
        model=_hints(head),
        metadata=head.data.get("metadata", {}),
        yaml=head,
    )


def _text(head: YamlMapping, key: str, *, required: bool = True) -> str:
    value = head.data.get(key)
    if value is None:
        if required:
            raise fault(head.path, head.first, f"front matter has no '{key}'.", f"Add '{key}: …'.")
        return ""
    if not isinstance(value, str) or not value.strip():
        raise fault(
            head.path, head.line(key), f"'{key}' is {value!r}, text is wanted.",
            "Write it in quotes; a version has three numbers: 1.0.0.",
        )  # fmt: skip
    return value.strip()


def _section(head: YamlMapping, key: str, allowed: tuple[str, ...] | None) -> None:
    value = head.data.get(key, {})
    if not isinstance(value, dict):
        raise fault(head.path, head.line(key), f"'{key}' is {value!r}, a mapping is wanted.")
    if allowed is not None and key in head.data:
        head.only(allowed, key)


def _outputs(head: YamlMapping) -> dict[str, str]:
    outputs: dict[str, Any] = head.data.get("outputs", {})
    for key, value in outputs.items():
        if not isinstance(value, str) or not value.isidentifier():
            raise fault(
                head.path, head.line("outputs", key), f"schema {value!r} is no type's name.",
                "Name one of the words in triptych.state, such as Plan.",
            )  # fmt: skip
    return outputs


def _hints(head: YamlMapping) -> dict[str, Any]:
    model: dict[str, Any] = head.data.get("model", {})
    for key, value in model.items():
        private = re.search(r"url|key|token$|secret|endpoint|host", key, re.IGNORECASE)
        if private or (isinstance(value, str) and "://" in value):
            raise fault(
                head.path, head.line("model", key), f"'model.{key}' is an address or a key.",
                "Leave it out: where a request goes is for the run to say, never for a prompt.",
            )  # fmt: skip
    if model:
        head.only(HINTS, "model")
    return model
