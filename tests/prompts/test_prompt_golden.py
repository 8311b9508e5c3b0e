"""What each built-in template says, word for word.

A change of wording shows here as a diff of a golden file. After one that is meant, run this file
as a script to write them anew.
"""

from pathlib import Path
from typing import Any

import pytest

from triptych.prompts import library
from triptych.prompts.layers import built_in_folder
from triptych.prompts.lint import open_folder

GOLDEN = Path(__file__).parent / "golden"
REQUEST = "Write a function add(a, b) that returns the sum.\n\n>>> add(1, 2)\n3"
FILES = "### add.py\n```python\ndef add(a, b):\n    return a - b\n```"
FAILURES = "add(1, 2) should be 3 and is -1"
FINDINGS = "`return a - b`: add(1, 2) gives -1 instead of 3"

CASES: dict[str, dict[str, Any]] = {
    "code@1.0.0--request": {"request": REQUEST},
    "code@1.0.0--plan": {"request": REQUEST, "plan": ["Add the numbers.", "Return the sum."]},
    "code@1.0.0--plan-as-text": {"request": REQUEST, "plan": "Add the numbers."},
    "code@1.0.0--files-whole": {"request": REQUEST, "files": FILES},
    "code@1.0.0--files-blocks-plan": {
        "request": REQUEST, "files": FILES, "edit_format": "blocks", "plan": ["Use +."],
    },
    "correct@1.0.0--json": {"problem": "age: must be 0 or more"},
    "correct@1.0.0--call": {"problem": "age: must be 0 or more", "tool": "Person"},
    "doctor@1.0.0--count": {"question": "count"},
    "doctor@1.0.0--weather": {"question": "weather"},
    "doctor@1.0.0--greet": {"question": "greet"},
    "doctor@1.0.0--haiku": {"question": "haiku"},
    "doctor@1.0.0--ship": {"question": "ship"},
    "doctor@1.0.0--pace": {"question": "pace", "mark": "100"},
    "doctor@1.0.0--prefix": {"question": "prefix", "mark": "0a1b", "shelves": [0, 1]},
    "form@1.0.0--schema": {"schema": '{"type": "object"}'},
    "plan@1.0.0--request": {"request": REQUEST},
    "plan@1.0.0--all": {"request": REQUEST, "files": FILES, "failures": FAILURES},
    "reflect@1.0.0--two-runs": {
        "stage": "code", "variables": ["request", "plan"],
        "current": 'user:\n{{ request }}\n{% if plan %}{{ plan }}{% endif %}',
        "examples": [
            {"Inputs": REQUEST, "Generated Outputs": FILES, "Feedback": FAILURES},
            {"Inputs": REQUEST, "Generated Outputs": "None", "Feedback": "passed"},
        ],
    },
    "repair@1.0.0--failures": {"request": REQUEST, "code": FILES, "failures": FAILURES},
    "repair@1.0.0--all-blocks": {
        "request": REQUEST, "code": FILES, "failures": FAILURES, "findings": FINDINGS,
        "plan": ["Use +."], "edit_format": "blocks",
    },
    "review@1.0.0--code": {"request": REQUEST, "code": FILES},
    "review@1.0.0--evidence": {"request": REQUEST, "code": FILES, "evidence": FAILURES},
    "tools@1.0.0--answer": {},
}  # fmt: skip


def rendered(case: str) -> str:
    messages = library().get(case.partition("--")[0]).render(**CASES[case])
    return "\n\n".join(f"{role}:\n{text}" for role, text in messages) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_template_says_what_its_golden_file_says(case: str) -> None:
    assert rendered(case) == (GOLDEN / f"{case}.txt").read_text(encoding="utf-8")


def test_each_released_version_has_golden_files_and_each_file_a_case() -> None:
    folder, books = open_folder(built_in_folder())
    released = {t.reference for t in books.templates() if t.version != "_next"}
    assert released == {case.partition("--")[0] for case in CASES}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)
    assert folder.path == built_in_folder()


def test_single_shot_prompt_is_the_request_and_one_line() -> None:
    system, user = library().get("code").render(request=REQUEST)
    assert system[0] == "system"
    assert len(system[1]) < 120
    assert user[1].startswith(REQUEST)
    assert len(user[1]) - len(REQUEST) < 160


def test_each_output_schema_is_a_word_of_the_state() -> None:
    from triptych import state

    schemas = [t.outputs["schema"] for t in library().templates() if t.outputs]
    assert schemas
    assert all(issubclass(getattr(state, name), state.Word) for name in schemas)


if __name__ == "__main__":
    for stale in GOLDEN.glob("*.txt"):
        stale.unlink()
    for each in CASES:
        (GOLDEN / f"{each}.txt").write_text(rendered(each), encoding="utf-8")
