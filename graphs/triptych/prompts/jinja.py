"""Jinja as this project uses it: sandboxed, strict, and blind to all files but the partials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.prompts.problems import fault

if TYPE_CHECKING:
    from jinja2 import Environment, Template

PARTIAL = re.compile(r"([a-z][a-z0-9_-]*)@(\d+\.\d+\.\d+)")
"""A pinned partial, as ``{% include "style@1.0.0" %}`` names it."""


@dataclass(frozen=True)
class Scan:
    """What a piece of Jinja text needs.

    Attributes:
        variables: Name of each variable it reads to the first line that does.
        partials: Reference of each partial it includes to the first line that does.
    """

    variables: dict[str, int]
    partials: dict[str, int]


def environment(partials: Mapping[str, str]) -> Environment:
    """A Jinja environment whose loader knows the given partials and nothing else."""
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        loader=DictLoader(dict(partials)),
    )
    made.globals.clear()  # a template reads its inputs and nothing else
    return made


@lru_cache(maxsize=256)  # by content, so never stale
def compiled(source: str, partials: tuple[tuple[str, str], ...]) -> Template:
    """A text, ready to be rendered; `partials` are pairs of reference and text."""
    return environment(dict(partials)).from_string(source)


@lru_cache(maxsize=256)
def scan(source: str, path: Path, first: int) -> Scan:
    """Find what a piece of Jinja text needs.

    Args:
        source: The text.
        path: The file it stands in, for errors.
        first: The line of the file at which it begins.

    Raises:
        PromptError: It is no Jinja, or loads something other than a pinned partial.
    """
    from jinja2 import TemplateSyntaxError, meta, nodes

    made = environment({})
    try:
        tree = made.parse(source)
        names = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        raise fault(
            path, first + error.lineno - 1, f"bad Jinja: {(error.message or '').rstrip('.')}."
        ) from None
    for other in tree.find_all((nodes.Import, nodes.FromImport, nodes.Extends)):
        raise fault(
            path, first + other.lineno - 1, "only {% include %} may load something.",
            'Write {% include "name@1.0.0" %}.',
        )  # fmt: skip
    partials: dict[str, int] = {}
    for include in tree.find_all(nodes.Include):
        line = first + include.lineno - 1
        partials.setdefault(_pinned(include.template, include.ignore_missing, path, line), line)
    variables: dict[str, int] = {}
    for name in tree.find_all(nodes.Name):
        if name.name in names:
            line = first + name.lineno - 1
            variables[name.name] = min(line, variables.get(name.name, line))
    return Scan(variables, partials)


def _pinned(wanted: Any, ignore_missing: bool, path: Path, line: int) -> str:
    reference = getattr(wanted, "value", None)
    if isinstance(reference, str) and PARTIAL.fullmatch(reference) and not ignore_missing:
        return reference
    shown = f"'{reference}'" if isinstance(reference, str) else "a computed name"
    raise fault(
        path, line, f"partial {shown} is not pinned.",
        'Name one version of it: {% include "name@1.0.0" %}.',
    )  # fmt: skip
