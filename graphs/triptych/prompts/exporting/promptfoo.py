"""To promptfoo: a configuration with one prompt, a chat in JSON, for its Nunjucks."""

from __future__ import annotations

import json
from typing import Any

from triptych.prompts.exporting.exported import Exported, beyond_text, inlined, yaml_text
from triptych.prompts.jinja import environment
from triptych.prompts.template import Template

# What Nunjucks (3.2) has of Jinja; its documentation lists them.
_FILTERS = {
    "abs", "batch", "capitalize", "center", "default", "dictsort", "escape", "first", "float",
    "groupby", "indent", "int", "join", "last", "length", "list", "lower", "random", "reject",
    "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice",
    "sort", "string", "striptags", "sum", "title", "trim", "truncate", "upper", "urlencode",
    "urlize", "wordcount",
}  # fmt: skip
_TESTS = {
    "callable", "defined", "divisibleby", "eq", "sameas", "even", "falsy", "ge", "gt", "le",
    "lt", "lower", "ne", "none", "number", "odd", "string", "undefined", "upper", "iterable",
    "mapping",
}  # fmt: skip


def export(template: Template) -> Exported:
    """A template as the text of a ``promptfooconfig.yaml`` with this prompt and nothing else.

    Each message is rendered for itself and then written as JSON (``dump``), so that no value can
    break the document or open a message.

    Args:
        template: The template.

    Returns:
        The text, and what is lost.
    """
    messages = inlined(template)
    lost = beyond_text(template)
    if template.inputs:
        lost.append("which values it takes, and of what kinds, is not declared")
    defaults = {i.name: i.default for i in template.inputs.values() if not i.required}
    if defaults:
        lost.append("defaults hold only where this file's 'defaultTest' does")
    lost += _other_meaning([text for _, text in messages])
    sets = "".join(
        f"{{% set message_{n} %}}{text}{{% endset %}}\n" for n, (_, text) in enumerate(messages)
    )
    rows = ", ".join(
        f'{{"role": {json.dumps(role)}, "content": {{{{ message_{n} | dump }}}}}}'
        for n, (role, _) in enumerate(messages)
    )
    document: dict[str, Any] = {
        "description": template.description,
        "prompts": [
            {"id": template.reference, "label": template.reference, "raw": f"{sets}[{rows}]"}
        ],
    }
    if defaults:
        document["defaultTest"] = {"vars": defaults}
    return Exported(yaml_text(document), lost)


def _other_meaning(sources: list[str]) -> list[str]:
    """Parts of Jinja that Nunjucks lacks, or that mean something else there."""
    from jinja2 import nodes

    missing: set[str] = set()
    lists = False
    for source in sources:
        tree = environment({}).parse(source)
        missing |= {f"filter {n.name}" for n in tree.find_all(nodes.Filter)} - {
            f"filter {name}" for name in _FILTERS
        }
        missing |= {f"test {n.name}" for n in tree.find_all(nodes.Test)} - {
            f"test {name}" for name in _TESTS
        }
        if any(True for _ in tree.find_all(nodes.With)):
            missing.add("tag with")
        lists = lists or any(True for _ in tree.find_all(nodes.For))
    lost = [f"Nunjucks has no {', '.join(sorted(missing))}"] if missing else []
    if lists:
        lost.append("an empty list counts as true in a condition there")
    return lost
