"""The shell as a user has it, and a model whose reviews are worth what their prompt is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab_kit import number_in, reply

BETTER = "Try another input than the example."

SECRET = "hidden-marker-7713"  # pragma: allowlist secret
"""Stands in the hidden tests and references of `sums`."""


def reviewing_model(body: dict[str, Any]) -> str:
    """Writes code that passes the visible example only. A reviewer who is told to look further
    sees that, and the repair is right.
    """
    text = "".join(str(m["content"]) for m in body["messages"])
    n = number_in(body)
    quick, right = f"    return {n + 2}", f"    return x + {n + 1}"
    if "response_format" in body:
        if BETTER not in text or right in text:
            return json.dumps({"findings": [], "verdict": "approve"})
        fault = {"quote": quick, "failure": f"add{n}(10) is {n + 2}"}
        return json.dumps({"findings": [fault], "verdict": "changes"})
    return reply(f"def add{n}(x):\n{right if quick in text else quick}")


def sums(path: Path, count: int) -> Path:
    """A file of tasks: add a number; the request shows one example, the hidden test another."""
    lines = []
    for n in range(count):
        request = f'def add{n}(x):\n    """Add.\n\n    >>> add{n}(1)\n    {n + 2}\n    """'
        test = f"def check(f):  # {SECRET}\n    assert f(10) == {n + 11}\n"
        lines.append(
            {
                "id": f"sums/{n}",
                "request": f"Complete this function:\n\n```python\n{request}\n```",
                "hidden": {"kind": "function", "entry_point": f"add{n}", "test": test},
                "reference": f"def add{n}(x):  # {SECRET}\n    return x + {n + 1}\n",
            }
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "VIRTUAL_ENV")}
    home.mkdir(exist_ok=True)
    return {**kept, "HOME": str(home), "TRIPTYCH_CATALOGUE": os.devnull, **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "triptych", *arguments]


def shell(
    folder: Path, *arguments: str, expect: int, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, as a user who has nothing else set up."""
    done = subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder / "home", **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done
