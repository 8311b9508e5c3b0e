"""The Makefile: its list of targets, its set-up, and how a request gets through it."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()  # type: ignore[index]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")

STAND_IN = """#!{python}
import os, sys
if sys.argv[1] == "run":
    remote = ("NVIDIA_", "LANGSMITH_", "LANGCHAIN_")
    print(ascii([sys.argv[-1], sorted(k for k in os.environ if k.startswith(remote))]))
    sys.exit(int(os.environ.get("CODE", 0)))
"""


def make(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    # MAKEFLAGS: these tests may themselves run below a make.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **env}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def venv(tmp_path: Path) -> str:
    """An environment that counts as set up, whose `triptych` tells what reached it."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "triptych"
    command.write_text(STAND_IN.format(python=sys.executable))
    command.chmod(0o755)
    (tmp_path / ".ready-yes").touch()
    return f"VENV={tmp_path}"


def arrived(done: subprocess.CompletedProcess[str]) -> object:
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_help_is_the_default_and_lists_every_target() -> None:
    done = make()
    listed = re.findall(r"^  ([a-z-]+) +\S", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(TARGETS)


@pytest.mark.parametrize(
    "request_",
    [
        """it's a "quoted" $HOME $(shell id) `id` \\n # request""",
        "two\nlines\n\n>>> f('a')\n'b'",
        "--help",
        "für 100 % → ✓",
        "a := b != c",
    ],
)
def test_request_arrives_as_it_was_typed(request_: str, venv: str) -> None:
    assert arrived(make("run", venv, f"TASK={request_}")) == [request_, []]


def test_run_is_local_whatever_is_set(venv: str) -> None:
    done = make("run", venv, "TASK=x", NVIDIA_API_KEY="k", LANGSMITH_TRACING="true")
    assert arrived(done) == ["x", []]


def test_run_without_a_task_has_one_of_its_own(venv: str) -> None:
    [request, _] = arrived(make("run", venv, TASK="from outside"))  # type: ignore[misc]
    assert ">>> " in request


@pytest.mark.parametrize(("code", "ended"), [("0", 0), ("1", 0), ("2", 2), ("5", 2)])
def test_run_fails_only_where_there_is_no_draft_to_show(code: str, ended: int, venv: str) -> None:
    assert make("run", venv, "TASK=x", CODE=code).returncode == ended


def test_without_a_python_the_error_names_the_cure(tmp_path: Path) -> None:
    shell = shutil.which("sh") or "/bin/sh"
    done = subprocess.run(
        [shell, ROOT / "tools" / "find_python.sh"],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "python3" in done.stderr
    assert "apt install" in done.stderr


def test_python_that_cannot_make_environments_is_named_with_the_cure(tmp_path: Path) -> None:
    bare = tmp_path / "python3"
    bare.write_text(
        f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    bare.chmod(0o755)
    done = subprocess.run(
        ["sh", ROOT / "tools" / "find_python.sh", bare], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
