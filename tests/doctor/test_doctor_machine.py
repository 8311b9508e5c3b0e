"""Each verdict on the machine, and its cure."""

import pytest
from packaging.requirements import Requirement

from triptych.doctor import machine, packages, terminal
from triptych.doctor.terminal import Terminal
from triptych.errors import SandboxError
from triptych.models.catalogue import Entry, ModelFile

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
TINY = Entry("tiny", "tiny", "local", file=ModelFile("tiny.gguf", 3, ABC, "hub/tiny"))


@pytest.fixture
def models(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("version", "verdict"), [("3.11.7", "ok"), ("3.10.1", "fail")])
def test_python(version, verdict):
    (found,) = machine.python(version, ">=3.11,<3.14")
    assert found.verdict == verdict
    assert bool(found.cure) == (verdict == "fail")


def test_the_packages_of_this_environment_are_in_order():
    (found,) = packages.look(quick=True)
    assert found.verdict == "ok", found.detail


@pytest.mark.parametrize(
    ("line", "words"),
    [("pydantic>=2", ""), ("pydantic<1", "pydantic is 2"), ("no-such-package-here", "is missing")],
)
def test_a_package_out_of_bounds_or_missing(line, words):
    assert words in packages.outside(Requirement(line))
    assert bool(packages.outside(Requirement(line))) == bool(words)


def test_a_package_that_does_not_load_or_ends_the_process_is_named(monkeypatch, tmp_path):
    (tmp_path / "broken_one.py").write_text("raise OSError('no such library')")
    (tmp_path / "deadly_one.py").write_text("import os; os._exit(4)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    first, second = packages.unloadable(["json", "broken_one", "deadly_one", "ast"])
    assert first == "broken_one (OSError: no such library) does not load"
    assert second == "deadly_one ends the process (code 4)"


def test_requirements_of_extras_and_of_other_systems_are_not_wanted():
    lines = ["a>=1", 'b; extra == "lab"', 'c; sys_platform == "other"']
    assert [each.name for each in packages.needed(lines)] == ["a"]


def test_a_sandbox_that_cannot_be_had_fails_with_its_cure(monkeypatch):
    def none():
        raise SandboxError("bwrap cannot make a sandbox.", "Allow user namespaces.")

    monkeypatch.setattr("triptych.sandbox.open_sandbox", none)
    (found,) = machine.sandbox()
    assert (found.verdict, found.cure) == ("fail", "Allow user namespaces.")


@pytest.mark.parametrize(
    ("content", "verdict", "words"),
    [
        (None, "skip", "models pull tiny"),
        (b"abcd", "fail", "models rm tiny"),
        (b"abd", "fail", "models rm tiny"),
        (b"abc", "ok", ""),
    ],
)
def test_model_files_are_missing_of_the_wrong_size_damaged_or_whole(
    models, content, verdict, words
):
    if content is not None:
        (models / "tiny.gguf").write_bytes(content)
    (found,) = machine.files([TINY])
    assert found.verdict == verdict
    assert words in found.cure
    assert content is None or (models / "tiny.gguf").read_bytes() == content  # only looked at


def test_a_full_disk_is_a_warning_where_a_file_is_missing(models, monkeypatch):
    import shutil

    full = shutil.disk_usage(models)._replace(free=2)
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)
    assert machine.disk([TINY])[0].verdict == "warn"
    assert "TRIPTYCH_CACHE" in machine.disk([TINY])[0].cure
    (models / "tiny.gguf").write_bytes(b"abc")
    assert machine.disk([TINY])[0].verdict == "ok"


@pytest.mark.parametrize(("memory", "verdict"), [(2, "warn"), (10**12, "ok")])
def test_memory_for_the_local_server(memory, verdict):
    assert machine.power(TINY, memory)[0].verdict == verdict


@pytest.mark.parametrize(
    ("there", "environment", "verdict", "words"),
    [
        (Terminal(True, "utf-8", 100), {"TERM": "xterm"}, "ok", "100 columns, utf-8, colours"),
        (Terminal(True, "utf-8", 100), {"NO_COLOR": "1"}, "ok", "NO_COLOR"),
        (Terminal(True, "utf-8", 40), {"TERM": "xterm"}, "warn", "40 columns"),
        (Terminal(True, "ascii", 100), {"TERM": "xterm"}, "warn", "ascii"),
        (Terminal(False, "UTF-8", 80), {}, "ok", "piped"),
    ],
)
def test_terminal(there, environment, verdict, words):
    (found,) = terminal.look(there, environment)
    assert found.verdict == verdict
    assert words in found.detail


def test_a_broken_catalogue_of_the_users_fails_with_its_line(monkeypatch, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("- alias: a\n  idd: b\n")
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))
    (found,) = machine.table()
    assert found.verdict == "fail"
    assert "mine.yaml, line 2" in found.detail
