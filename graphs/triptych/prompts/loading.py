"""From a template's file to a `Template`: read, parted, checked and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from triptych.prompts.front import WORKING_COPY, Front, split_front
from triptych.prompts.inputs import Input
from triptych.prompts.jinja import scan
from triptych.prompts.problems import fault, nearest
from triptych.prompts.roles import Message, role_lines, split_messages, unescape
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from triptych.prompts.library import Library

FindPartial = Callable[[str, Path, int], Path]
"""From a pinned reference to its file; the path and line are where it is asked for."""

FindSchema = Callable[[str], str]
"""From the name of an output schema to its hash; empty if nothing is known of it."""


def read_text(path: Path) -> str:
    """The text of a prompt file, with plain newlines whatever the checkout did to them.

    Raises:
        PromptError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise fault(path, 1, "the file is no UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise fault(path, 1, f"the file cannot be read: {error.strerror}.") from None


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def closure_digest(own: str, partials: Mapping[str, str]) -> str:
    """The hash that identifies a template: of its file's hash and of its partials' hashes."""
    parts = [f"{reference} {digest(text)}" for reference, text in sorted(partials.items())]
    return digest("\n".join([own, *parts]))


def load(
    text: str,
    path: Path,
    layer: str,
    find_partial: FindPartial,
    find_schema: FindSchema,
    expected: str = "",
) -> Template:
    """The template that a file's text is.

    Args:
        text: The text, with plain newlines.
        path: The file, for errors.
        layer: What to record as its origin.
        find_partial: Finds the file of a partial.
        find_schema: Finds the hash of an output schema.
        expected: The reference that its place in a folder promises (``plan@1.0.0``); empty for
            a file that was named by its path.

    Raises:
        PromptError: Anything in it is wrong; the error names file and line.
    """
    front, body, first = split_front(text, path)
    version = _check_place(front, path, expected)
    messages = split_messages(body, path, first)
    partials = _check_body(messages, front, path, find_partial)
    own = digest(text)
    name, _, line = front.name.partition(".")
    return Template(
        name=name,
        line=line,
        version=version,
        sha256=closure_digest(own, partials),
        layer=layer,
        path=path,
        description=front.description,
        parent=front.parent,
        inputs=front.inputs,
        outputs=dict(front.outputs),
        model=dict(front.model),
        metadata=dict(front.metadata),
        messages=messages,
        partials={reference: partial_text(text) for reference, text in partials.items()},
        file_sha256=own,
        text=text,
        schema_sha256=find_schema(front.outputs["schema"]) if front.outputs else "",
    )


def from_text(text: str, *, origin: str, library: Library, layer: str = "text") -> Template:
    """A template of a text that stands in no file.

    Args:
        text: What a file would hold: front matter and body.
        origin: Stands for the file in errors, as ``candidate 3``.
        library: Where it finds its partials and its output schema.
        layer: What to record as its origin.

    Raises:
        PromptError: Anything in it is wrong, or it calls itself a locked built-in version and is
            another one.

    Example:
        >>> from triptych.prompts import library
        >>> text = library().get("code").text
        >>> from_text(text, origin="mine", library=library()).reference
        'code@1.0.0'
    """
    text, path = text.removeprefix("\ufeff").replace("\r\n", "\n"), Path(origin)
    made = load(text, path, layer, library.find_partial(), library.find_schema())
    library.refuse_shadow(made.reference, path, text)
    return made


def partial_text(text: str) -> str:
    """A partial's text as it is included: without blank edges and escapes."""
    return unescape(text.strip("\n"))


def _check_place(front: Front, path: Path, expected: str) -> str:
    if not expected:
        return front.version
    name, _, version = expected.partition("@")
    if front.name != name:
        raise fault(
            path, front.yaml.line("name"),
            f"the front matter says '{front.name}', the folder '{name}'.", "Make them agree.",
        )  # fmt: skip
    if version not in (WORKING_COPY, front.version):
        raise fault(
            path, front.yaml.line("version"),
            f"the front matter says version {front.version}, the file name {version}.",
            "Make them agree.",
        )  # fmt: skip
    return version


@dataclass
class _Walk:
    """One walk over a template's messages and the partials below them."""

    inputs: Mapping[str, Input]
    find_partial: FindPartial
    used: set[str] = field(default_factory=set)
    partials: dict[str, str] = field(default_factory=dict)

    def visit(self, source: str, path: Path, first: int, above: tuple[str, ...] = ()) -> None:
        """Hold one text against the declared inputs, then the partials that it includes."""
        found = scan(source, path, first)
        for name, line in found.variables.items():
            if name not in self.inputs:
                raise fault(
                    path, line, f"variable '{name}' is not declared.",
                    f"{nearest(name, self.inputs)} Or declare it under 'inputs'.",
                )  # fmt: skip
            self.used.add(name)
        for reference, line in found.partials.items():
            if reference in above:
                raise fault(path, line, f"partial '{reference}' includes itself.")
            file = self.find_partial(reference, path, line)
            text = read_text(file)
            roles = role_lines(text)
            if roles:
                raise fault(
                    file, roles[0], "a partial cannot open a role.",
                    "Put a backslash before the line if it is meant as text.",
                )  # fmt: skip
            self.partials[reference] = text
            self.visit(text, file, 1, (*above, reference))


def _check_body(
    messages: tuple[Message, ...], front: Front, path: Path, find_partial: FindPartial
) -> dict[str, str]:
    """Hold the body against the declared inputs; returns the raw texts of its partials."""
    walk = _Walk(front.inputs, find_partial)
    for message in messages:
        walk.visit(message.source, path, message.line)
    for name, given in front.inputs.items():
        if name not in walk.used:
            raise fault(
                path, given.line, f"input '{name}' is declared and never used.",
                "Use it in the body or remove it.",
            )  # fmt: skip
    return walk.partials
