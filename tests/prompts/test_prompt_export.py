"""Templates in the forms of other tools: the same messages, and a list of what is lost."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from prompt_shelf import Shelf, template_text
from test_prompt_golden import CASES

from triptych.prompts import Template, library
from triptych.prompts.exporting import FORMS, langchain, promptfoo, prompty
from triptych.prompts.exporting.exported import inlined
from triptych.prompts.loading import from_text

ROLES = {"system": "system", "human": "user", "ai": "assistant"}
Messages = list[tuple[str, str]]


def by_langchain(template: Template, values: dict[str, Any]) -> Messages:
    made = langchain.export(template).content.format_messages(**values)
    return [(ROLES[m.type], m.content) for m in made]


def by_promptfoo(template: Template, values: dict[str, Any]) -> Messages:
    """As promptfoo does it, with Jinja for its Nunjucks: what both have means the same."""
    document = yaml.safe_load(promptfoo.export(template).content)
    environment = Environment()
    environment.filters["dump"] = json.dumps
    raw = environment.from_string(document["prompts"][0]["raw"])
    defaults = document.get("defaultTest", {}).get("vars", {})
    return [(m["role"], m["content"]) for m in json.loads(raw.render({**defaults, **values}))]


def by_prompty(template: Template, values: dict[str, Any]) -> Messages:
    """As Prompty's Jinja renders it, but parted at the role lines before."""
    document = prompty.export(template).content
    _, head, body = document.split("---\n", 2)
    front = yaml.safe_load(head)
    defaults = {i["name"]: i["default"] for i in front["inputs"] if "default" in i}
    made: Messages = []
    for line in body.rstrip("\n").split("\n"):
        if prompty.ROLE_LINE.fullmatch(line):
            made.append((line.strip().rstrip(":"), ""))
        else:
            made[-1] = (made[-1][0], f"{made[-1][1]}{line}\n")
    environment = Environment()
    return [
        (role, environment.from_string(text.removesuffix("\n")).render({**defaults, **values}))
        for role, text in made
    ]


WAYS = {"langchain": by_langchain, "promptfoo": by_promptfoo, "prompty": by_prompty}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_shipped_prompts_say_the_same_in_every_form(form: str, case: str) -> None:
    template = library().get(case.partition("--")[0])
    assert WAYS[form](template, CASES[case]) == template.render(**CASES[case])


PLAIN = from_text(
    template_text(
        "echo", "1.0.0",
        'system:\n[{{ a }}] {"json": {"deep": 1}} {{ "{{ x }}" }}\nuser:\n{{ b -}}  !\n',
        inputs="{a: {kind: string, required: true}, b: {kind: string, default: '{b}'}}",
    ),
    origin="echo", library=library(),
)  # fmt: skip

any_text = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["user:\nx", "{{ a }}", "{% if %}", "{a}", "}}", '"', "\\", "{# x #}", "\nsystem:\n"]
)


def test_a_plain_prompt_loses_nothing_in_langchain() -> None:
    assert langchain.export(PLAIN).lost == []


@pytest.mark.parametrize("form", ["langchain", "promptfoo"])
def test_a_role_line_that_is_text_stays_text(form: str, shelf: Shelf) -> None:
    shelf.put("t@1.0.0", "user:\n{{ request }}\n\\user:\n")
    template = shelf.library.get("t")
    assert WAYS[form](template, {"request": "r"}) == [("user", "r\nuser:")]


@given(any_text, any_text)
@settings(max_examples=80, deadline=None)
def test_any_values_render_the_same_in_every_form(a: str, b: str) -> None:
    wanted = PLAIN.render(a=a, b=b)
    for form, way in WAYS.items():
        assert way(PLAIN, {"a": a, "b": b}) == wanted, form


@given(any_text)
@settings(max_examples=40, deadline=None)
def test_defaults_hold_in_every_form(a: str) -> None:
    wanted = PLAIN.render(a=a)
    for form, way in WAYS.items():
        assert way(PLAIN, {"a": a}) == wanted, form


class TestPartials:
    """A partial that is written into the text renders as the partial did."""

    @pytest.mark.parametrize("partial", [
        "x", "{%- if a %}x{% endif -%}", "{{- a -}}", "\n x \n", "{% set b = 'y' %}{{ b }}",
        "{#- c -#}", "{% include 'inner@1.0.0' %}", "{% raw %}{% include 'q@1.0.0' %}{% endraw %}",
    ])  # fmt: skip
    @pytest.mark.parametrize("tag", [
        '{% include "p@1.0.0" %}', '{%- include "p@1.0.0" -%}', "{%+ include 'p@1.0.0' %}",
        '{% include "p@1.0.0" with context %}',
    ])  # fmt: skip
    @pytest.mark.parametrize("around", ["A  \n{} \n B", "{}", "{{{{ b }}}} {} {{{{ b }}}}"])
    def test_whitespace(self, shelf: Shelf, partial: str, tag: str, around: str) -> None:
        shelf.file("_partials/p/1.0.0.md", partial)
        shelf.file("_partials/inner/1.0.0.md", "{%- if a %} in {% endif -%}")
        shelf.put(
            "t@1.0.0", f"user:\n{{# {tag} #}}{{{{ a }}}}{{{{ b }}}}{around.format(tag)}.",
            inputs="{a: {kind: string, required: true}, b: {kind: string, default: d}}",
        )  # fmt: skip
        template = shelf.library.get("t")
        wanted = template.render(a=" v ")
        texts = [
            (role, Environment().from_string(text).render(a=" v ", b="d"))
            for role, text in inlined(template)
        ]
        assert texts == wanted


class TestLost:
    """What a form cannot hold is said."""

    def lost(self, form: Any, shelf: Shelf, body: str = "user:\n{{ request }}", **more: str) -> str:
        shelf.file("_partials/style/1.0.0.md", "Be brief.")
        shelf.put("t@1.0.0", body, **more)
        return "; ".join(form.export(shelf.library.get("t")).lost)

    @pytest.mark.parametrize("form", [langchain, promptfoo])
    def test_schema_and_parameters(self, shelf: Shelf, form: Any) -> None:
        told = self.lost(form, shelf, extra="outputs: {schema: Plan}\nmodel: {seed: 1}\n")
        assert "the schema of the answer: Plan" in told
        assert "parameters for the model: seed" in told

    @pytest.mark.parametrize("form", [langchain, promptfoo, prompty])
    def test_sharing_of_partials(self, shelf: Shelf, form: Any) -> None:
        body = 'user:\n{{ request }}{% include "style@1.0.0" %}'
        assert "style@1.0.0" in self.lost(form, shelf, body)

    def test_langchain_cannot_save_conditions(self, shelf: Shelf) -> None:
        told = self.lost(langchain, shelf, "user:\n{% if request %}{{ request }}{% endif %}")
        assert "LangChain cannot save or load it" in told

    def test_prompty_takes_a_line_for_a_role(self, shelf: Shelf) -> None:
        assert "looks like a role" in self.lost(prompty, shelf, "user:\n{{ request }}\n# System:\n")

    def test_nunjucks_lacks_a_filter(self, shelf: Shelf) -> None:
        told = self.lost(promptfoo, shelf, "user:\n{{ request | pprint }}")
        assert "Nunjucks has no filter pprint" in told


def test_langchain_prompt_is_a_plain_one_with_the_reference_as_metadata() -> None:
    from langchain_core.prompts import ChatPromptTemplate

    template = library().get("form")
    made = langchain.export(template).content
    assert type(made) is ChatPromptTemplate
    assert made.metadata == {
        "prompt": "form@1.0.0", "prompt_sha256": template.sha256, "prompt_layer": "built-in",
    }  # fmt: skip


def test_prompty_front_matter_has_the_fields_of_its_version_2() -> None:
    front = yaml.safe_load(prompty.export(library().get("review")).content.split("---\n")[1])
    assert front["inputs"][0] == {"name": "request", "kind": "string", "required": True}
    assert front["template"]["format"] == {"kind": "jinja2", "strict": True}
    assert front["template"]["parser"] == {"kind": "prompty"}
    assert front["model"] == {"options": {"maxOutputTokens": 700}}
