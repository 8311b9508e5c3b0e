"""A key has no place in a catalogue file: such files are copied, shared and put under git."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import yaml

from triptych.errors import InputError

_FIELD = re.compile(
    r"(api|access|private|secret)[-_ ]?key$|^key$|secret|passw|authori[sz]|bearer|credential"
    r"|^token$|^auth$|(auth|access|api|user)[-_]?token$",
    re.IGNORECASE,
)
_VALUE = re.compile(r"^(nvapi-|sk-|hf_|ghp_|Bearer )\S|^[^ ]*://[^/]*@", re.IGNORECASE)
_VARIABLE = re.compile(r"^[A-Z_][A-Z0-9_]*$")

CURE = (
    "Take it out of the file (and renew it, if others may have seen it), put it into an "
    "environment variable, and name that variable here as api_key_env."
)


def refuse(root: yaml.Node, wrong: Callable[[yaml.Node, str, str], InputError]) -> None:
    """Look through a whole file.

    Args:
        root: The file's content.
        wrong: Makes the error for a place in it.

    Raises:
        InputError: If a field or a value looks like a key. The value itself is not shown.
    """
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an anchor may hold itself
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if _FIELD.search(str(key.value)):
                    raise wrong(key, f"{str(key.value)!r} looks like a key.", CURE)
                if key.value == "api_key_env" and not _VARIABLE.match(str(value.value)):
                    raise wrong(value, "api_key_env is the name of an environment variable.", CURE)
                waiting.append(value)
        elif _VALUE.search(str(node.value)):
            raise wrong(node, "This value looks like a key.", CURE)


def address_problem(url: str) -> str:
    """What is wrong with a base URL, in words; "" if nothing is."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must begin with http:// or https:// and name a host"
    if parts.query or parts.fragment:
        return "nothing may follow its path"
    return ""
