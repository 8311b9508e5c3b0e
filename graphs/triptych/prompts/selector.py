"""How a template is asked for: by name, version, range, channel, hash or path."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

from triptych.errors import PromptError
from triptych.prompts.front import CHANNEL, NAME, VERSION, WORKING_COPY

Kind = Literal["bare", "version", "range", "channel", "hash", "path"]

FORMS = "Forms: plan, plan@1.0.0, plan@~=1.0, plan@staging, plan@sha256:ab12…, ./mine.md."

PRODUCTION = "production"
"""The channel that a bare name means."""


@dataclass(frozen=True)
class Selector:
    """A selector, understood.

    Attributes:
        text: As it was written.
        kind: What `value` is.
        name: The prompt's name with line; empty for a path.
        value: Version, range, channel, beginning of a hash, or path.
    """

    text: str
    kind: Kind
    name: str
    value: str


def parse(text: str) -> Selector:
    """Understand a selector.

    Args:
        text: One of ``plan``, ``plan@1.0.0``, ``plan@_next``, ``plan@~=1.0``,
            ``plan@production``, ``plan@sha256:ab12…``, or a path that ends in ``.md`` and holds
            a separator. Each name may carry a line: ``plan.terse@0.1.0``.

    Raises:
        PromptError: It is none of them.
    """
    if text.endswith(".md"):
        if any(mark in text for mark in (os.sep, os.altsep) if mark):
            return Selector(text, "path", "", text)
        raise PromptError(f"'{text}' looks like a file.", f"Write it as a path: ./{text}")
    name, at, value = text.partition("@")
    if not NAME.fullmatch(name) or (at and not value):
        raise PromptError(f"'{text}' is no selector of a prompt.", FORMS)
    if not at:
        return Selector(text, "bare", name, PRODUCTION)
    kind = _kind(value)
    if kind is None:
        raise PromptError(f"'{value}' in '{text}' is no version, range or channel.", FORMS)
    return Selector(text, kind, name, value.removeprefix("sha256:"))


def _kind(value: str) -> Kind | None:
    if value == WORKING_COPY or VERSION.fullmatch(value):
        return "version"
    if re.fullmatch(r"sha256:[0-9a-f]{4,64}", value):
        return "hash"
    if re.match(r"[~=<>!]", value):
        return "range"
    if CHANNEL.fullmatch(value):
        return "channel"
    return None
