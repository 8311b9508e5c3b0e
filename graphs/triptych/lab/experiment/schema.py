"""The published JSON schemas: of an experiment's YAML and of a task's line.

``python -m triptych.lab.experiment.schema docs/schemas`` writes them; a test holds them current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from triptych.lab.experiment.consistent import NAME, PARAMETERS
from triptych.lab.tasks.form import TaskForm
from triptych.lab.words import Experiment

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema of an experiment: pydantic's, and what `read_experiment` checks beside it."""
    made = Experiment.model_json_schema()
    words = made["$defs"]
    words["TaskSource"]["oneOf"] = [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in ("set", "path")
    ]
    words["Variant"]["properties"]["parameters"] |= {
        "additionalProperties": False,
        "properties": {name: kind.json_schema() for name, kind in PARAMETERS.items()},
    }
    made["properties"]["variants"]["propertyNames"] = {"pattern": f"^{NAME}$"}
    return {"$schema": DIALECT, **made, "title": "An experiment of triptych lab"}


def task_schema() -> dict[str, Any]:
    """The schema of one line of a JSONL file of tasks."""
    return {"$schema": DIALECT, **TaskForm.model_json_schema(), "title": "A task of triptych lab"}


def write(folder: Path) -> None:
    """Write both into a folder."""
    for name, made in (("experiment", schema()), ("tasks", task_schema())):
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
