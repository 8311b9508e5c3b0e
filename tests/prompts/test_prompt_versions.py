"""How far a version number must go."""

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts.lint import lint
from triptych.prompts.lock import write_lock
from triptych.prompts.template import Template
from triptych.prompts.versions import bumped, least_bump, schema_change, step, too_small

INPUTS = "{request: {kind: string, required: true}, plan: {kind: string, default: ''}}"
BODY = "user:\n{{ request }}{{ plan }}\n"


def pair(shelf: Shelf, body: str = BODY, **more: str) -> tuple[Template, Template]:
    shelf.put("a@1.0.0", BODY, inputs=INPUTS)
    shelf.put("a@1.0.1", body, **{"inputs": INPUTS, **more})
    return shelf.library.get("a@1.0.0"), shelf.library.get("a@1.0.1")


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ("{request: {kind: string, required: true}}", "input 'plan' is gone"),
        (INPUTS.replace("plan: {kind: string", "plan: {kind: [string, list]"),
         "input 'plan' takes string or list, and took string"),
        (INPUTS.replace("kind: string, default: ''", "kind: string, required: true"),
         "input 'plan' is required now"),
        (INPUTS.replace("required: true", "default: x"), "input 'request' is optional now"),
        (INPUTS[:-1] + ", files: {kind: string, default: ''}}", "input 'files' is new"),
    ],
)  # fmt: skip
def test_another_input_schema_is_a_major_step(shelf: Shelf, inputs: str, told: str) -> None:
    body = "user:\n{{ request }}{% if plan is defined %}{{ plan }}{% endif %}{{ files }}"
    body = body if "files" in inputs else body.replace("{{ files }}", "")
    body = body if "plan" in inputs else "user:\n{{ request }}"
    old, new = pair(shelf, body, inputs=inputs)
    assert schema_change(old, new) == [told]
    assert least_bump(old, new) == "major"


def test_another_output_schema_is_a_major_step(shelf: Shelf) -> None:
    old, new = pair(shelf, extra="outputs: {schema: Plan}\n")
    assert schema_change(old, new) == ["the answer is Plan, and was free text"]
    assert schema_change(new, old) == ["the answer is free text, and was Plan"]
    assert least_bump(old, new) == "major"


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (BODY + "More.", {}),
        ("system:\nx\n" + BODY, {}),
        (BODY, {"inputs": INPUTS.replace("''", "none")}),
        (BODY, {"extra": "model: {temperature: 0}\n"}),
        (BODY + '{% include "style@1.0.0" %}', {}),
    ],
    ids=["text", "message", "default", "parameter", "partial"],
)
def test_what_a_model_sees_is_a_minor_step(shelf: Shelf, body: str, more: dict[str, str]) -> None:
    shelf.file("_partials/style/1.0.0.md", "Be brief.\n")
    old, new = pair(shelf, body, **more)
    assert schema_change(old, new) == []
    assert least_bump(old, new) == "minor"


@pytest.mark.parametrize(
    "more",
    [
        {"changelog": "metadata: {changelog: Second., author: me}\n"},
        {"inputs": INPUTS.replace("required: true", "required: true, description: What")},
    ],
    ids=["metadata", "description of an input"],
)
def test_words_about_it_are_a_patch(shelf: Shelf, more: dict[str, str]) -> None:
    assert least_bump(*pair(shelf, **more)) == "patch"


@pytest.mark.parametrize(
    ("version", "part", "then"),
    [
        ("1.2.3", "patch", "1.2.4"), ("1.2.3", "minor", "1.3.0"), ("1.2.3", "major", "2.0.0"),
        ("0.2.3", "patch", "0.2.4"), ("0.2.3", "minor", "0.2.4"), ("0.2.3", "major", "0.3.0"),
    ],
)  # fmt: skip
def test_next_version(version: str, part: str, then: str) -> None:
    assert bumped(version, part) == then  # type: ignore[arg-type]
    if not version.startswith("0."):
        assert step(version, then) == part


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [("1.0.0", "1.2.0", "minor"), ("1.4.2", "3.0.0", "major"), ("0.1.0", "0.1.5", "minor"),
     ("0.1.0", "0.2.0", "major"), ("0.9.9", "1.0.0", "major"), ("1.0.1", "1.0.4", "patch")],
)  # fmt: skip
def test_step_between_versions(old: str, new: str, part: str) -> None:
    assert step(old, new) == part


def test_neither_a_version_nor_a_part() -> None:
    with pytest.raises(ValueError, match="no version"):
        bumped("1.0", "minor")
    with pytest.raises(ValueError, match="Did you mean 'minor'"):
        bumped("1.0.0", "minr")  # type: ignore[arg-type]


def test_too_small_a_step_is_told_with_the_least(shelf: Shelf) -> None:
    old, new = pair(shelf, BODY + "More.")
    assert too_small(old, new) == (
        "a@1.0.1 is too small a step from 1.0.0: its text, a default or a parameter is another "
        "one. The least is 1.1.0."
    )


class TestWhereItIsHeld:
    """Lint tells a step that is too small, and the lock refuses it."""

    def test_unlocked(self, shelf: Shelf) -> None:
        shelf.put("a@1.0.0", BODY, inputs=INPUTS)
        write_lock(shelf.folder, shelf.library)
        shelf.put("a@1.1.0", inputs="{request: {kind: string, required: true}}")
        wanted = r"a/1\.1\.0\.md:1: a@1\.1\.0 is too small .* 'plan' is gone\. The least is 2\.0\.0"
        with pytest.raises(PromptError, match=wanted):
            write_lock(shelf.folder, shelf.library)
        told = [p.message for p in lint(shelf.folder, shelf.library).problems]
        assert any("a@1.1.0 is too small a step" in message for message in told)
        assert "a@1.1.0" not in shelf.folder.lock()

    def test_a_locked_one_cannot_be_mended_and_is_left_alone(self, shelf: Shelf) -> None:
        shelf.put("a@1.0.0", BODY, inputs=INPUTS)
        shelf.put("a@2.0.0")
        write_lock(shelf.folder, shelf.library)
        lock = shelf.path / "prompts.lock"
        made = shelf.library.get("a@2.0.0")
        shelf.put("a@1.1.0", made.text.partition("---\n")[0] or "user:\n{{ request }}\n")
        one = shelf.library.get("a@1.1.0")
        lock.write_text(
            lock.read_text() + f"a@1.1.0:\n  file: {one.file_sha256}\n  closure: {one.sha256}\n"
        )
        assert lint(shelf.folder, shelf.library).problems == []

    def test_against_the_built_in_version_below(self, shelf: Shelf, over: Shelf) -> None:
        from triptych.prompts.library import Library

        shelf.put("a@1.0.0", BODY, inputs=INPUTS)
        over.put("a@1.0.1")
        books = Library((over.folder, shelf.folder))
        with pytest.raises(PromptError, match=r"too small a step from 1\.0\.0"):
            write_lock(over.folder, books)


class TestSchemaInTheLock:
    """The schema of the answers is locked with what asks for them."""

    @pytest.fixture
    def locked(self, shelf: Shelf) -> Shelf:
        shelf.file("_schemas/Plan.json", '{"type": "object"}\n')
        shelf.put("a@1.0.0", extra="outputs: {schema: Plan}\n")
        write_lock(shelf.folder, shelf.library)
        return shelf

    def test_it_stands_there(self, locked: Shelf) -> None:
        assert set(locked.folder.lock()["a@1.0.0"]) == {"file", "closure", "schema"}
        assert lint(locked.folder, locked.library).problems == []

    def test_a_changed_schema_needs_a_new_major_release(self, locked: Shelf) -> None:
        locked.file("_schemas/Plan.json", '{"type": "array"}\n')
        [problem] = lint(locked.folder, locked.library).problems
        assert "the schema of the answers to 'a@1.0.0' has changed since" in problem.message
        locked.put("a@1.1.0", extra="outputs: {schema: Plan}\n")
        with pytest.raises(PromptError, match=r"the schema Plan has another content.*2\.0\.0"):
            write_lock(locked.folder, locked.library)
        (locked.path / "a/1.1.0.md").unlink()
        locked.put("a@2.0.0", extra="outputs: {schema: Plan}\n")
        assert write_lock(locked.folder, locked.library) == ["a@2.0.0"]
        assert lint(locked.folder, locked.library).problems == []

    def test_what_was_released_keeps_the_hash_it_was_released_with(self, locked: Shelf) -> None:
        before = locked.library.get("a@1.0.0").schema_sha256
        locked.file("_schemas/Plan.json", '{"type": "array"}\n')
        assert locked.library.get("a@1.0.0").schema_sha256 == before

    def test_a_lock_without_it_is_completed(self, locked: Shelf) -> None:
        lock = locked.path / "prompts.lock"
        whole = lock.read_text()
        lock.write_text("".join(x for x in whole.splitlines(True) if "schema:" not in x))
        [problem] = lint(locked.folder, locked.library).problems
        assert "not all of it" in problem.message
        assert write_lock(locked.folder, locked.library) == ["a@1.0.0"]
        assert lock.read_text() == whole
