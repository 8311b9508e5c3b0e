"""From Mustache and f-strings to Jinja, where they say the same."""

from __future__ import annotations

import re
from string import Formatter

from triptych.errors import PromptError
from triptych.prompts.importing.imported import literal

_TAG = re.compile(r"\{\{\{\s*([\w.]+)\s*\}\}\}|\{\{(.)(.*?)\}\}", re.DOTALL)


def as_jinja(text: str, lost: list[str]) -> str:
    """Mustache as Jinja.

    Args:
        text: Mustache of text and variables.
        lost: Is added to.

    Raises:
        PromptError: It has sections or partials.
    """
    made, last = [], 0
    for tag in _TAG.finditer(text):
        made.append(literal(text[last : tag.start()]))
        last = tag.end()
        name = tag[1] or f"{tag[2]}{tag[3]}".strip().lstrip("&").strip()
        if name.startswith("!"):
            continue
        if not re.fullmatch(r"[A-Za-z]\w*", name):
            raise PromptError(
                f"'{tag[0]}' is more than a variable.", "Rewrite it in Jinja, then import it."
            )
        if tag[1] is None and tag[2] != "&":
            lost.append("Mustache writes & < > and quotes of values as HTML; here they stay")
        made.append(f"{{{{ {name} }}}}")
    made.append(literal(text[last:]))
    return "".join(made)


def format_as_jinja(text: str, lost: list[str]) -> str:
    """An f-string, as LangChain reads it, as Jinja.

    Args:
        text: The f-string.
        lost: Is added to.

    Raises:
        PromptError: It is none, or reads more than variables.
    """
    made = []
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise PromptError(
            f"It is no f-string: {error}.", "Braces that are text are doubled."
        ) from None
    for before, name, spec, conversion in pieces:
        made.append(literal(before))
        if name is None:
            continue
        if not re.fullmatch(r"[A-Za-z]\w*", name):
            raise PromptError(f"'{{{name}}}' is more than a variable.", "Give it a name.")
        if spec or conversion:
            lost.append(f"the format of '{name}': {conversion or ''}{spec or ''}")
        made.append(f"{{{{ {name} }}}}")
    return "".join(made)
