"""How long a prompt is, in tokens: estimates, since no model's own vocabulary is at hand."""

from __future__ import annotations

from triptych.prompts.template import Template


def tokens(text: str) -> int:
    """About how many tokens a text has: four characters each, as `triptych.models` counts."""
    return -(-len(text) // 4)


def template_tokens(template: Template) -> int:
    """About how many tokens a template has without values, its partials included."""
    texts = [m.source for m in template.messages] + list(template.partials.values())
    return tokens("".join(texts))
