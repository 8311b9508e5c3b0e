"""Task files as a user writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEST = "def check(f):\n    assert f(20) == 40\n"


def line(id: str, **more: Any) -> dict[str, Any]:
    """One line of a task file: double a number."""
    made = {
        "id": id,
        "request": "Write double(x).",
        "hidden": {"kind": "function", "entry_point": "double", "test": TEST},
        "reference": "def double(x):\n    return 2 * x\n",
    }
    return {**made, **more}


def command_line(id: str, **more: Any) -> dict[str, Any]:
    """One line whose hidden check is a command over a project."""
    test = "from calc import double\nassert double(20) == 40\n"
    made = {
        "id": id,
        "request": "Mend double in calc.py.",
        "files": {"calc.py": "def double(x):\n    return x\n"},
        "hidden": {
            "kind": "command",
            "command": "python hidden_test.py",
            "files": {"hidden_test.py": test},
        },
        "reference": {"calc.py": "def double(x):\n    return 2 * x\n"},
    }
    return {**made, **more}


def write_lines(path: Path, *lines: dict[str, Any] | str) -> Path:
    """A JSONL file; a text is a line as it is."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path
