"""How the tests start the shell, what they ask for, and what the scripted model answers."""

import os
import sys
from pathlib import Path

REQUEST = "Write a Python function add(a, b).\n\n>>> add(1, 2)\n3\n"
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```\n"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```\n"
RIGHT_CODE = "def add(a, b):\n    return a + b\n"
WRONG_CODE = "def add(a, b):\n    return a - b\n"
ONE_DRAFT = ("--plan", "never", "--review", "never", "--drafts", "1", "--repairs", "0")


def environment(home: Path, **more: str) -> dict[str, str]:
    """A user's environment without keys, and with an empty cache."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "VIRTUAL_ENV")}
    return {**kept, "HOME": str(home), "TRIPTYCH_CACHE": str(home / "cache"), **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "triptych", *arguments]
