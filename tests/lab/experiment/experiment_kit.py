"""Experiments, prompts and models as a user has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab_kit import make_tasks

from triptych import chat_model
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.words import Experiment, TaskSource, Variant
from triptych.prompts import library

NOWHERE = "http://127.0.0.1:9/v1"
"""An endpoint that is never asked."""


def variant(**fields: Any) -> Variant:
    return Variant.model_validate(fields)


def defined(variants: Mapping[str, Variant], **more: Any) -> Experiment:
    return Experiment.model_validate(
        {"tasks": TaskSource(), "variants": dict(variants), "aa": 0.0, **more}
    )


def live(variants: Mapping[str, Variant], count: int = 12, **more: Any) -> Resolved:
    """A resolved experiment on made-up tasks; its model is never asked."""
    model = chat_model(base_url=NOWHERE, model="scripted", temperature=0.2)
    return resolve(defined(variants, **more), tasks=make_tasks(count), models={"": model})


def own_prompt(path: Path, stage: str, sentence: str, version: str = "9.0.0") -> Path:
    """A prompt of a stage with one more sentence, as a file of the user's own."""
    text = library().get(f"{stage}@1.0.0").path.read_text(encoding="utf-8")
    head, _, body = text.partition("\nuser:\n")
    head = head.replace("version: 1.0.0", f"version: {version}")
    path.write_text(f"{head}\nuser:\n{sentence}\n{body}", encoding="utf-8")
    return path
