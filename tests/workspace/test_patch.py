"""The patch is one that git and patch take."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from triptych.workspace import unified, write_files

LONG = "".join(f"line {n}\n" for n in range(60))

CASES = {
    "changed": ({"a.py": LONG}, {"a.py": LONG.replace("line 3\n", "x\n").replace("line 50", "y")}),
    "new": ({}, {"pkg/new.py": "x = 1\n"}),
    "new and empty": ({}, {"pkg/__init__.py": ""}),
    "emptied": ({"a.py": "x\ny\n"}, {"a.py": ""}),
    "filled": ({"a.py": ""}, {"a.py": "x\ny\n"}),
    "newline lost": ({"a.py": "x\ny\n"}, {"a.py": "x\ny"}),
    "newline gained": ({"a.py": "x\ny"}, {"a.py": "x\ny\n"}),
    "no newline": ({"a.py": "x\ny"}, {"a.py": "z\ny"}),
    "CRLF": ({"a.py": "x\r\ny\r\n"}, {"a.py": "x\r\nz\r\n"}),
    "odd separators": ({"a.py": "x\x0b\x0c\u2028y\rz\n"}, {"a.py": "x\x0b\x0c\u2028w\rz\n"}),
    "spaces in the name": ({"a b/c d.py": "x\n"}, {"a b/c d.py": "y\n"}),
    "quotes in the name": ({'a"b.py': "x\n"}, {'a"b.py': "y\n"}),
    "another script in the name": ({"ü文.py": "x\n"}, {"ü文.py": "y\n", "é.py": "z\n"}),
    "text like a patch": ({"a": "--- a\n+++ b\n"}, {"a": "--- a\n@@ -1 +1 @@\n"}),
    "untouched beside": ({"a.py": "x\n", "b.py": "y\n"}, {"a.py": "z\n"}),
}


def apply(tmp_path: Path, before: dict[str, str], patch: str, tool: list[str]) -> dict[str, str]:
    folder = tmp_path / "repo"
    shutil.rmtree(folder, ignore_errors=True)
    write_files(folder, before)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = subprocess.run(tool, cwd=folder, input=patch.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode() + patch
    return {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


@pytest.mark.parametrize("case", CASES)
def test_git_apply_takes_it(tmp_path: Path, case: str) -> None:
    before, after = CASES[case]
    assert apply(tmp_path, before, unified(before, after), ["git", "apply"]) == before | after


@pytest.mark.skipif(shutil.which("patch") is None, reason="GNU patch is not installed")
@pytest.mark.parametrize("case", CASES)
def test_gnu_patch_takes_it(tmp_path: Path, case: str) -> None:
    before, after = CASES[case]
    tool = ["patch", "-p1", "--binary", "--silent"]
    assert apply(tmp_path, before, unified(before, after), tool) == before | after


@example(old=list("aaabba"), new=list("aababba"))  # a hunk once ended in a change before the end
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc"), max_size=30))
def test_applying_it_gives_the_new_text(tmp_path: Path, old: list[str], new: list[str]) -> None:
    before, after = {"f": "\n".join(old)}, {"f": "\n".join(new)}
    patch = unified(before, after)
    assert (patch == "") == (before == after)
    if patch:
        assert apply(tmp_path, before, patch, ["git", "apply"]) == after


def test_nothing_changed_is_no_patch() -> None:
    assert unified({"a": "x"}, {"a": "x"}) == ""
    assert unified({"a": "x"}, {}) == ""


def test_it_reads_like_git() -> None:
    assert unified({"b.py": "1\n2\n3\n4\n5\n"}, {"b.py": "1\n2\n3\n4\n6", "a.py": "x\n"}) == (
        "diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n"
        "@@ -0,0 +1 @@\n+x\n"
        "diff --git a/b.py b/b.py\n--- a/b.py\n+++ b/b.py\n"
        "@@ -2,4 +2,4 @@\n 2\n 3\n 4\n-5\n+6\n\\ No newline at end of file\n"
    )


def test_a_huge_change_is_one_hunk_and_still_applies(tmp_path: Path) -> None:
    before = {"f": "top\n" + "a\nb\n" * 20_000 + "end\n"}
    after = {"f": "top\n" + "b\na\nc\n" * 20_000 + "end\n"}
    patch = unified(before, after)
    assert patch.count("@@ -") == 1
    assert apply(tmp_path, before, patch, ["git", "apply"]) == after
