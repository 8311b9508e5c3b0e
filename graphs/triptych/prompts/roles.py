"""The role lines of a body: they part it into messages before anything is rendered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from triptych.prompts.problems import fault

ROLES = ("system", "user", "assistant")

_ROLE_LINE = re.compile(rf"({'|'.join(ROLES)}):[ \t]*")
_ESCAPED = re.compile(rf"^\\(\\*(?:{'|'.join(ROLES)}):[ \t]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Message:
    """One message of a template, not rendered yet.

    Attributes:
        role: ``system``, ``user`` or ``assistant``.
        source: Its Jinja text.
        line: The line of the file at which `source` begins.
    """

    role: str
    source: str
    line: int


def unescape(text: str) -> str:
    """Take one backslash from each line that would be a role line without it."""
    return _ESCAPED.sub(r"\1", text)


def role_lines(text: str) -> list[int]:
    """The lines of `text`, counted from 1, that open a role."""
    return [n for n, line in enumerate(text.split("\n"), 1) if _ROLE_LINE.fullmatch(line)]


def split_messages(body: str, path: Path, first: int) -> tuple[Message, ...]:
    """Part a body at its role lines.

    Blank lines at the edges of a message are dropped.

    Args:
        body: The text after the front matter.
        path: The file, for errors.
        first: The line of the file at which `body` begins.

    Returns:
        The messages in order: a system message or none, then user and assistant in turn, the
        last one the user's (what Mistral's chat templates demand).

    Raises:
        PromptError: A role is missing, empty or out of order.
    """
    lines = body.split("\n")
    starts = role_lines(body)
    before = lines[: starts[0] - 1] if starts else lines
    for number, line in enumerate(before):
        if line.strip() or not starts:
            raise fault(
                path, first + number, "text stands under no role.",
                "Put a line 'system:' or 'user:' above it.",
            )  # fmt: skip
    messages = []
    for start, end in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
        role = lines[start - 1].strip().rstrip(":")
        text = lines[start : end - 1]
        while text and not text[0].strip():
            text.pop(0)
            start += 1  # noqa: PLW2901 - the message begins a line later
        messages.append(Message(role, unescape("\n".join(text).rstrip()), first + start))
    _check_order(messages, path, [first + start - 1 for start in starts])
    return tuple(messages)


def _check_order(messages: list[Message], path: Path, lines: list[int]) -> None:
    before = ""
    for message, line in zip(messages, lines, strict=True):
        if not message.source:
            raise fault(path, line, f"the {message.role} message is empty.", "Remove the line.")
        allowed = {"": ("system", "user"), "system": ("user",), "user": ("assistant",)}
        if message.role not in allowed.get(before, ("user",)):
            raise fault(
                path, line, f"the {message.role} message cannot follow {before or 'nothing'}.",
                "Models demand: system first if at all, then user and assistant in turn.",
            )  # fmt: skip
        before = message.role
    if before != "user":
        raise fault(path, lines[-1], "the last message is not the user's.")
