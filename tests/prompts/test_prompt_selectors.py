"""How a template is asked for."""

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts.library import Library


@pytest.fixture
def books(shelf: Shelf) -> Library:
    for version in ("1.0.0", "1.0.2", "1.1.0", "1.10.0", "2.0.0"):
        shelf.put(f"plan@{version}")
    shelf.put("plan@_next", stated="2.1.0")
    shelf.put("plan.terse@0.1.0")
    shelf.put("code@1.0.0")
    shelf.put("fresh@_next")
    shelf.file("channels.yaml", "plan: {production: 1.1.0, staging: 2.0.0}\n")
    shelf.file("sets/default.yaml", "plan: plan\ncode: code@~=1.0\n")
    return shelf.library


@pytest.mark.parametrize(
    ("selector", "reference"),
    [
        ("plan", "plan@1.1.0"),
        ("plan@production", "plan@1.1.0"),
        ("plan@staging", "plan@2.0.0"),
        ("plan@1.0.0", "plan@1.0.0"),
        ("plan@_next", "plan@_next"),
        ("plan@~=1.0", "plan@1.10.0"),
        ("plan@~=1.0.0", "plan@1.0.2"),
        ("plan@>=1.0,<2", "plan@1.10.0"),
        ("plan@>=1", "plan@2.0.0"),
        ("plan.terse@0.1.0", "plan.terse@0.1.0"),
        ("plan.terse", "plan.terse@0.1.0"),
        ("code", "code@1.0.0"),
    ],
)
def test_selector_finds(books: Library, selector: str, reference: str) -> None:
    assert books.get(selector).reference == reference


def test_hash_finds_by_its_beginning(books: Library) -> None:
    whole = books.get("plan@1.0.0").sha256
    assert books.get(f"plan@sha256:{whole[:12]}").reference == "plan@1.0.0"
    assert books.get(f"plan@sha256:{whole}").reference == "plan@1.0.0"


def test_path_is_a_file_of_any_place(books: Library, shelf: Shelf) -> None:
    path = shelf.path.parent / "mine.md"
    path.write_text((shelf.path / "plan/1.0.0.md").read_text().replace("1.0.0", "7.0.0"))
    made = books.get(str(path))
    assert (made.reference, made.layer) == ("plan@7.0.0", str(path))


def test_name_and_line_are_apart(books: Library) -> None:
    made = books.get("plan.terse@0.1.0")
    assert (made.name, made.line, made.full_name) == ("plan", "terse", "plan.terse")
    assert made.ref == {
        "name": "plan.terse", "version": "0.1.0", "sha256": made.sha256, "layer": "built-in",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("plam", "no prompt 'plam'. Did you mean 'plan'?"),
        ("zzzzzz", "no prompt 'zzzzzz'. Known: code, fresh, plan, plan.terse."),
        ("plan.ters@0.1.0", "has no line 'ters'. Did you mean 'plan.terse'?"),
        ("plan@1.0.1", "no version 1.0.1. Did you mean '1.0.2'?"),
        ("plan@prodution", "no channel 'prodution'. Did you mean 'production'?"),
        ("plan@~=3.0", "No version of 'plan' is in '~=3.0'. Known: 1.0.0, 1.0.2, 1.1.0, 1.10.0"),
        ("plan@~=x", "'~=x' in 'plan@~=x' is no range"),
        ("plan@1.0", "'1.0' in 'plan@1.0' is no version, range or channel. Forms: plan,"),
        ("plan@", "no selector of a prompt. Forms: plan,"),
        ("Plan!", "no selector of a prompt. Forms: plan,"),
        ("plan@sha256:ffffffffffff", "the hash of no version. Known: "),
        ("mine.md", "looks like a file. Write it as a path: ./mine.md"),
        ("./no/such.md", "There is no prompt file 'no/such.md'. Check the path."),
        ("fresh", "no released version. Ask for its working copy: fresh@_next"),
    ],
)
def test_error_offers_what_there_is(books: Library, selector: str, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        books.get(selector)
    assert message in str(caught.value)


def test_set_gives_one_template_a_stage(books: Library) -> None:
    chosen = books.select({"plan": "plan.terse"})
    assert {stage: t.reference for stage, t in chosen.items()} == {
        "plan": "plan.terse@0.1.0", "code": "code@1.0.0",
    }  # fmt: skip


def test_unknown_stage_and_set_are_errors(books: Library) -> None:
    with pytest.raises(PromptError, match=r"has no stage 'pln'. Did you mean 'plan'"):
        books.select({"pln": "plan"})
    with pytest.raises(PromptError, match=r"no set 'defalt' of prompts. Did you mean 'default'"):
        books.select(set_name="defalt")


def test_wrong_selector_in_a_set_is_told_with_its_place(shelf: Shelf, books: Library) -> None:
    shelf.file("sets/default.yaml", "# mine\nplan: plan\ncode: coed\n")
    with pytest.raises(PromptError, match=r"sets/default\.yaml:3: .*'coed'.* mean 'code'\?"):
        books.select()


def test_wrong_channel_is_told_with_its_place(shelf: Shelf, books: Library) -> None:
    shelf.file("channels.yaml", "code: {production: 1.0.0}\nplan:\n  production: 1.0.9\n")
    with pytest.raises(PromptError, match=r"channels\.yaml:3: 'plan' has no version 1\.0\.9"):
        books.get("plan")
