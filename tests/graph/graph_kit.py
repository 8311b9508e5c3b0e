"""A scripted model for the state machine: it answers each stage from a list of its own."""

from __future__ import annotations

import json
from typing import Any

from triptych.testing import Reply

REQUEST = "Write add(a, b).\n\n>>> add(1, 2)\n3\n"
GOOD = "```python\ndef add(a, b):\n    return a + b\n```"
BAD = "```python\ndef add(a, b):\n    return a - b\n```"
WORSE = "```python\ndef add(a, b):\n    return undefined\n```"
GREET = "Write a greeting to hello.txt."
GREETING = "### hello.txt\n```text\nhello\n```"  # nothing of ours runs on it: no sandbox starts
NO_CODE = "I would rather talk about the weather."
PLAN = json.dumps({"summary": "Add them.", "steps": ["Return the sum."]})
APPROVE = json.dumps({"findings": [], "verdict": "approve"})
CHANGES = json.dumps(
    {
        "findings": [{"quote": "    return a - b", "failure": "add(1, 1) gives 0"}],
        "verdict": "changes",
    }
)
OFF_THE_MARK = json.dumps(
    {"findings": [{"quote": "return a * b", "failure": "overflow"}], "verdict": "changes"}
)


def stage_of(body: dict[str, Any]) -> str:
    """Which stage a request is for, by its schema and its system message."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("name")
    if schema:
        return "plan" if schema == "Plan" else "review"
    return "repair" if "correct code" in str(body["messages"][0]["content"]) else "code"


class Stages:
    """A script: stage to the answers that it gives in turn, the last one again and again."""

    def __init__(self, **answers: str | Reply | list[str | Reply]) -> None:
        self.left = {
            stage: list(given) if isinstance(given, list) else [given]
            for stage, given in answers.items()
        }
        self.asked: list[str] = []
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, body: dict[str, Any]) -> Reply:
        stage = stage_of(body)
        self.asked.append(stage)
        self.bodies.append(body)
        answers = self.left[stage]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else Reply(answer)
