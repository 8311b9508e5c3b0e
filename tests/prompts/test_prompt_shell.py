"""`triptych prompts`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prompt_shelf import Shelf
from typer.testing import CliRunner, Result

from triptych.cli.prompts import app
from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.layers import built_in_folder


def shell(*words: str | Path, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
    if isinstance(result.exception, PromptError):
        raise result.exception
    return result


def test_list_gives_a_pipe_one_line_a_version_with_tabs() -> None:
    rows = [line.split("\t") for line in shell("list").stdout.splitlines()]
    assert [row[0] for row in rows] == [t.reference for t in library().templates()]
    assert all(len(row) == 4 for row in rows)
    assert next(row for row in rows if row[0] == library().get("code").reference)[1:3] == [
        "production,staging", "built-in",
    ]  # fmt: skip


def test_list_shows_an_overlay(over: Shelf) -> None:
    over.put("plan.mine@0.1.0")
    assert (
        f"plan.mine@0.1.0\t\t{over.path}\tFor a test"
        in shell("list", "--prompts", over.path).stdout
    )


def test_show_prints_the_file_and_nothing_else_on_stdout() -> None:
    result = shell("show", "plan@1.0.0")
    assert result.stdout == (built_in_folder() / "plan/1.0.0.md").read_text()
    assert library().get("plan@1.0.0").sha256 in result.stderr


def test_render_takes_values_from_words_files_and_stdin(tmp_path: Path) -> None:
    code = tmp_path / "a.py"
    code.write_text("x = '{{ 1 }}'\n")
    result = shell(
        "render", "review", "--var-file", "request=-", "--var-file", f"code={code}",
        "--var", "evidence=a=b", "--json", stdin="Do it.",
    )  # fmt: skip
    document = json.loads(result.stdout)
    assert document["prompt"] == library().get("review").ref
    assert [m["role"] for m in document["messages"]] == ["system", "user"]
    assert "x = '{{ 1 }}'\n" in document["messages"][1]["content"]
    assert "a=b" in document["messages"][1]["content"]


def test_render_prints_messages_under_their_roles() -> None:
    (_, system), (_, user) = library().get("code").render(request="r")
    assert shell("render", "code", "--var", "request=r").stdout == (
        f"system:\n{system}\n\nuser:\n{user}\n"
    )


def test_render_reads_json_for_a_list(over: Shelf) -> None:
    over.put(
        "a@1.0.0", "user:\n{{ xs | join('+') }}\n", inputs="{xs: {kind: list, required: true}}"
    )
    given = ("render", "a", "--prompts", over.path, "--var")
    assert shell(*given, 'xs=["1", "2"]').stdout == "user:\n1+2\n"
    with pytest.raises(PromptError, match="The value of 'xs' is no JSON"):
        shell(*given, "xs=1,2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "coed"), "no prompt 'coed'. Did you mean 'code'"),
        (("render", "code"), "needs a value for 'request'"),
        (("render", "code", "--var", "request"), "'--var request' gives no value"),
        (("render", "code", "--var", "reqest=x"), "Did you mean 'request'"),
        (("render", "code", "--var-file", "request=/no/such"), "'/no/such' cannot be read"),
        (("lint", "/no/such"), "There is no folder"),
        (("list", "--prompts", "/no/such"), "does not exist"),
    ],
)
def test_error_reaches_the_shared_handler(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(PromptError, match=message):
        shell(*words)


def test_diff_shows_text_and_partials(over: Shelf) -> None:
    over.file("_partials/style/1.0.0.md", "Be brief.")
    over.put("a@1.0.0")
    over.put("a@1.1.0", 'user:\n{{ request }}\n{% include "style@1.0.0" %}\n')
    out = shell("diff", "a@1.0.0", "a@1.1.0", "--prompts", over.path).stdout
    assert out.startswith(f"--- a@1.0.0 ({over.path})\n+++ a@1.1.0 ({over.path})\n")
    assert "+Be brief.\n" in out
    assert out.endswith("release: minor at least\ntokens: A 4, B 13 (+9, estimate)\n")


def test_lint_exits_with_1_and_tells_each_fault_on_stderr(over: Shelf) -> None:
    over.put("a@1.0.0", "hello")
    over.put("b@1.0.0")
    result = shell("lint", over.path)
    assert result.exit_code == 1
    assert "a/1.0.0.md:8: text stands under no role." in result.stderr
    assert result.stdout == "b@1.0.0\t≈4 tokens\n"


def test_lint_of_the_built_in_folder_is_clean() -> None:
    assert shell("lint").exit_code == 0


def test_write_lock_releases_and_then_refuses_a_change(over: Shelf) -> None:
    path = over.put("a@1.0.0")
    assert "locked a@1.0.0" in shell("lint", over.path, "--write-lock").stdout
    path.write_text(path.read_text() + "More.\n")
    assert shell("lint", over.path).exit_code == 1
    with pytest.raises(PromptError, match="is released, and its content has changed"):
        shell("lint", over.path, "--write-lock")


@pytest.mark.parametrize("command", [
    "list", "show", "render", "diff", "lint", "new", "release", "promote", "rollback", "export",
    "import",
])  # fmt: skip
def test_help_has_examples(command: str) -> None:
    out = shell(command, "--help").stdout
    assert f"triptych prompts {command}" in out.partition("Examples:")[2]
    assert "--prompts" in out


def test_no_command_waits_for_langchain() -> None:
    script = (
        "import sys\nfrom triptych.cli.prompts import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "slow = {'langchain_core', 'langgraph', 'xllamacpp', 'aiohttp', 'requests', 'numpy'}\n"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    for words in (["list"], ["show", "code"], ["diff", "code", "plan"], ["lint"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
