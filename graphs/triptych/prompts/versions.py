"""How far a version number must go: what changed from one template to the next.

Semantic versioning (semver.org), read for prompts: who uses a prompt depends on what it takes and
what its answers look like, so a change of either is a major one; other words are a minor one.
"""

from __future__ import annotations

from typing import Literal

from triptych.prompts.front import VERSION
from triptych.prompts.problems import nearest
from triptych.prompts.template import Template

Part = Literal["patch", "minor", "major"]

PARTS: tuple[Part, ...] = ("patch", "minor", "major")
"""The parts of a version, the smallest step first."""


def schema_change(old: Template, new: Template) -> list[str]:
    """What changed in the inputs and outputs of a template.

    Names, kinds and required count, and the schema of the answer with its content; defaults and
    descriptions do not.

    Args:
        old: The version before.
        new: The version after.

    Returns:
        One sentence for each change, without a full stop; empty if there is none.
    """
    told = [f"input '{name}' is gone" for name in old.inputs if name not in new.inputs]
    for name, given in new.inputs.items():
        before = old.inputs.get(name)
        if before is None:
            told.append(f"input '{name}' is new")
            continue
        if set(before.kinds) != set(given.kinds):
            kinds = f"{' or '.join(given.kinds)}, and took {' or '.join(before.kinds)}"
            told.append(f"input '{name}' takes {kinds}")
        if before.required != given.required:
            told.append(f"input '{name}' is {'required' if given.required else 'optional'} now")
    was, now = old.outputs.get("schema", ""), new.outputs.get("schema", "")
    if was != now:
        told.append(f"the answer is {now or 'free text'}, and was {was or 'free text'}")
    elif old.schema_sha256 != new.schema_sha256:
        told.append(f"the schema {now} has another content")
    return told


def least_bump(old: Template, new: Template) -> Part:
    """The smallest step that a change may be released with.

    Args:
        old: The version before.
        new: The version after.

    Returns:
        ``major`` for another schema, ``minor`` for another body, partial, default or parameter,
        ``patch`` for other words about it.
    """
    if schema_change(old, new):
        return "major"
    return "minor" if _substance(old) != _substance(new) else "patch"


def bumped(version: str, part: Part) -> str:
    """The next version.

    Args:
        version: Three numbers.
        part: The step. Before 1.0.0 nothing is promised: a major step goes to the next middle
            number there, the others to the next last one.

    Example:
        >>> bumped("1.0.2", "minor"), bumped("0.1.0", "major"), bumped("0.1.0", "minor")
        ('1.1.0', '0.2.0', '0.1.1')
    """
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version")
    major, minor, patch = map(int, version.split("."))
    if part not in PARTS:
        raise ValueError(f"{part!r} is no part of a version. {nearest(part, PARTS)}")
    if major == 0:
        return f"0.{minor + 1}.0" if part == "major" else f"0.{minor}.{patch + 1}"
    if part == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if part == "minor" else f"{major}.{minor}.{patch + 1}"


def step(old: str, new: str) -> Part:
    """How far it is from one version to a later one; before 1.0.0 a last number is ``minor``."""
    was, now = ([int(n) for n in v.split(".")] for v in (old, new))
    if was[0] != now[0]:
        return "major"
    if now[0] == 0:
        return "major" if was[1] != now[1] else "minor"
    return "minor" if was[1] != now[1] else "patch"


def too_small(old: Template, new: Template) -> str:
    """Why a released version had to go further from the one before; empty if it went far enough.

    Args:
        old: The released version before.
        new: The later one, with its number.
    """
    why = shortfall(old, new, new.version)
    if not why:
        return ""
    least = bumped(old.version, least_bump(old, new))
    return f"{new.reference} is too small a step from {old.version}: {why}. The least is {least}."


def shortfall(old: Template, new: Template, version: str) -> str:
    """What changed that a version goes too short a way for; empty if it goes far enough."""
    if PARTS.index(step(old.version, version)) >= PARTS.index(least_bump(old, new)):
        return ""
    changes = schema_change(old, new) or ["its text, a default or a parameter is another one"]
    return "; ".join(changes)


def _substance(of: Template) -> tuple[object, ...]:
    """All that a model sees, or is asked with."""
    messages = [(m.role, m.source) for m in of.messages]
    defaults = {name: given.default for name, given in of.inputs.items()}
    return messages, dict(of.partials), defaults, dict(of.model)
