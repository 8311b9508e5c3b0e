"""Whatever stands in another tool's file: it becomes a template, or an error that says what."""

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.errors import PromptError
from triptych.prompts.importing import langchain, promptfoo, prompty
from triptych.prompts.importing.imported import Imported

word = st.sampled_from(["a", "x", "string", "jinja2", "mustache", "user", "system", "{{ x }}",
                        "{x}", "{", "file://x", "", "list", "array", "chat"])  # fmt: skip
plain = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(0, 1) | word
key = st.sampled_from([
    "name", "kind", "type", "default", "format", "parser", "options", "temperature", "triptych",
    "kinds", "outputs", "schema", "role", "content", "raw", "label", "id", "vars", "x", "a",
])  # fmt: skip
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


def becomes_something(read: Any, text: str) -> None:
    try:
        made = read(text, "mine")
    except PromptError:
        return
    assert isinstance(made, Imported)
    assert made.text.startswith("---\nname: mine\n")


PROMPTY = ["name", "description", "metadata", "inputs", "template", "model", "sample", "outputs",
           "instructions", "authors", "other"]  # fmt: skip
body = st.sampled_from(["user:\n{{ x }}\n", "", "hello {{ a }}", "system:\nx\nuser[a=b]:\n{{{x}}}",
                        "{% if %}", "user:\n{% for x in a %}{% endfor %}"])  # fmt: skip


@given(st.dictionaries(st.sampled_from(PROMPTY), anything, max_size=5), body)
@settings(max_examples=120, deadline=None)
def test_prompty(front: dict[str, Any], text: str) -> None:
    becomes_something(prompty.read, f"---\n{yaml.safe_dump(front)}---\n{text}")


PROMPTFOO = ["prompts", "defaultTest", "description", "providers"]


@given(st.dictionaries(st.sampled_from(PROMPTFOO), anything, max_size=4))
@settings(max_examples=120, deadline=None)
def test_promptfoo(document: dict[str, Any]) -> None:
    becomes_something(promptfoo.read, yaml.safe_dump(document))


@given(anything)
@settings(max_examples=60, deadline=None)
def test_a_chat_in_promptfoo(chat: Any) -> None:
    becomes_something(promptfoo.read, yaml.safe_dump({"prompts": [{"raw": json.dumps(chat)}]}))


LANGCHAIN = ["messages", "template_format", "partial_variables", "input_variables", "kinds",
             "description"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(LANGCHAIN), anything, max_size=5), st.booleans())
@settings(max_examples=120, deadline=None)
def test_langchain(document: dict[str, Any], sound: bool) -> None:
    if sound:
        document["messages"] = [["system", "{x}"], ["human", "{a}"]]
    becomes_something(langchain.read, json.dumps(document))
