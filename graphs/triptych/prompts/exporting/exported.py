"""What an export gives, and what all exports share: a template without its partials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from triptych.prompts.template import Template

# Comments and raw blocks come first: an include in them is text.
_INCLUDE = re.compile(
    r"\{#.*?#\}"
    r"|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|\{%(?P<before>[-+]?)\s*include\s+(?P<quote>[\"'])(?P<reference>[^\"']+)(?P=quote)"
    r"(?:\s+with(?:out)?\s+context)?\s*(?P<after>[-+]?)%\}",
    re.DOTALL,
)


@dataclass(frozen=True)
class Exported:
    """A template in another form.

    Attributes:
        content: Text, or the object of that tool.
        lost: What the form cannot hold, a sentence each without a full stop; empty if it renders
            and says all that the template does.
    """

    content: Any
    lost: list[str]


def inlined(template: Template) -> list[tuple[str, str]]:
    """Role and Jinja text of each message, with the partials written into it.

    They render as the template does. A partial's own whitespace marks end at the partial, so it
    stands between two empty texts; one that sets variables keeps them to itself.
    """
    return [(m.role, _without_includes(m.source, template)) for m in template.messages]


def _without_includes(source: str, template: Template) -> str:
    def written(found: re.Match[str]) -> str:
        if found["reference"] is None:
            return found[0]
        text = _without_includes(template.partials[found["reference"]], template)
        before, after = found["before"], found["after"]
        if re.search(r"\{%[-+]?\s*set\b", text):
            return f"{{%{before} with %}}{text}{{% endwith {after}%}}"
        return f'{{{{{before} "" }}}}{text}{{{{ "" {after}}}}}'

    return _INCLUDE.sub(written, source)


def beyond_text(template: Template) -> list[str]:
    """What a template says of itself that a mere list of messages cannot hold."""
    lost = []
    if template.outputs:
        lost.append(f"the schema of the answer: {template.outputs['schema']}")
    if template.model:
        lost.append(f"parameters for the model: {', '.join(template.model)}")
    if template.partials:
        lost.append(f"partials are written into the text: {', '.join(template.partials)}")
    return lost


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are read, not folded into quotes."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def yaml_text(data: dict[str, Any]) -> str:
    """A mapping as YAML that people read."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
