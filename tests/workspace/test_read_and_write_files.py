"""The user's files come in whole, and results never leave the folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triptych.errors import EditError, InputError
from triptych.workspace import read_files, write_files


def test_files_are_read_under_their_path_in_the_root(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "b.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "a.md").write_text("ä")
    paths = ["src/../src/b.py", tmp_path / "a.md"]
    assert read_files(paths, tmp_path) == {"src/b.py": "x = 1\r\n", "a.md": "ä"}


def test_a_root_that_is_a_symbolic_link_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("1")
    (tmp_path / "link").symlink_to("real")
    root = tmp_path / "link"
    assert read_files(["a.py", tmp_path / "real" / "a.py"], root) == {"a.py": "1"}


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("x")
    (root / "binary").write_bytes(b"\x89PNG\0\1")
    (root / "latin1").write_bytes("ä".encode("latin-1"))
    (root / "big").write_bytes(b"x" * (2**20 + 1))
    (root / "solution.py").write_text("")
    (tmp_path / "secret").write_text("s")
    (root / "out").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "does not exist"),
        ("folder", "is a directory"),
        (".", "is a directory"),
        ("pipe", "not a regular file"),
        ("../secret", "outside of"),
        ("/etc/passwd", "outside of"),
        ("out", "outside of"),
        ("nul\0", "NUL"),
        (".git/config", "goes into .git"),
        ("binary", "not UTF-8 text"),
        ("latin1", "not UTF-8 text"),
        ("big", "over 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_a_cure(
    odd: Path, path: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_files([path], odd)
    assert caught.value.cure


def test_a_mistyped_name_brings_the_nearest_one(odd: Path) -> None:
    with pytest.raises(InputError, match=r"Did you mean solution\.py\?"):
        read_files(["soluton.py"], odd)


def test_many_files_together_have_a_limit(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}").write_bytes(b"x" * 2**20)
    with pytest.raises(InputError, match="more than 8 MiB together"):
        read_files([f"{number}" for number in range(9)], tmp_path)


def test_writing_creates_folders_and_keeps_line_ends(tmp_path: Path) -> None:
    written = write_files(tmp_path / "new", {"a/b.py": "x\r\ny", "c": "ü\n"})
    assert written == [tmp_path / "new/a/b.py", tmp_path / "new/c"]
    assert (tmp_path / "new/a/b.py").read_bytes() == b"x\r\ny"
    assert (tmp_path / "new/c").read_bytes() == "ü\n".encode()
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["a", "c"]


def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("old")
    (tmp_path / "run.sh").chmod(0o750)
    write_files(tmp_path, {"run.sh": "new"})
    assert (tmp_path / "run.sh").read_text() == "new"
    assert (tmp_path / "run.sh").stat().st_mode & 0o777 == 0o750


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("old")
    (tmp_path / "link.py").symlink_to("real.py")
    write_files(tmp_path, {"link.py": "new"})
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == "new"


@pytest.mark.parametrize(
    ("link", "to", "path"),
    [
        ("out", "..", "out/x.py"),
        ("file.py", "../x.py", "file.py"),
        ("file.py", "/tmp/triptych-never-there", "file.py"),
        ("hooks", ".git", "hooks/pre-commit"),
        ("self", ".", "self"),
        ("loop", "loop", "loop/x.py"),
    ],
)
def test_a_link_that_leads_out_or_into_git_is_refused_before_anything_is_written(
    tmp_path: Path, link: str, to: str, path: str
) -> None:
    root = tmp_path / "root"
    (root / ".git").mkdir(parents=True)
    (root / link).symlink_to(to)
    with pytest.raises((EditError, InputError)):
        write_files(root, {"good.py": "x", path: "x"})
    assert [p.name for p in tmp_path.iterdir()] == ["root"]
    assert list((root / ".git").iterdir()) == []


def test_a_path_that_is_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(EditError, match="is a directory"):
        write_files(tmp_path, {"a": "x"})


def test_a_disk_that_refuses_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        write_files(tmp_path, {"a/b": "x"})
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_text_that_is_not_unicode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="not valid Unicode"):
        write_files(tmp_path, {"a": "\ud800"})


PIECES = st.sampled_from(["..", "/", "a", "out", "in", ".git", "\0", "b.py", "/out/"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_nothing_is_ever_written_outside(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    if not root.exists():
        (root / ".git").mkdir(parents=True)
        (tmp_path / "outside").mkdir()
        (root / "out").symlink_to("../outside")
        (root / "in").symlink_to(".")
    with contextlib.suppress(EditError, InputError):
        write_files(root, {path: "x"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["outside", "root"]
    assert list((tmp_path / "outside").iterdir()) == []
    assert list((root / ".git").iterdir()) == []
