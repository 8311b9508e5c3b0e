"""The inputs that a template declares: their kinds, their defaults, and the check of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triptych.prompts.problems import fault, nearest
from triptych.prompts.yamltext import YamlMapping

KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "list": (list, tuple),
    "object": Mapping,
}

# `stop` is refused by LangChain's prompt classes; the others mean something to Jinja or Python.
_RESERVED = ("stop", "self", "loop", "caller", "true", "false", "none", "True", "False", "None")


@dataclass(frozen=True)
class Input:
    """One declared variable.

    Attributes:
        name: As the body uses it.
        kinds: What a value may be: ``string``, ``list`` or ``object``.
        required: True if a caller must give it.
        default: Its value where the caller gives none.
        line: Where the file declares it.
    """

    name: str
    kinds: tuple[str, ...]
    required: bool
    default: Any
    line: int

    def takes(self, value: object) -> bool:
        """True if `value` is of a declared kind."""
        return any(isinstance(value, KINDS[kind]) for kind in self.kinds)


def read_inputs(head: YamlMapping) -> dict[str, Input]:
    """The section ``inputs`` of a front matter.

    Raises:
        PromptError: A declaration is malformed; the error names its line.
    """
    section = head.data.get("inputs", {})
    if not isinstance(section, dict):
        raise fault(head.path, head.line("inputs"), "'inputs' must map a variable to {kind: …}.")
    return {name: _read(head, name, given) for name, given in section.items()}


def _read(head: YamlMapping, name: str, given: Any) -> Input:
    line = head.line("inputs", name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in _RESERVED:
        raise fault(head.path, line, f"'{name}' cannot be a variable.", "Choose another name.")
    if not isinstance(given, dict):
        raise fault(head.path, line, f"input '{name}' needs {{kind: string|list|object}}.")
    head.only(("kind", "required", "default", "description"), "inputs", name)
    kinds = given.get("kind")
    kinds = tuple(kinds) if isinstance(kinds, list) else (kinds,)
    for kind in kinds:
        if kind not in KINDS:
            raise fault(
                head.path, head.line("inputs", name, "kind"),
                f"input '{name}' is of kind {kind!r}.", nearest(str(kind), KINDS),
            )  # fmt: skip
    required = given.get("required", "default" not in given)
    if required is ("default" in given) or not isinstance(required, bool):
        raise fault(
            head.path, line, f"input '{name}' must be required or have a default, and not both.",
            "Write 'required: true' or 'default: …'.",
        )  # fmt: skip
    made = Input(name, kinds, required, given.get("default"), line)
    if not required and not made.takes(made.default):
        raise fault(
            head.path, line, f"input '{name}' has the default {made.default!r}, "
            f"which is no {' or '.join(kinds)}.",
        )  # fmt: skip
    return made
