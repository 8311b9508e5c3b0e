"""The doctor's questions, from ``questions.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PARTS = 24  # about 600 tokens: vLLM's prefix cache works in blocks of up to 128


@cache
def _all() -> dict[str, Any]:
    text = Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def tool() -> dict[str, Any]:
    """A tool, as OpenAI's API describes it."""
    return dict(_all()["tool"])


def schema() -> dict[str, Any]:
    """A JSON schema that free text does not fit."""
    return dict(_all()["schema"])


def messages(name: str, **words: Any) -> list[tuple[str, str]]:
    """The messages of a question.

    Args:
        name: Which one.
        **words: What is filled into its text.
    """
    return [("system", _all()["system"]), ("user", _all()[name].format(**words))]


def long(nonce: str) -> list[tuple[str, str]]:
    """A question with a long beginning, which is new for each nonce."""
    parts = (_all()["part"].format(number=number) for number in range(PARTS))
    return messages("prefix", nonce=nonce, list=" ".join(parts))


def text(of: list[tuple[str, str]]) -> str:
    """All that messages say."""
    return " ".join(content for _, content in of)
