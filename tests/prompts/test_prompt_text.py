"""A template of a text, and templates that travel."""

import copy
import pickle
import subprocess
import sys

import pytest
from prompt_shelf import Shelf, template_text

from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.copies import body_of, with_body
from triptych.prompts.loading import from_text


def test_a_text_is_the_template_that_its_file_would_be(shelf: Shelf) -> None:
    path = shelf.put("plan@1.0.0")
    made = from_text(path.read_text(), origin="candidate 3", library=shelf.library)
    of_file = shelf.library.get("plan@1.0.0")
    assert (made.reference, made.sha256, made.text) == (
        of_file.reference, of_file.sha256, of_file.text,
    )  # fmt: skip
    assert made.render(request="r") == of_file.render(request="r")
    assert made.layer == "text"
    assert from_text(of_file.text, origin="x", library=shelf.library, layer="lab").layer == "lab"


def test_newlines_and_a_mark_at_its_beginning_do_not_matter(shelf: Shelf) -> None:
    text = template_text("plan", "_next")
    other = "\ufeff" + text.replace("\n", "\r\n")
    one, two = (from_text(t, origin="x", library=shelf.library) for t in (text, other))
    assert one.sha256 == two.sha256


def test_it_finds_partials_and_schemas_in_the_library(shelf: Shelf) -> None:
    shelf.file("_partials/style/1.0.0.md", "Be brief.\n")
    shelf.file("_schemas/Plan.json", "{}\n")
    text = template_text(
        "plan", "_next", 'user:\n{{ request }} {% include "style@1.0.0" %}\n',
        extra="outputs: {schema: Plan}\n",
    )  # fmt: skip
    made = from_text(text, origin="x", library=shelf.library)
    assert made.render(request="r") == [("user", "r Be brief.")]
    assert made.schema_sha256


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("hello\n", "candidate 3:8: text stands under no role."),
        ("user:\nhi\n", "candidate 3:5: input 'request' is declared and never used."),
        ("user:\n{{ request }}{{ secret }}\n", "candidate 3:9: variable 'secret' is not declared"),
        ('user:\n{{ request }}{% include "/etc/passwd" %}\n', "partial '/etc/passwd' is not pinn"),
        ("user:\n{{ request }}{% if %}\n", "candidate 3:9: bad Jinja"),
    ],
)
def test_a_wrong_text_is_told_under_its_origin(shelf: Shelf, body: str, told: str) -> None:
    with pytest.raises(PromptError) as caught:
        from_text(template_text("plan", "_next", body), origin="candidate 3", library=shelf.library)
    assert told in str(caught.value)


def test_it_may_not_call_itself_a_locked_version_of_other_content() -> None:
    text = library().get("code@1.0.0").text
    assert from_text(text, origin="x", library=library()).reference == "code@1.0.0"
    with pytest.raises(PromptError, match=r"'code@1\.0\.0' is a locked built-in version"):
        from_text(text + "More.\n", origin="x", library=library())


def test_other_messages_under_the_same_front_matter(shelf: Shelf) -> None:
    made = library().get("review")
    assert with_body(made.text, body_of(made.text)) == made.text
    other = with_body(made.text, "user:\n{{ request }}{{ code }}{{ evidence }}\n")
    assert other.startswith(made.text.partition("---\nsystem:")[0])
    assert body_of(other).startswith("user:\n{{ request }}")


def test_a_template_is_pickled_after_it_was_rendered_too() -> None:
    template = library().get("code")
    before = template.render(request="r")
    for made in (pickle.loads(pickle.dumps(template)), copy.deepcopy(template)):
        assert made == template
        assert made.render(request="r") == before
        assert made.partials == template.partials


def test_a_pickled_template_needs_no_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    over = Shelf(tmp_path / "mine")
    path = over.put("plan@9.0.0", 'user:\n{{ request }} {% include "style@1.0.0" %}\n')
    over.file("_partials/style/1.0.0.md", "Be brief.\n")
    packed = pickle.dumps(over.library.get("plan@9.0.0"))
    path.unlink()
    code = "import pickle, sys\nprint(pickle.loads(sys.stdin.buffer.read()).render(request='r'))"
    done = subprocess.run([sys.executable, "-c", code], input=packed, capture_output=True)
    assert done.stdout.decode().strip() == "[('user', 'r Be brief.')]", done.stderr
