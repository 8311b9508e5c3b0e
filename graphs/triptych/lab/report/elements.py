"""HTML from plain calls: what is text stays text, whoever wrote it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Tree

Element = Tree.Element
Child = Element | str

NEVER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def el(tag: str, *children: Child, **attributes: str) -> Element:
    """An element with children; text is escaped when it is written.

    Args:
        tag: Its name.
        children: Elements and texts, in order.
        attributes: A name may end with ``_`` (``class_``); other underscores become hyphens.
    """
    made = Element(tag, {_name(key): _sane(value) for key, value in attributes.items()})
    last: Element | None = None
    for child in children:
        if not isinstance(child, str):
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + _sane(child)
        else:
            last.tail = (last.tail or "") + _sane(child)
    return made


def html(*elements: Element) -> str:
    """Elements as HTML text."""
    return "".join(Tree.tostring(one, encoding="unicode", method="html") for one in elements)


def _name(key: str) -> str:
    # SVG has attributes in camel case: they come through as they are.
    return key.rstrip("_").replace("_", "-")


def _sane(text: str) -> str:
    """Without the characters that no XML may hold; HTML does without them as well."""
    return NEVER.sub("\ufffd", text)
