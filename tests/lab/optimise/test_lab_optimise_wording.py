"""A proposed body: a template of the same inputs, roles and parts, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from optimise_kit import BETTER, BODY, search_at

from triptych.errors import PromptError
from triptych.lab.optimise.wording import Wordings
from triptych.prompts import library
from triptych.prompts.copies import new, release
from triptych.prompts.layers import working_layers
from triptych.prompts.library import Library
from triptych.prompts.loading import from_text

WORDINGS = Wordings(library().get("code"), "code.gepa", library())


def test_another_wording_is_a_template_of_the_line() -> None:
    made = WORDINGS.template(BETTER)
    assert made.reference == "code.gepa@_next"
    assert made.parent == "code@1.0.0"
    assert "Mind the hidden example." in made.render(request="Add.")[0][1]
    assert made.inputs.keys() == library().get("code").inputs.keys()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (BODY.replace("{{ request }}", "the request"), "'request' is declared and never used"),
        (BODY.replace("{{ request }}", "{{ request }} {{ secret }}"), "'secret' is not declared"),
        (
            BODY.replace("user:\n", "user:\nHi.\nassistant:\nYes.\nuser:\n"),
            "roles system, user, assist",
        ),
        (
            BODY.replace('{% include "answer-format@1.0.0" %}', "{{ edit_format }}"),
            "answer-format@1.0.0",
        ),
        (BODY.replace("{% endif %}", "", 1).replace("{%- endif %}", "", 1), "proposal:"),
        ("no roles at all", "proposal:"),
    ],
)
def test_what_is_no_such_template_is_refused(body: str, why: str) -> None:
    assert body != BODY
    with pytest.raises(PromptError) as refused:
        WORDINGS.template(body)
    assert why in str(refused.value)


def test_a_working_copy_says_what_it_was_searched_on() -> None:
    text = WORDINGS.working_copy(BETTER, "Found: by a search.", ["a/1", 'b "2"', "c: 3"])
    made = from_text(text, origin="copy", library=library())
    assert made.metadata == {
        "changelog": "Found: by a search.",
        "trained_on": ["a/1", 'b "2"', "c: 3"],
    }
    assert made.render(request="Add.") == WORDINGS.template(BETTER).render(request="Add.")


def test_a_line_may_start_from_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.md"
    text = library().get("code").text.replace("name: code\n", "name: code.mine\n")
    mine.write_text(text.replace("version: 1.0.0\n", "version: 0.1.0\nparent: code@1.0.0\n"))
    wordings = Wordings(library().get(str(mine)), "code.gepa", library())
    assert wordings.template(BETTER).parent == "code@1.0.0"


def test_a_line_that_was_found_may_be_searched_further(tmp_path: Path) -> None:
    folders = working_layers(tmp_path)
    new(folders[0], library(), "code.gepa", WORDINGS.working_copy(BETTER, "Found.", ["a/1", "b"]))
    first = release(folders[0], Library(folders), "code.gepa")
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "default.yaml").write_text(f"code: {first.reference}\n")

    search = search_at("http://127.0.0.1:9/v1", folder=tmp_path)
    text = search.wordings.working_copy(f"{BETTER}\nHeed it.\n", "Found again.", ["c/1"])
    new(folders[0], Library(folders), "code.gepa", text)
    second = release(folders[0], Library(folders), "code.gepa")

    assert search.source.reference == first.reference == second.parent
    assert second.metadata["trained_on"] == ["c/1"]
