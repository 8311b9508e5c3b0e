"""What was measured with: the settings that all cells of a record share, and the versions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.lab.arms import Arm
from triptych.lab.tasks import TaskSet
from triptych.prompts import library
from triptych.state import to_json

PACKAGES = (
    "triptych",
    "langchain-core",
    "langchain-nvidia-ai-endpoints",
    "langgraph",
    "xllamacpp",
)


def settings(tasks: TaskSet, model: BaseChatModel, arms: Sequence[Arm]) -> dict[str, Any]:
    """What must not change within a record: task set, model, prompts and strategies.

    How many tasks are taken is none of it: a record of the first 40 goes on to all.
    """
    asked = ("model", "temperature", "top_p", "max_tokens", "seed")
    templates = library().select({})
    return {
        "tasks": {"name": tasks.name, "sha256": tasks.sha256},
        "model": {name: getattr(model, name, None) for name in asked},
        "prompts": {stage: dict(template.ref) for stage, template in templates.items()},
        "strategies": {arm.name: to_json(arm.resolved(model)) for arm in arms},
    }


def versions(tasks: TaskSet) -> dict[str, str]:
    """The versions of what made the answers; they may change within a record."""
    found = {"python": platform.python_version(), "tasks": tasks.version}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "unknown"
    return found
