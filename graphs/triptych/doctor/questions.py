"""The doctor's questions, from the prompt ``doctor``, and the forms of answers it asks for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from triptych.prompts import library

SHELVES = 24  # about 600 tokens: vLLM's prefix cache works in blocks of up to 128


@cache
def _forms() -> dict[str, Any]:
    text = Path(__file__).with_name("forms.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def tool() -> dict[str, Any]:
    """A tool, as OpenAI's API describes it."""
    return dict(_forms()["tool"])


def schema() -> dict[str, Any]:
    """A JSON schema that free text does not fit."""
    return dict(_forms()["schema"])


def messages(name: str, **values: Any) -> list[tuple[str, str]]:
    """The messages of a question.

    Args:
        name: Which one.
        **values: Other inputs of the prompt.
    """
    return library().get("doctor").render(question=name, **values)


def long(mark: str) -> list[tuple[str, str]]:
    """A question with a long beginning, which is new for each mark."""
    return messages("prefix", mark=mark, shelves=list(range(SHELVES)))


def text(of: list[tuple[str, str]]) -> str:
    """All that messages say."""
    return " ".join(content for _, content in of)
