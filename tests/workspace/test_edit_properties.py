"""What holds for every reply, however odd."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from triptych.errors import EditError
from triptych.workspace import parse_reply, safe_path

FILES = {"a.py": "def f():\n    return 1\n", "pkg/b.md": "# T\n\n```\nx\n```\n"}
FORMATS = st.sampled_from(["whole", "blocks"])
PIECES = st.sampled_from(
    [
        *("```", "````", "~~~", "```python\n", "\n", "\n\n", "    ", "\t", "\r\n", "...", "…"),
        *(
            "<<<<<<< SEARCH\n",
            "=======\n",
            ">>>>>>> REPLACE\n",
            "<think>",
            "</think>",
            "\n</think>",
        ),
        *(
            "a.py\n",
            "pkg/b.md",
            "../x.py",
            "/etc/x.py:",
            "### ",
            "File: ",
            "`",
            "**",
            "title=",
            "C:",
        ),
        *(
            "def f():\n",
            "    return 1\n",
            "x = 1\n",
            "x",
            "# ",
            "\0",
            "\ud800",
            "\u2028",
            "(" * 300,
        ),
    ]
)
REPLIES = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=300)


@given(REPLIES, FORMATS, st.sampled_from([{}, {"a.py": FILES["a.py"]}, FILES]))
def test_any_reply_gives_safe_files_or_an_edit_error(
    reply: str, edit_format: str, files: dict[str, str]
) -> None:
    try:
        written = parse_reply(reply, files, edit_format)
    except EditError:
        return
    assert written
    assert all(safe_path(path) == path for path in written)


TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=300)


@given(TEXTS, FORMATS)
def test_a_whole_file_comes_back_as_it_was_behind_a_fence_that_is_long_enough(
    text: str, edit_format: str
) -> None:
    text = re.sub(r"\r+\n", "\n", text).rstrip("\r\n")  # a reply's own line ends do not count
    assume(text.strip())
    assume(edit_format == "whole" or "SEARCH" not in text)
    fence = "`" * 1000
    reply = f"Here it is.\n\n### pkg/new.txt\n{fence}\n{text}\n{fence}\n"
    assert parse_reply(reply, FILES, edit_format) == {"pkg/new.txt": f"{text}\n"}


LINES = st.lists(
    st.sampled_from(["", "a", "  a", "b", "\tb", "x = 1", "...", "```", "é", "#"]), max_size=12
)


@given(LINES, LINES, LINES, LINES)
def test_an_edit_is_the_same_as_replacing_the_text_once(
    before: list[str], search: list[str], after: list[str], replace: list[str]
) -> None:
    assume(any(line.strip() for line in search))
    text = "\n".join([*before, *search, *after])
    body = "".join(f"{line}\n" for line in search)
    framed = f"\n{text}\n"
    assume(framed.count(f"\n{body}") == 1 and framed.find(f"\n{body}", framed.find(body)) < 0)
    new = "".join(f"{line}\n" for line in replace)
    expected = framed.replace(f"\n{body}", f"\n{new}", 1)[1:-1]
    if not text.endswith("\n"):  # the file's final newline is kept, or its absence
        expected = expected.rstrip("\n")
    elif expected and not expected.endswith("\n"):
        expected += "\n"
    reply = f"f.txt\n`````\n<<<<<<< SEARCH\n{body}=======\n{new}>>>>>>> REPLACE\n`````\n"
    assert parse_reply(reply, {"f.txt": text}, "blocks") == {"f.txt": expected}


SIZE = 300_000  # enough to show a time that grows with the square
HUGE = {
    "fences": "```\n" * (SIZE // 4),
    "one line": "x" * SIZE,
    "backticks": "`" * SIZE,
    "one word per line": "a.py\n" * (SIZE // 5),
    "spaces": " " * SIZE,
    "blank lines": "\n" * SIZE,
    "blocks": "```python\ndef f(): pass\n```\n" * (SIZE // 28),
    "markers": "<<<<<<< SEARCH\n" * (SIZE // 15),
    "dividers": "<<<<<<< SEARCH\n" + "=======\n" * (SIZE // 8),
    "stars": "**" * (SIZE // 2) + "\n```\nx\n```",
    "brackets": "(" * SIZE,
    "thoughts": "<think>" * (SIZE // 7),
    "headings": "# " * (SIZE // 2) + "\n```python\nx = 1\n```",
}


@pytest.mark.parametrize("edit_format", ["whole", "blocks"])
@pytest.mark.parametrize("name", HUGE)
def test_a_huge_reply_takes_seconds_at_most(name: str, edit_format: str) -> None:
    start = time.process_time()
    with contextlib.suppress(EditError):
        parse_reply(HUGE[name], FILES, edit_format)
    assert time.process_time() - start < 5


def test_an_edit_of_a_huge_file_takes_seconds_at_most() -> None:
    text = "a\n" * (SIZE // 2)
    search = "a\n" * (SIZE // 8) + "b\n"
    reply = f"<<<<<<< SEARCH\n{search}=======\nx\n>>>>>>> REPLACE\n"
    start = time.process_time()
    with pytest.raises(EditError, match="do not occur"):
        parse_reply(reply, {"f.txt": text}, "blocks")
    assert time.process_time() - start < 5
