"""A wrong template names its file, its line and the nearest valid name."""

import pytest
from prompt_shelf import Shelf, template_text

from triptych.errors import PromptError

OK = "user:\n{{ request }}\n"
HEAD = "---\nname: plan\nversion: 1.0.0\ndescription: d\n"


def fault_of(shelf: Shelf, text: str) -> str:
    shelf.file("plan/1.0.0.md", text)
    with pytest.raises(PromptError) as caught:
        shelf.library.get("plan@1.0.0")
    assert caught.value.message.startswith(f"{shelf.path / 'plan/1.0.0.md'}:")
    return str(caught.value).removeprefix(str(shelf.path / "plan"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("user:\nhi\n", "/1.0.0.md:1: front matter is missing. Begin"),
        ("---\nname: plan\n", "/1.0.0.md:1: front matter has no end."),
        ("---\nname: plan\nversion: [1\n---\n" + OK, "/1.0.0.md:4: bad YAML: "),
        ("---\n- plan\n---\n" + OK, "/1.0.0.md:2: a mapping"),
        ("---\nname: plan\nname: plan\n---\n" + OK, "/1.0.0.md:3: key 'name' stands here twice."),
        ("---\nname: plan\n1: x\n---\n" + OK, "/1.0.0.md:3: key '1' is no text."),
        (HEAD + "input: {}\n---\n" + OK, ":5: unknown key 'input'. Did you mean 'inputs'?"),
        ("---\nname: plan\nversion: 1.0.0\n---\n" + OK, ":2: front matter has no 'description'."),
        ("---\nname: Plan X\nversion: 1.0.0\ndescription: d\n---\n", ":2: 'Plan X' is no name"),
        ("---\nname: plan\nversion: 1.0\ndescription: d\n---\n" + OK, ":3: 'version' is 1.0, text"),
        ("---\nname: plan\nversion: v1\ndescription: d\n---\n" + OK, ":3: 'v1' is no version."),
        ("---\nname: plan\nversion: 1.0.1\ndescription: d\n---\n" + OK,
         ":3: the front matter says version 1.0.1, the file name 1.0.0."),
        ("---\nname: plam\nversion: 1.0.0\ndescription: d\n---\n" + OK,
         ":2: the front matter says 'plam', the folder 'plan'."),
        (HEAD + "inputs: [request]\n---\n" + OK, ":5: 'inputs' must map"),
        (HEAD + "inputs:\n  request: string\n---\n" + OK, ":6: input 'request' needs"),
        (HEAD + "inputs:\n  request: {kind: sting, required: true}\n---\n" + OK,
         ":6: input 'request' is of kind 'sting'. Did you mean 'string'?"),
        (HEAD + "inputs:\n  request: {kind: string, require: true}\n---\n" + OK,
         ":6: unknown key 'inputs.request.require'. Did you mean 'required'?"),
        (HEAD + "inputs:\n  request: {kind: string, required: false}\n---\n" + OK,
         ":6: input 'request' must be required or have a default"),
        (HEAD + "inputs:\n  request: {kind: string, required: true, default: x}\n---\n" + OK,
         ":6: input 'request' must be required or have a default"),
        (HEAD + "inputs:\n  request: {kind: string, default: [x]}\n---\n" + OK,
         ":6: input 'request' has the default ['x'], which is no string"),
        (HEAD + "inputs:\n  stop: {kind: string, default: x}\n---\n" + OK,
         ":6: 'stop' cannot be a variable."),
        (HEAD + "outputs: {shema: Plan}\n---\n" + OK,
         ":5: unknown key 'outputs.shema'. Did you mean 'schema'?"),
        (HEAD + "outputs: {schema: a b}\n---\n" + OK, ":5: schema 'a b' is no type's name."),
        (HEAD + "model: {base_url: x}\n---\n" + OK, ":5: 'model.base_url' is an address or a key."),
        (HEAD + "model: {api_key: x}\n---\n" + OK, ":5: 'model.api_key' is an address or a key."),
        (HEAD + "model:\n  top_p: 1\n  stop: http://x\n---\n" + OK, ":7: 'model.stop' is an addr"),
        (HEAD + "model: {temprature: 0}\n---\n" + OK,
         ":5: unknown key 'model.temprature'. Did you mean 'temperature'?"),
        (HEAD + "metadata: none\n---\n" + OK, ":5: 'metadata' is 'none', a mapping"),
    ],
)  # fmt: skip
def test_front_matter(shelf: Shelf, text: str, told: str) -> None:
    assert told in fault_of(shelf, text)


# The body of these begins at line 8.
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ request }}\n", ":8: text stands under no role."),
        ("\n\nhello\nuser:\n{{ request }}\n", ":10: text stands under no role."),
        ("", ":8: text stands under no role."),
        ("system:\n\nuser:\n{{ request }}\n", ":8: the system message is empty."),
        ("user:\n{{ request }}\nuser:\nx\n", ":10: the user message cannot follow user."),
        ("user:\n{{ request }}\nsystem:\nx\n", ":10: the system message cannot follow user."),
        ("assistant:\n{{ request }}\n", ":8: the assistant message cannot follow nothing."),
        ("system:\n{{ request }}\n", ":8: the last message is not the user's."),
        ("user:\nx\n{{ requst }}\n", ":10: variable 'requst' is not declared. Did you mean 'req"),
        ("user:\n{{ request }}{{ range(3) }}\n", ":9: variable 'range' is not declared."),
        ("user:\nhello\n", ":5: input 'request' is declared and never used."),
        ("user:\n{{ request }}\n\n{% if %}\n", ":11: bad Jinja: "),
        ("system:\n\n\nx\n{{ request | uper }}\nuser:\nx\n", ":12: bad Jinja: No filter named"),
        ('user:\n{{ request }}\n{% include "s" %}\n', ":10: partial 's' is not pinned."),
        ('user:\n{{ request }}\n{% include "../x@1.0.0" %}\n', "'../x@1.0.0' is not pinned."),
        ('user:\n{{ request }}{% include "s@1.0.0" ignore missing %}\n', "is not pinned."),
        ("user:\n{% include request %}\n", ":9: partial a computed name is not pinned."),
        ('user:\n{{ request }}\n{% include "stile@1.0.0" %}\n',
         ":10: there is no partial 'stile@1.0.0'. Did you mean 'style@1.0.0'?"),
        ('user:\n{% import "style@1.0.0" as s %}{{ request }}\n', ":9: only {% include %} may"),
    ],
)  # fmt: skip
def test_body(shelf: Shelf, body: str, told: str) -> None:
    shelf.file("_partials/style/1.0.0.md", "Be brief.\n")
    assert told in fault_of(shelf, template_text("plan", "1.0.0", body))


@pytest.mark.parametrize(
    ("partial", "told"),
    [
        ("x\n{{ requst }}\n", ":2: variable 'requst' is not declared. Did you mean 'request'?"),
        ("x\nuser:\n", ":2: a partial cannot open a role."),
        ('{% include "style@1.0.0" %}', ":1: partial 'style@1.0.0' includes itself."),
        ("{% for %}", ":1: bad Jinja"),
    ],
)
def test_partial(shelf: Shelf, partial: str, told: str) -> None:
    path = shelf.file("_partials/style/1.0.0.md", partial)
    shelf.put("plan@1.0.0", 'user:\n{{ request }}{% include "style@1.0.0" %}\n')
    with pytest.raises(PromptError) as caught:
        shelf.library.get("plan@1.0.0")
    assert f"{path}{told}" in str(caught.value)


def test_file_that_is_no_text(shelf: Shelf) -> None:
    path = shelf.put("plan@1.0.0")
    path.write_bytes(b"---\n\xff\xfe")
    with pytest.raises(PromptError, match=r"1\.0\.0\.md:1: the file is no UTF-8 text"):
        shelf.library.get("plan@1.0.0")


class TestRender:
    """Wrong values: told with the line that declares the input."""

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({}, ":5: plan@1.0.0 needs a value for 'request'. Give it: request=…"),
            ({"requst": "x"}, ": plan@1.0.0 has no input 'requst'. Did you mean 'request'?"),
            ({"request": 1}, ":5: input 'request' of plan@1.0.0 takes a string, and was given int"),
            (
                {"request": None},
                ":5: input 'request' of plan@1.0.0 takes a string, and was given NoneType",
            ),
        ],
    )
    def test_value(self, shelf: Shelf, values: dict[str, object], told: str) -> None:
        path = shelf.put("plan@1.0.0")
        with pytest.raises(PromptError) as caught:
            shelf.library.get("plan@1.0.0").render(**values)
        assert f"{path}{told}" in str(caught.value)

    def test_a_field_that_an_object_lacks(self, shelf: Shelf) -> None:
        path = shelf.put(
            "plan@1.0.0", "user:\nx\n{{ task.nme }}\n",
            inputs="{task: {kind: object, required: true}}",
        )  # fmt: skip
        with pytest.raises(PromptError) as caught:
            shelf.library.get("plan@1.0.0").render(task={"name": "x"})
        assert f"{path}:10: plan@1.0.0: " in str(caught.value)
        assert "nme" in str(caught.value)
