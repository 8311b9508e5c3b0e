"""One value of a YAML file is changed, and every other byte stays."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from triptych.errors import PromptError
from triptych.prompts.disk import write_whole
from triptych.prompts.yamledit import put, put_in_front, scalar

FILE = Path("channels.yaml")
TEXT = """\
# What a bare name means.
code: {production: 1.0.0, staging: 1.0.0}  # the coder
plan:
  production: 1.0.0   # since May

# the end
"""


@pytest.mark.parametrize(
    ("keys", "old", "new"),
    [
        (("code", "production"), "{production: 1.0.0, s", "{production: 1.1.0, s"),
        (("plan", "production"), "  production: 1.0.0   # since", "  production: 1.1.0   # since"),
        (("code", "trial"), "staging: 1.0.0}", "staging: 1.0.0, trial: 1.1.0}"),
        (("plan", "staging"), "# since May\n", "# since May\n  staging: 1.1.0\n"),
        (("review", "staging"), "# since May\n", "# since May\nreview: {staging: 1.1.0}\n"),
    ],
    ids=lambda v: ".".join(v) if isinstance(v, tuple) else None,
)
def test_only_the_value_changes(keys: tuple[str, ...], old: str, new: str) -> None:
    assert put(TEXT, keys, "1.1.0", FILE) == TEXT.replace(old, new)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "a: {}\n", "a:\n  b: 1.0.0"])
def test_what_is_not_there_yet_is_made(text: str) -> None:
    assert yaml.safe_load(put(text, ("a", "c"), "1.1.0", FILE))["a"]["c"] == "1.1.0"


@pytest.mark.parametrize("text", ["a: [1]\n", "a: x\n", "- a\n", "a: &x {c: 1}\nb: *x\n"])
def test_what_cannot_be_changed_without_harm_is_refused(text: str) -> None:
    with pytest.raises(PromptError, match="without harm"):
        put(text, ("a", "c") if "&" not in text else ("b", "c"), "1.1.0", FILE)


def test_a_value_of_several_lines_is_replaced_whole() -> None:
    assert put("a: |\n  one\n  two\nb: 1\n", ("a",), "x", FILE) == "a: x\nb: 1\n"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(deadline=None)
def test_any_text_reads_back_the_same(value: str) -> None:
    assert yaml.safe_load(put("a: {b: 1}\nc: 2\n", ("a", "b"), value, FILE)) == {
        "a": {"b": value}, "c": 2,
    }  # fmt: skip


@pytest.mark.parametrize("value", ["1.0", "true", "null", "~", "1e3", "2026-01-01", "0x1f", "on"])
def test_a_text_that_yaml_takes_for_something_else_is_quoted(value: str) -> None:
    assert yaml.safe_load(scalar(value)) == value


def test_front_matter_is_changed_and_the_body_never() -> None:
    text = "---\nname: a\nversion: 1.0.0  # first\n---\nuser:\nversion: 1.0.0\n---\n"
    assert put_in_front(text, ("version",), "_next", FILE) == text.replace(
        "version: 1.0.0  # first", "version: _next  # first"
    )


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.yaml"
    write_whole(path, "x")
    assert path.read_text() == "x"
    assert [p.name for p in path.parent.iterdir()] == ["a.yaml"]
    with pytest.raises(PromptError, match="cannot be written"):
        write_whole(path / "b.yaml", "y")  # its folder is a file
    assert path.read_text() == "x"
