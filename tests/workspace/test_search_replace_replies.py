"""How search/replace blocks change files."""

from __future__ import annotations

import pytest

from triptych.errors import EditError
from triptych.workspace import parse_reply

FILES = {
    "a.py": "import os\n\n\ndef f(x):\n    if x:\n        return 1\n    return 2\n",
    "pkg/b.py": "def g():\n    return 1\n\n\ndef h():\n    return 1\n",
}


def edit(search: str, replace: str, path: str = "a.py") -> str:
    return (
        f"{path}\n```python\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n```\n"
    )


def blocks(reply: str, files: dict[str, str] | None = None, **options: str) -> dict[str, str]:
    return parse_reply(reply, FILES if files is None else files, "blocks", **options)


CHANGED = {"a.py": FILES["a.py"].replace("return 2", "return 3")}


@pytest.mark.parametrize(
    "head",
    [
        "a.py\n```python\n",
        "### a.py\n\n```python\n",
        "```python a.py\n",
        "```python\na.py\n",
        "```\n# a.py\n",
        "In `a.py`, the result is wrong:\n\n```python\n",
        "a.py\n",
    ],
)
def test_the_file_is_named_above_the_fence_or_inside_it(head: str) -> None:
    reply = f"{head}<<<<<<< SEARCH\n    return 2\n=======\n    return 3\n>>>>>>> REPLACE\n```\n"
    assert blocks(reply) == CHANGED


def test_the_marker_may_carry_the_path() -> None:
    reply = "<<<<<<< SEARCH a.py\n    return 2\n=======\n    return 3\n>>>>>>> REPLACE\n"
    assert blocks(reply) == CHANGED


def test_later_edits_without_a_path_are_for_the_same_file_and_see_the_earlier_ones() -> None:
    reply = (
        "a.py\n```\n<<<<<<< SEARCH\n    return 2\n=======\n    return 3\n>>>>>>> REPLACE\n\n"
        "<<<<<<< SEARCH\n    return 3\n=======\n    return 4\n>>>>>>> REPLACE\n```\n"
    )
    assert blocks(reply) == {"a.py": FILES["a.py"].replace("return 2", "return 4")}


def test_edits_of_several_files() -> None:
    reply = edit("    return 2", "    return 3") + edit("def g():", "def g2():", "pkg/b.py")
    changed = FILES["pkg/b.py"].replace("def g()", "def g2()")
    assert blocks(reply) == CHANGED | {"pkg/b.py": changed}


def test_the_only_file_needs_no_name() -> None:
    files = {"a.py": FILES["a.py"]}
    assert blocks(edit("    return 2", "    return 3", path="Fix:"), files) == CHANGED


def test_a_file_may_be_named_by_the_end_of_its_path() -> None:
    assert list(blocks(edit("def g():", "def k():", "b.py"))) == ["pkg/b.py"]
    assert list(blocks(edit("def g():", "def k():", "repo/pkg/b.py"))) == ["pkg/b.py"]


def test_an_empty_search_is_a_new_file() -> None:
    reply = "new/c.py\n```\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```"
    assert blocks(reply) == {"new/c.py": "x = 1\n"}


def test_an_empty_search_in_an_existing_file_is_an_error() -> None:
    with pytest.raises(EditError, match=r"a\.py: the SEARCH part is empty"):
        blocks(edit("", "x = 1"))


def test_an_empty_replace_deletes_the_lines() -> None:
    reply = "a.py\n<<<<<<< SEARCH\nimport os\n\n\n=======\n>>>>>>> REPLACE\n"
    assert blocks(reply) == {"a.py": FILES["a.py"].removeprefix("import os\n\n\n")}


@pytest.mark.parametrize(
    ("search", "replace"),
    [
        ("if x:\n    return 1\nreturn 2", "if x:\n    return 1\nreturn 3"),
        ("        if x:\n            return 1\n        return 2", None),
        (
            "    if x:   \n        return  1\n    return 2",
            "    if x:\n        return 1\n    return 3",
        ),
        (
            "\n    if x:\n        return 1\n    return 2\n\n",
            "    if x:\n        return 1\n    return 3",
        ),
    ],
)
def test_the_indentation_of_the_file_wins(search: str, replace: str | None) -> None:
    replace = search.replace("return 2", "return 3") if replace is None else replace
    assert blocks(edit(search, replace)) == CHANGED


def test_an_indentation_that_is_wrong_in_itself_does_not_match() -> None:
    with pytest.raises(EditError, match="do not occur"):
        blocks(edit("if x:\nreturn 1\nreturn 2", "return 3"))


def test_dots_stand_for_lines_that_are_left_out() -> None:
    reply = edit("def f(x):\n    ...\n    return 2", "def f(y):\n    ...\n    return 3")
    assert blocks(reply) == {"a.py": CHANGED["a.py"].replace("f(x)", "f(y)")}


def test_dots_must_be_on_both_sides() -> None:
    with pytest.raises(EditError, match="same number of"):
        blocks(edit("def f(x):\n    ...\n    return 2", "def f(y): pass"))


def test_dots_that_are_code_are_matched_as_code() -> None:
    files = {"a.py": "def f():\n    ...\n"}
    assert blocks(edit("    ...", "    return 1"), files) == {"a.py": "def f():\n    return 1\n"}


@pytest.mark.parametrize("search", ["    return 1", "return 1", "  ...\n  return 1"])
def test_an_ambiguous_search_is_an_error_that_names_the_lines(search: str) -> None:
    with pytest.raises(EditError, match=r"pkg/b\.py: .*lines 2 and 6") as caught:
        blocks(edit(search, search.replace("1", "2"), "pkg/b.py"))
    assert caught.value.cure


def test_a_search_that_is_not_there_shows_the_closest_lines() -> None:
    with pytest.raises(EditError) as caught:
        blocks(edit("    if x:\n        return 7", "pass"))
    assert "a.py" in str(caught.value)
    assert "from line 5" in str(caught.value)
    assert "    if x:\n        return 1" in str(caught.value)


def test_a_search_that_is_nearly_there_shows_the_closest_line() -> None:
    with pytest.raises(EditError, match=r"def f\(x\):"):
        blocks(edit("def f(x, y):", "pass"))


def test_an_edit_of_a_missing_file_is_an_error() -> None:
    with pytest.raises(EditError, match=r"c\.py: there is no such file"):
        blocks(edit("x", "y", "c.py"))


def test_an_edit_that_names_no_file_of_several_is_an_error() -> None:
    with pytest.raises(EditError, match="names no file"):
        blocks(edit("x", "y", path="Here:"))


def test_an_edit_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(EditError, match="cut off"):
        blocks("a.py\n```\n<<<<<<< SEARCH\n    return 2\n=======\n    ret")


def test_an_edit_of_a_file_outside_is_an_error() -> None:
    with pytest.raises(EditError, match="leads out"):
        blocks(edit("", "x", "../x.py"))


def test_a_block_with_a_path_is_a_whole_file_here_too() -> None:
    reply = edit("    return 2", "    return 3") + "\n### new.py\n```python\nx = 1\n```\n"
    assert blocks(reply) == CHANGED | {"new.py": "x = 1\n"}


def test_an_excerpt_beside_the_edits_of_a_file_is_not_the_file() -> None:
    reply = "### a.py\n```python\n    return 2\n```\n" + edit("    return 2", "    return 3")
    assert blocks(reply) == CHANGED


def test_a_whole_file_without_a_name_is_taken_if_nothing_is_lost() -> None:
    text = "def f(x):\n    return 3\n"
    assert blocks(f"```python\n{text}```") == {"a.py": text}
    with pytest.raises(EditError, match="no search/replace block"):
        blocks("```python\ndef g():\n    return 3\n```")


def test_without_files_a_plain_block_is_the_answer() -> None:
    assert blocks("```python\nx = 1\n```", {}) == {"solution.py": "x = 1\n"}


def test_fences_and_headings_inside_an_edit_are_text() -> None:
    files = {"R.md": "# T\n\n```sh\nmake\n```\n"}
    reply = edit("# T\n\n```sh\nmake", "T\n=\n\n```sh\nmake all", "R.md")
    assert blocks(reply, files) == {"R.md": "T\n=\n\n```sh\nmake all\n```\n"}


def test_line_ends_and_the_last_newline_are_kept() -> None:
    files = {"a.py": "x = 1\r\ny = 2"}
    assert blocks(edit("x = 1", "x = 3\nz = 4"), files) == {"a.py": "x = 3\r\nz = 4\r\ny = 2"}
    assert blocks(edit("y = 2", "y = 3\n"), files) == {"a.py": "x = 1\r\ny = 3"}


def test_untouched_lines_of_a_file_with_mixed_ends_stay_as_they_are() -> None:
    files = {"a.py": "x = 1\r\ny = 2\nz = 3\r\n"}
    assert blocks(edit("y = 2\nz = 3", "y = 4"), files) == {"a.py": "x = 1\r\ny = 4\n"}
