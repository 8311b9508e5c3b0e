"""The schemas beside the prompts: of answers, and for editors.

After a change that is meant, run this file as a script to write them anew.
"""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from prompt_shelf import Shelf, template_text

from triptych import state
from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.layers import built_in_folder
from triptych.prompts.schema import FILES, channels_schema, front_schema, set_schema, text_of

SCHEMAS = built_in_folder() / "_schemas"
HEAD: dict[str, Any] = {"name": "plan", "version": "1.0.0", "description": "d"}


def words() -> dict[str, str]:
    """Name to schema of each word of the state that a prompt asks for."""
    names = {t.outputs["schema"] for t in library().templates() if t.outputs}
    return {name: text_of(getattr(state, name).model_json_schema()) for name in sorted(names)}


def test_schema_of_each_answer_is_that_of_the_state() -> None:
    assert {p.stem: p.read_text() for p in SCHEMAS.glob("*.json") if p.stem.isidentifier()} == (
        words()
    )


@pytest.mark.parametrize("name", FILES)
def test_schemas_for_editors_are_what_the_code_says(name: str) -> None:
    assert (SCHEMAS / name).read_text() == text_of(FILES[name]())
    Draft202012Validator.check_schema(FILES[name]())


def test_a_template_knows_the_schema_of_its_answers(shelf: Shelf) -> None:
    shelf.put("a@1.0.0", extra="outputs: {schema: Plan}\n")
    shelf.put("b@1.0.0")
    assert shelf.library.get("a").schema_sha256 == ""  # nothing is known of it
    shelf.file("_schemas/Plan.json", "{}\n")
    first = shelf.library.get("a").schema_sha256
    shelf.file("_schemas/Plan.json", "{ }\n")
    assert len({first, shelf.library.get("a").schema_sha256, ""}) == 3
    assert shelf.library.get("b").schema_sha256 == ""


def test_shipped_files_fit_their_schemas() -> None:
    front = Draft202012Validator(front_schema())
    for template in library().templates():
        front.validate(yaml.safe_load(template.text.split("---\n")[1]))
    for path, schema in [("sets/default.yaml", set_schema()), ("channels.yaml", channels_schema())]:
        Draft202012Validator(schema).validate(
            yaml.safe_load((built_in_folder() / path).read_text())
        )


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Plan X"}, {"name": "plan.terse.two"}, {"version": "v1"}, {"version": 1.0},
        {"description": " "}, {"input": {}}, {"inputs": []}, {"inputs": {"request": "string"}},
        {"inputs": {"request": {"kind": "sting", "required": True}}},
        {"inputs": {"request": {"kind": "string", "require": True}}},
        {"inputs": {"request": {"kind": "string", "required": False}}},
        {"inputs": {"request": {"kind": "string", "required": True, "default": "x"}}},
        {"inputs": {"re-quest": {"kind": "string", "required": True}}},
        {"outputs": {"shema": "Plan"}}, {"outputs": {"schema": "a b"}},
        {"model": {"base_url": "x"}}, {"model": {"temprature": 0}}, {"metadata": "none"},
    ],
    ids=str,
)  # fmt: skip
def test_editor_and_loader_refuse_the_same_front_matter(
    change: dict[str, Any], shelf: Shelf
) -> None:
    head = {**HEAD, **change}
    assert not Draft202012Validator(front_schema()).is_valid(head)
    shelf.file("plan/1.0.0.md", f"---\n{json.dumps(head)}\n---\nuser:\n{{{{ request }}}}\n")
    with pytest.raises(PromptError):
        shelf.library.get("plan@1.0.0")


def test_editor_and_loader_accept_the_same_front_matter(shelf: Shelf) -> None:
    shelf.file("plan/_next.md", template_text(
        "plan", "_next", "user:\n{{ request }}{{ steps | length }}\n",
        inputs="{request: {kind: string, required: true}, steps: {kind: [list], default: []}}",
        extra="parent: plan@1.0.0\noutputs: {schema: Plan}\nmodel: {temperature: 0, stop: [x]}\n",
    ))  # fmt: skip
    made = shelf.library.get("plan@_next")
    head = yaml.safe_load(made.text.split("---\n")[1])
    Draft202012Validator(front_schema()).validate(head)


@pytest.mark.parametrize(
    ("selector", "good"),
    [("plan", True), ("plan@~=1.0", True), ("plan.terse@0.1.0", True), ("./mine.md", True),
     ("plan@sha256:ab12", True), ("plan@", False), ("Plan", False), ("", False)],
)  # fmt: skip
def test_selectors_of_a_set(selector: str, good: bool) -> None:
    assert Draft202012Validator(set_schema()).is_valid({"plan": selector}) == good


def test_channels_take_released_versions_only() -> None:
    check = Draft202012Validator(channels_schema())
    assert check.is_valid({"plan.terse": {"production": "0.1.0"}})
    assert not check.is_valid({"plan": {"production": "_next"}})
    assert not check.is_valid({"plan": "1.0.0"})


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in {**{f"{n}.json": t for n, t in words().items()},
                       **{n: text_of(make()) for n, make in FILES.items()}}.items():  # fmt: skip
        (SCHEMAS / name).write_text(text, encoding="utf-8")
