"""Prompts of other tools become working copies; what has no place in one is said."""

import json
from typing import Any

import pytest
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from test_prompt_golden import CASES

from triptych.errors import PromptError
from triptych.prompts import Template, library
from triptych.prompts.exporting import langchain as to_langchain
from triptych.prompts.exporting import promptfoo as to_promptfoo
from triptych.prompts.exporting import prompty as to_prompty
from triptych.prompts.importing import langchain, promptfoo, prompty
from triptych.prompts.importing.imported import Imported
from triptych.prompts.loading import from_text


def template(imported: Imported) -> Template:
    return from_text(imported.text, origin="imported", library=library())


@pytest.mark.parametrize("case", CASES)
def test_there_and_back_again_renders_the_same(case: str) -> None:
    ours, values = library().get(case.partition("--")[0]), CASES[case]
    wanted = ours.render(**values)
    document = to_langchain.export(ours).content
    for imported in (
        prompty.read(to_prompty.export(ours).content, "x"),
        promptfoo.read(to_promptfoo.export(ours).content, "x"),
        langchain.read(document, "x"),
        langchain.read(to_langchain.as_json(document), "x"),
    ):
        assert template(imported).render(**values) == wanted


@pytest.mark.parametrize("name", ["plan", "code", "repair", "review"])
def test_prompty_there_and_back_again_keeps_the_front_matter(name: str) -> None:
    ours = library().get(name)
    imported = prompty.read(to_prompty.export(ours).content, name)
    made = template(imported)
    assert imported.lost == []
    assert {n: (i.kinds, i.required, i.default) for n, i in made.inputs.items()} == {
        n: (i.kinds, i.required, i.default) for n, i in ours.inputs.items()
    }
    assert (made.outputs, made.model, made.description) == (
        ours.outputs, ours.model, ours.description,
    )  # fmt: skip
    assert made.version == "_next"


class TestPrompty:
    """Version 2, and version 1."""

    V2 = """\
---
name: joke
description: Rate a joke
model:
  id: gpt-4o
  connection: {kind: key, endpoint: "https://example.org"}
  options: {temperature: 0.2, maxOutputTokens: 50, topK: 3}
inputs:
  - {name: joke, kind: string, required: true}
  - {name: words, kind: array, default: [], example: [a]}
  - {name: many, kind: integer, default: 3}
  - {name: unused, kind: string, default: ""}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
tools: []
---
# System:
You rate jokes.
user[name="ann"]:

{{ joke }}{{ words | join }}{{ many }}{{ surprise }}
\\user:
"""

    def test_version_2(self) -> None:
        imported = prompty.read(self.V2, "joke")
        made = template(imported)
        assert [i.required for i in made.inputs.values()] == [True, False, True, True]
        assert list(made.inputs) == ["joke", "words", "many", "surprise"]
        assert made.inputs["words"].kinds == ("list",)
        assert made.model == {"temperature": 0.2, "max_tokens": 50}
        assert made.render(joke="J", words=["w"], many="3", surprise="s") == [
            ("system", "You rate jokes."), ("user", "Jw3s\n\\user:"),
        ]  # fmt: skip
        assert set(imported.lost) == {
            "'tools' of the front matter", 'attributes of a message: [name="ann"]',
            "the kind of 'many': integer", "the example of 'words'",
            "the default of 'many', 3: it is no text, list or object",
            "parameters for the model: topK", "which model, and where it is: id, connection",
            "inputs that the text does not read: unused",
        }  # fmt: skip

    def test_version_1(self) -> None:
        text = (
            "---\nname: Basic\nauthors: [me]\nmodel:\n  api: chat\n"
            "  configuration: {azure_endpoint: x}\n  parameters: {max_tokens: 10}\n"
            "inputs:\n  question: {type: string}\nsample: {question: What?}\n"
            "template: jinja2\n---\nsystem:\nYou help.\n\nuser:\n{{question}}\n"
        )
        imported = prompty.read(text.replace("\n", "\r\n"), "basic")
        made = template(imported)
        assert made.render(question="q") == [("system", "You help."), ("user", "q")]
        assert made.model == {"max_tokens": 10}
        assert made.metadata["authors"] == ["me"]
        assert "the sample values" in imported.lost
        assert "which model, and where it is: configuration" in imported.lost

    def test_mustache(self) -> None:
        text = (
            "---\nname: a\ntemplate: {format: {kind: mustache}}\n---\n"
            "user:\n{{ a }} {{{b}}} {{! c }} {% x\n"
        )
        imported = prompty.read(text, "a")
        assert template(imported).render(a="<", b=">") == [("user", "< >  {% x")]
        assert "as HTML" in imported.lost[0]

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("user:\nx\n", "front matter is missing"),
            ("---\nname: a\ntemplate: {format: {kind: liquid}}\n---\nuser:\nx\n", "'liquid'"),
            ("---\na: [\n---\nuser:\nx\n", "bad YAML"),
            ("---\nname: a\ntemplate: {format: {kind: mustache}}\n---\nuser:\n{{#a}}x{{/a}}\n",
             "more than a variable"),
            ("---\nname: a\n---\nuser:\n{% include 'x@1.0.0' %}\n", "includes other files"),
            ("---\nname: a\n---\nuser:\n{% include 'x.txt' %}\n", "is not pinned"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read(self, text: str, match: str) -> None:
        with pytest.raises(PromptError, match=match):
            prompty.read(text, "a")


class TestLangChain:
    """Prompts as objects, and as a JSON document; never by its own loader."""

    def test_texts_of_every_kind(self) -> None:
        prompt = ChatPromptTemplate(
            [("system", 'Answer as {{"a": {{"b": {x}}}}} {{{{ {{% {{'), ("human", "{x}{y}"),
             ("ai", "ok"), ("human", "{x}")],
            partial_variables={"y": "why"},
        )  # fmt: skip
        made = template(langchain.read(prompt, "a"))
        assert made.render(x="{{ 1 }}") == [
            ("system", 'Answer as {"a": {"b": {{ 1 }}}} {{ {% {'), ("user", "{{ 1 }}why"),
            ("assistant", "ok"), ("user", "{{ 1 }}"),
        ]  # fmt: skip
        assert made.inputs["y"].default == "why"

    def test_messages_that_are_no_templates(self) -> None:
        from langchain_core.messages import SystemMessage

        prompt = ChatPromptTemplate([SystemMessage("{not} {{ a }}"), ("human", "{x}")])
        assert template(langchain.read(prompt, "a")).render(x="1")[0] == ("system", "{not} {{ a }}")

    def test_mustache(self) -> None:
        prompt = ChatPromptTemplate([("human", "{{x}} {y}")], template_format="mustache")
        assert template(langchain.read(prompt, "a")).render(x="1") == [("user", "1 {y}")]

    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (ChatPromptTemplate([MessagesPlaceholder("history")]), "Placeholder .* no text"),
            (ChatPromptTemplate([("human", [{"image_url": "{x}"}])]), "is no text"),
            (ChatPromptTemplate([("human", "{x:>10}")]), None),
            ("{}", "no JSON document"), ("x", "no JSON document"),
            ('{"messages": [["tool", "x"]]}', "role 'tool'"),
            ('{"messages": [["human", "{x.y}"]]}', "more than a variable"),
            ('{"messages": [["human", "{"]]}', "no f-string"),
            ('{"messages": [["human", "x"]], "template_format": "lua"}', "'lua' is no form"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read(self, content: Any, match: str | None) -> None:
        if match is None:
            assert "the format of 'x': >10" in langchain.read(content, "a").lost
            return
        with pytest.raises(PromptError, match=match):
            langchain.read(content, "a")


class TestPromptfoo:
    """A prompt of its configuration."""

    @pytest.mark.parametrize(
        "raw",
        [
            '[{"role": "system", "content": "S"}, {"role": "user", "content": "U {{ x }}"}]',
            '- role: system\n  content: S\n- role: user\n  content: "U {{ x }}"',
            '[{"role": "system", "content": "S"}, {"role": "user", "content": {{ x | dump }}}]',
        ],
    )
    def test_chats(self, raw: str) -> None:
        text = json.dumps({"prompts": [{"label": "a", "raw": raw}]})
        rendered = template(promptfoo.read(text, "a")).render(x="1")
        assert rendered in ([("system", "S"), ("user", "U 1")], [("system", "S"), ("user", "1")])

    def test_plain_text(self) -> None:
        imported = promptfoo.read("prompts: ['Say {{ x }}', other]\nproviders: [x]\n", "a")
        assert template(imported).render(x="1") == [("user", "Say 1")]
        assert imported.lost == [
            "1 other prompts of the file", "what the file says of tests and models: providers",
        ]  # fmt: skip

    def test_of_several_the_one_of_that_name(self) -> None:
        text = "prompts: [{label: a, raw: A}, {label: b@1, raw: B}]\n"
        assert template(promptfoo.read(text, "b")).render() == [("user", "B")]

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("providers: []\n", "has no 'prompts'"),
            ("prompts: ['file:///etc/passwd']\n", "stands elsewhere"),
            ("prompts: [{id: 'file://x.txt'}]\n", "stands elsewhere"),
            ("prompts: 'file://x.txt'\n", "stands elsewhere"),
            ('prompts: [\'[{"role": "tool", "content": "x"}]\']\n', "role 'tool'"),
            ('prompts: [\'[{"role": "user", "content": []}]\']\n', "is no text"),
        ],
    )
    def test_what_cannot_be_read(self, text: str, match: str) -> None:
        with pytest.raises(PromptError, match=match):
            promptfoo.read(text, "a")
