"""Bad input through the shell: a clear error with exit code 2, nothing asked and nothing made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from experiment_kit import NOWHERE, own_prompt
from shell_kit import sums
from typer.testing import CliRunner

from triptych.cli import app
from triptych.cli.lab import asked


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    sums(Path("sums.jsonl"), 12)
    return tmp_path


def refused(*arguments: str) -> str:
    """What the shell says to something that it refuses."""
    before = sorted(Path.cwd().rglob("*"))
    done = CliRunner().invoke(app, ["lab", *arguments])
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert sorted(Path.cwd().rglob("*")) == before
    return done.stderr


def compare(*more: str) -> str:
    own_prompt(Path("mine.md"), "review", "Be careful.")
    where = ("--base-url", NOWHERE, "--model", "m")
    return refused("compare", "review@1.0.0", "./mine.md", *where, *more)


def run(text: str) -> str:
    Path("exp.yaml").write_text(text)
    return refused("run", "exp.yaml", "--out", "run")


def test_a_task_file_with_a_broken_line() -> None:
    with Path("sums.jsonl").open("a") as file:
        file.write('{"id": "x", \n')

    assert "sums.jsonl:13: no JSON" in compare("--tasks", "./sums.jsonl")


def test_two_tasks_of_one_id() -> None:
    first = Path("sums.jsonl").read_text().splitlines()[0]
    with Path("sums.jsonl").open("a") as file:
        file.write(first + "\n")

    said = compare("--tasks", "./sums.jsonl")

    assert "sums.jsonl:13: the id 'sums/0' stands in line 1 already." in said


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def check(f:", "does not compile: line 1"),
        ("import no_such_module\ndef check(f): pass", "imports no_such_module"),
        ("def test(f): pass", "does not define check(candidate)"),
    ],
)
def test_a_hidden_check_that_cannot_run(test: str, said: str) -> None:
    hidden = {"kind": "function", "entry_point": "f", "test": test}
    with Path("sums.jsonl").open("a") as file:
        file.write(json.dumps({"id": "bad", "request": "x", "hidden": hidden}) + "\n")

    told = compare("--tasks", "./sums.jsonl")

    assert "task 'bad': the hidden check" in told
    assert said in told
    assert "triptych lab tasks check" in told


def test_a_variant_that_names_a_missing_prompt() -> None:
    said = run(
        "tasks: {path: sums.jsonl}\nmodel: local\nvariants:\n  a: {}\n  b:\n    prompts:\n"
        "      stages:\n        review: review@7.0.0\n"
    )

    assert "exp.yaml:8: variant 'b': 'review' has no version 7.0.0." in said
    assert "Did you mean '1.0.0'?" in said


def test_a_variant_that_changes_a_stage_which_is_never_asked() -> None:
    # The strategy of the general default reviews; this one does not.
    said = run(
        f"tasks: {{path: sums.jsonl}}\nmodel: m\nvariants:\n  a: {{base_url: '{NOWHERE}'}}\n"
        f"  b:\n    base_url: {NOWHERE}\n    prompts: {{stages: {{review: review@1.0.0}}}}\n"
        "    strategy: {review: never}\n"
    )

    assert "exp.yaml:7: variant 'b': 'review' is never asked by this strategy" in said
    assert "Set review: decide" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tasks: {path: none.jsonl}\nvariants: {a: {}}\n", "exp.yaml:1: there is no task file"),
        ("tasks: {set: humanevil}\nvariants: {a: {}}\n", "Did you mean 'humaneval'?"),
        (
            "tasks: {path: sums.jsonl}\nvariants: {a: {model: lokal}}\n",
            "exp.yaml:2: variant 'a': no model is called 'lokal'",
        ),
        ("tasks: {path: sums.jsonl}\nvariants: {}\n", "exp.yaml:2: 'variants'"),
        ("tasks: {path: sums.jsonl\n", "exp.yaml:2: bad YAML"),
    ],
)
def test_a_definition_that_cannot_be_used(text: str, said: str) -> None:
    assert said in run(text)


def test_options_that_cannot_be_used() -> None:
    tasks = ("--tasks", "./sums.jsonl")

    assert "--strategy knows no 'repair'" in compare(*tasks, "--strategy", "repair=1")
    assert "repairs cannot be 'many'" in compare(*tasks, "--strategy", "repairs=many")
    assert "no task file or folder 'none'" in compare("--tasks", "none")
    assert "There is no prompt file 'none.md'" in refused("compare", "review", "./none.md", *tasks)


def test_a_hosted_model_is_not_asked_without_a_yes_where_nobody_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-none")
    own_prompt(Path("mine.md"), "review", "Be careful.")

    said = refused("compare", "review", "./mine.md", "--tasks", "./sums.jsonl")

    assert "would spend requests at a hosted model, devstral" in said
    assert "Add --yes" in said


@pytest.mark.parametrize(("answer", "code"), [("n", 4), ("y", 2)])
def test_on_a_terminal_a_person_is_asked_first(
    answer: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_prompt(Path("mine.md"), "review", "Be careful.")
    monkeypatch.setattr(asked, "somebody", lambda: True)
    question = ["lab", "compare", "review", "./mine.md", "--tasks", "./sums.jsonl"]
    where = ["--base-url", NOWHERE, "--model", "m", "--out", "run"]

    done = CliRunner().invoke(app, [*question, *where], input=f"{answer}\n")

    # After a yes the endpoint, which is none, is found not to answer.
    assert done.exit_code == code
    assert "Measure 34 cells? [Y/n]" in done.stderr
    assert Path("run").exists() is (answer == "y")


def test_tasks_check_says_which_checks_fail_on_the_reference() -> None:
    lines = [json.loads(line) for line in Path("sums.jsonl").read_text().splitlines()[:3]]
    lines[1]["reference"] = "def add1(x):\n    return x\n"
    Path("sums.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    done = CliRunner().invoke(app, ["lab", "tasks", "check", "sums.jsonl"])

    assert done.exit_code == 1
    assert done.stdout == (
        "sums/1: the hidden check fails on the reference solution: AssertionError\n"
    )
    assert "1 of 3 tasks cannot measure" in done.stderr
    as_json = CliRunner().invoke(app, ["lab", "tasks", "check", "sums.jsonl", "--json"])
    assert [row["reference"] for row in json.loads(as_json.stdout)] == [
        "passed",
        "failed",
        "passed",
    ]


def test_tasks_check_of_a_fit_set_ends_well() -> None:
    done = CliRunner().invoke(app, ["lab", "tasks", "check", "sums.jsonl", "--limit", "2"])

    assert (done.exit_code, done.stdout) == (0, "")
    assert "2 tasks are fit; 2 have a reference, and it passes" in done.stderr
