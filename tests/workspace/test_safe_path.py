"""Which paths a model may write to."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triptych.errors import EditError
from triptych.workspace import safe_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("app.py", "app.py"),
        ("./src//app.py", "src/app.py"),
        ("src/../app.py", "app.py"),
        ("..data/x..y", "..data/x..y"),
        ("docs/Ünïcode 文.md", "docs/Ünïcode 文.md"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        (".gitignore", ".gitignore"),
    ],
)
def test_a_path_inside_is_normalised(text: str, path: str) -> None:
    assert safe_path(text) == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (".", "names no file"),
        ("a/..", "names a directory"),
        ("src/", "names a directory"),
        ("/etc/passwd", "absolute"),
        ("//host/share", "absolute"),
        ("~/.bashrc", "absolute"),
        ("C:/x.py", "absolute"),
        ("c:x.py", "absolute"),
        ("./C:/x.py", "absolute"),
        ("./~/x.py", "absolute"),
        ("../x.py", "leads out"),
        ("a/../../x.py", "leads out"),
        ("a\\..\\x.py", "backslash"),
        ("a\0.py", "control"),
        ("a\n.py", "control"),
        ("a\u202ey p.exe", "invisible"),
        ("\ud800.py", "invisible"),
        (".git/hooks/pre-commit", ".git"),
        (".triptych/json.py", ".triptych"),
        ("sub/.GIT/config", ".git"),
        (".git./config", ".git"),
        ("git~1/config", ".git"),
        ("a /b.py", "space"),
        ("x" * 256, "longer than 255 bytes"),
        ("ü" * 128, "longer than 255 bytes"),
        ("a/" * 2048 + "b", "too long"),
        ("ü" * 2049, "too long"),
        ("x" * 10_000_000, "too long"),
    ],
)
def test_a_path_that_could_do_harm_is_refused(text: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason) as caught:
        safe_path(text)
    assert caught.value.cure
    assert len(str(caught.value)) < 1500


PIECES = st.sampled_from([".", "..", "/", "a", ".git", "\\", "\0", "C:", "~", " ", "é", "x" * 200])


@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
@example("a/b/../../..")
def test_what_is_accepted_stays_inside_whatever_the_text(text: str) -> None:
    try:
        path = safe_path(text)
    except EditError:
        return
    parts = PurePosixPath(path).parts
    assert parts
    assert not path.startswith("/")
    assert not {"", ".", "..", ".git"} & set(parts)
    assert "\0" not in path
    assert "\\" not in path
    assert safe_path(path) == path
