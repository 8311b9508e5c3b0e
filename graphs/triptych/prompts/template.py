"""One version of one prompt: what it declares, and its rendering to messages."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.errors import PromptError
from triptych.prompts.inputs import Input
from triptych.prompts.jinja import compiled
from triptych.prompts.problems import fault, nearest
from triptych.prompts.roles import Message

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True)
class Template:
    """One version of one prompt, whole: it needs no file any more.

    Attributes:
        name: The prompt, without its line: ``plan``.
        line: The line (branch) of it, ``terse`` in ``plan.terse``; empty for the main one.
        version: Three numbers, or ``_next`` for a working copy.
        sha256: Hash of its file and of all partials that it includes.
        layer: Where it came from: ``built-in``, or the overlay's folder or file.
        path: Its file.
        description: One sentence.
        parent: Reference of the template it was made from; empty if none.
        inputs: Variable to its declaration.
        outputs: ``{"schema": "Plan"}``, or empty where the answer is free text.
        model: Hints for the model's parameters; the run's configuration wins.
        metadata: ``changelog`` and more.
        messages: The messages, not rendered yet.
        partials: Reference to text of every partial in its closure.
        file_sha256: Hash of its file alone.
        text: The file's text.
        schema_sha256: Hash of the schema of its answers: the one it was released with, or for a
            working copy the one of today. Empty where the answer is free text or nothing is
            known of the schema.
    """

    name: str
    line: str
    version: str
    sha256: str
    layer: str
    path: Path = field(compare=False)
    description: str = field(compare=False, repr=False)
    parent: str = field(compare=False, repr=False)
    inputs: Mapping[str, Input] = field(compare=False, repr=False)
    outputs: Mapping[str, str] = field(compare=False, repr=False)
    model: Mapping[str, Any] = field(compare=False, repr=False)
    metadata: Mapping[str, Any] = field(compare=False, repr=False)
    messages: tuple[Message, ...] = field(compare=False, repr=False)
    partials: Mapping[str, str] = field(compare=False, repr=False)
    file_sha256: str = field(compare=False, repr=False)
    text: str = field(compare=False, repr=False)
    schema_sha256: str = field(default="", compare=False, repr=False)

    @property
    def full_name(self) -> str:
        """Name with line: ``plan.terse``."""
        return f"{self.name}.{self.line}" if self.line else self.name

    @property
    def reference(self) -> str:
        """Name with line and exact version: ``plan.terse@0.1.0``."""
        return f"{self.full_name}@{self.version}"

    @property
    def ref(self) -> dict[str, str]:
        """What a run records of it: the fields of `triptych.state.PromptRef`."""
        return {
            "name": self.full_name,
            "version": self.version,
            "sha256": self.sha256,
            "layer": self.layer,
        }

    def render(self, /, **values: Any) -> list[tuple[str, str]]:
        """Fill in the values.

        A value's text comes out unchanged: it is never rendered itself, and it cannot open a
        role, because the messages were parted before.

        Args:
            **values: The declared inputs; those with a default may be left out.

        Returns:
            Role and text of each message, in order.

        Raises:
            PromptError: A value is missing, unknown or of the wrong kind, or the template reads
                something that a value does not have.

        Example:
            >>> from triptych.prompts import library
            >>> [role for role, _ in library().get("code").render(request="Add two numbers.")]
            ['system', 'user']
        """
        filled = self._fill(values)
        made = []
        for message, ready in zip(self.messages, self._compiled, strict=True):
            try:
                made.append((message.role, ready.render(filled)))
            except Exception as error:
                raise self._runtime_fault(error, message) from error
        return made

    def __getstate__(self) -> dict[str, Any]:
        # What Jinja compiled is made anew where it is needed: it cannot be pickled.
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

    @cached_property
    def _compiled(self) -> tuple[jinja2.Template, ...]:
        partials = tuple(self.partials.items())
        return tuple(compiled(message.source, partials) for message in self.messages)

    def _fill(self, values: Mapping[str, Any]) -> dict[str, Any]:
        for name, value in values.items():
            if name not in self.inputs:
                raise PromptError(
                    f"{self.path}: {self.reference} has no input '{name}'.",
                    nearest(name, self.inputs),
                )
            if not self.inputs[name].takes(value):
                given = self.inputs[name]
                raise fault(
                    self.path, given.line, f"input '{name}' of {self.reference} takes a "
                    f"{' or '.join(given.kinds)}, and was given {type(value).__name__}.",
                )  # fmt: skip
        for name, given in self.inputs.items():
            if given.required and name not in values:
                near = nearest(name, values) if values else ""
                raise fault(
                    self.path, given.line, f"{self.reference} needs a value for '{name}'.",
                    near if near.startswith("Did") else f"Give it: {name}=…",
                )  # fmt: skip
        return {**{n: i.default for n, i in self.inputs.items()}, **values}

    def _runtime_fault(self, error: Exception, message: Message) -> PromptError:
        # Jinja rewrites tracebacks: frames of an unnamed template stand in "<template>", those
        # of a partial in the partial's own name.
        what = f"{self.reference}: {str(error).rstrip('.')}."
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == "<template>":
                return fault(self.path, message.line + (frame.lineno or 1) - 1, what)
        return fault(self.path, message.line, what)
