"""To Prompty (version 2 of its format): front matter and role lines as ours, for its loader."""

from __future__ import annotations

import re
from typing import Any

from triptych.prompts.exporting.exported import Exported, inlined, yaml_text
from triptych.prompts.template import Template

KINDS = {"string": "string", "list": "array", "object": "object"}

OPTIONS = {
    "temperature": "temperature", "top_p": "topP", "max_tokens": "maxOutputTokens", "seed": "seed",
    "stop": "stopSequences", "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}  # fmt: skip
"""Our hints to Prompty's names of them."""

# What its loader asks of these kinds; what is in them, our inputs do not say.
_INSIDE: dict[str, dict[str, Any]] = {
    "list": {"items": {"kind": "string"}}, "object": {"properties": []},
}  # fmt: skip

# What Prompty takes for the beginning of a message; wider than ours, and it has no escape.
ROLE_LINE = re.compile(r"\s*#?\s*(system|user|assistant|developer)\s*(\[.*\])?\s*:\s*", re.I)


def export(template: Template) -> Exported:
    """A template as the text of a ``.prompty`` file.

    What Prompty has no word for (line, parent, changelog, kinds that are several) stands under
    ``metadata``, where `triptych.prompts.importing.prompty` finds it again.

    Args:
        template: The template.

    Returns:
        The text, and what is lost.
    """
    messages = inlined(template)
    lost = []
    if template.outputs:
        lost.append(f"the schema of the answer is a name only: {template.outputs['schema']}")
    if template.partials:
        lost.append(f"partials are written into the text: {', '.join(template.partials)}")
    several = [i.name for i in template.inputs.values() if len(i.kinds) > 1]
    if several:
        lost.append(f"kinds of values that are several: {', '.join(several)}")
    if template.inputs:
        lost.append("a value in which a line looks like a role is an error there")
    if any(ROLE_LINE.fullmatch(line) for _, text in messages for line in text.split("\n")):
        lost.append("a line of the text looks like a role, and Prompty begins a message there")
    front: dict[str, Any] = {
        "name": template.full_name.replace(".", "-"),
        "description": template.description,
        "metadata": {
            **template.metadata,
            "triptych": {
                "name": template.full_name,
                "version": template.version,
                **({"parent": template.parent} if template.parent else {}),
                **({"outputs": dict(template.outputs)} if template.outputs else {}),
                "kinds": {i.name: list(i.kinds) for i in template.inputs.values()},
            },
        },
        "inputs": [
            {
                "name": given.name,
                "kind": KINDS[given.kinds[0]],
                **_INSIDE.get(given.kinds[0], {}),
                "required": given.required,
                **({} if given.required else {"default": given.default}),
            }
            for given in template.inputs.values()
        ],
        # strict: a value that holds a role line is refused there, since it would open a message.
        "template": {
            "format": {"kind": "jinja2", "strict": True},
            "parser": {"kind": "prompty"},
        },
    }
    if template.model:
        front["model"] = {"options": {OPTIONS[k]: _option(k, v) for k, v in template.model.items()}}
    head = yaml_text(front)
    body = "\n".join(f"{role}:\n{text}" for role, text in messages)
    return Exported(f"---\n{head}---\n{body}\n", lost)


def _option(name: str, value: Any) -> Any:
    return [value] if name == "stop" and isinstance(value, str) else value
