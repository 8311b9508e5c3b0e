"""The whole pipeline on a real model: the embedded Qwen2.5-Coder 0.5B, in the real sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from triptych import Evidence, Strategy, chat_model, reviewer, run
from triptych.decide import verdict
from triptych.state import CheckResult, Draft

DOCSTRING = '''Complete this function:

```python
def count_vowels(text: str) -> int:
    """Count the vowels a, e, i, o and u of either case.

    >>> count_vowels('Hello World')
    3
    >>> count_vowels('')
    0
    """
```
'''


@pytest.fixture(scope="module")
def model() -> Any:
    return chat_model("local")


def test_a_function_from_its_docstring(model: Any) -> None:
    outcome = run(DOCSTRING, model=model)
    assert outcome.status == "approved", outcome.reason
    assert [r.status for r in outcome.evidence.of("example")] == ["passed", "passed"]
    assert "def count_vowels" in outcome.code
    assert outcome.patch.startswith("diff --git")
    assert outcome.usage.calls >= 1
    assert outcome.usage.output_tokens > 0


def test_a_bug_in_a_two_file_program_with_a_failing_test(model: Any) -> None:
    files = {
        "shapes.py": "def area(width, height):\n    return width + height\n",
        "test_shapes.py": (
            "from shapes import area\n\n\ndef test_area():\n    assert area(2, 3) == 6\n"
        ),
    }
    outcome = run(
        "The function area() is wrong: it must multiply width and height. Correct shapes.py.",
        files=files,
        checks=["pytest -q"],
        model=model,
        strategy=Strategy(drafts=6, repairs=2),
    )
    assert outcome.status == "approved", outcome.reason
    assert [r.status for r in outcome.evidence.of("command")] == ["passed"]
    assert "a/shapes.py" in outcome.patch


def test_a_review_of_a_planted_bug_has_its_form_and_overrules_no_check(model: Any) -> None:
    # A 0.5B model is no reviewer: it was seen to approve every bug planted so far. So its verdict
    # is not asserted here, but that it comes in its form, and that what ran decides.
    buggy = {"mean.py": "def mean(numbers):\n    return sum(numbers) / (len(numbers) + 1)\n"}
    request = "mean(numbers) returns the arithmetic mean.\nassert mean([2, 4]) == 3"
    review = reviewer(model).invoke(
        {"request": request, "files": buggy, "evidence": "failed: assert mean([2, 4]) == 3"}
    )
    assert review.verdict in ("approve", "changes")
    assert all(finding.quote for finding in review.findings)
    failed = CheckResult(kind="example", name="mean([2, 4])", status="failed")
    draft = Draft(
        id=0, origin="first", files=buggy, evidence=Evidence(results=[failed]), review=review
    )
    assert verdict(draft) == (False, "failed: mean([2, 4])")


def test_the_full_strategy_from_the_shell() -> None:
    request = "Write double(x), which returns twice x.\n>>> double(4)\n8"
    command = [sys.executable, "-m", "triptych", "run", request, "--model", "local", "--json"]
    command += ["--plan", "always", "--review", "advise"]
    ended = subprocess.run(
        command, capture_output=True, text=True, env=dict(os.environ), timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    outcome = json.loads(ended.stdout)
    assert outcome["status"] == "approved"
    assert outcome["plan"]["steps"]
    best = next(d for d in outcome["drafts"] if d["id"] == outcome["best"])
    assert best["review"]["verdict"] in ("approve", "changes")
    assert "this machine" in ended.stderr
