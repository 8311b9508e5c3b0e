"""Help and the tables come at once, and every command says what it is for."""

import resource
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import triptych
from triptych.cli import app

QUICK = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["graph", "--help"],
    ["doctor", "--help"],
    ["prompts", "list"],
    ["prompts", "show", "code"],
    ["prompts", "diff", "code", "plan"],
    ["prompts", "lint"],
    ["models", "list"],
    ["lab", "--help"],
]

# typer itself imports pydantic, in a tenth of a second.
HEAVY = {"langchain_core", "langgraph", "langchain_nvidia_ai_endpoints", "xllamacpp", "aiohttp",
         "requests", "numpy", "transformers"}  # fmt: skip


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_quick_commands_import_nothing_heavy(arguments, shell):
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\nIMPORTED', *sys.modules))\n"
        f"sys.argv = ['triptych', *{arguments!r}]\n"
        "from triptych.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split("IMPORTED", 1)[1].split()
    assert "triptych.cli" in imported
    assert not HEAVY.intersection(imported)


def test_help_takes_less_than_a_second_of_processor_time(shell):
    shell("--help")  # the byte code is written once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shell("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


@pytest.mark.parametrize(
    "words",
    ["", "run", "graph", "doctor", "prompts list", "prompts show", "prompts render", "prompts diff",
     "prompts lint", "models list", "models pull", "models serve", "models rm", "lab run",
     "lab compare", "lab report", "lab gate", "lab tasks check", "lab optimise"],
)  # fmt: skip
def test_every_command_helps_with_an_example(words):
    done = CliRunner().invoke(app, [*words.split(), "--help"])
    assert done.exit_code == 0
    assert f"triptych {words}" in done.output.split("Example", 1)[1]


def test_help_of_run_has_the_table_of_exit_codes(shell):
    text = shell("run", "--help").stdout
    for line in ("0    approved", "1    needs-work", "2    an error", "3    limit", "4    aborted",
                 "5    failed", "130"):  # fmt: skip
        assert f"\n    {line}" in text


def test_version_is_that_of_the_package(shell):
    done = shell("--version")
    assert done.stdout == f"triptych {triptych.__version__}\n"


def test_a_wrong_option_is_an_error_of_one_line_without_traceback(shell):
    done = shell("run", "x", "--drafts", "many")
    assert done.returncode == 2
    assert "--drafts" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_reader_who_leaves_is_no_error_message(folder, tmp_path):
    line = f"{sys.executable} -m triptych prompts show code | true"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.stderr.count("\n") <= 1  # the line that names the template
    assert "Broken" not in done.stderr
