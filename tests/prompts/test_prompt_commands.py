"""`triptych prompts new | release | diff | show | export | import`, and how soon they come."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from prompt_shelf import Shelf
from typer.testing import CliRunner, Result

from triptych.cli.prompts import app
from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.counts import template_tokens, tokens
from triptych.prompts.layers import user_folder
from triptych.prompts.lint import lint, open_folder


def shell(*words: str | Path, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words], input=stdin)
    if isinstance(result.exception, PromptError):
        raise result.exception
    return result


class TestFromCopyToRelease:
    """The everyday way: new, edit, diff, release."""

    def test_it(self, over: Shelf) -> None:
        there = ("--prompts", over.path)
        path = Path(shell("new", "review", *there).stdout.strip())
        assert path == over.path / "review/_next.md"
        path.write_text(path.read_text().replace("At most six findings", "At most three findings"))
        out = shell("diff", "review@1.0.0", "review@_next", *there).stdout
        assert "At most three findings" in out
        assert "release: minor at least" in out
        words = "Fewer findings."
        assert shell("release", "review", *there, "--changelog", words).stdout == "review@1.1.0\n"
        assert library(over.path).get("review").reference == "review@1.0.0"
        shell("promote", "review@1.1.0", "--to", "production", "--why", "x", "--force", *there)
        assert library(over.path).get("review").reference == "review@1.1.0"
        assert lint(*open_folder(over.path)).problems == []

    def test_a_line_of_a_built_in_prompt(self, over: Shelf) -> None:
        there = ("--prompts", over.path)
        shell("new", "code.short", "--from", "code@1.0.0", *there)
        assert library(over.path).get("code.short@_next").parent == "code@1.0.0"
        assert shell("release", "code.short", *there, "--changelog", "Mine.").stdout == (
            "code.short@0.1.0\n"
        )
        assert lint(*open_folder(over.path)).problems == []

    def test_nothing_to_begin_from(self, over: Shelf) -> None:
        with pytest.raises(PromptError, match="no prompt 'summary' to begin from"):
            shell("new", "summary", "--prompts", over.path)


class TestWhichFolderIsChanged:
    """The one that is named, else the variable's, else the user's own."""

    def test_the_users_own_is_made(self) -> None:
        made = Path(shell("new", "plan").stdout.strip())
        assert made == user_folder() / "plan/_next.md"
        assert made.is_file()

    def test_the_variables(self, over: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRIPTYCH_PROMPTS", str(over.path))
        assert shell("new", "plan").stdout == f"{over.path / 'plan/_next.md'}\n"

    def test_one_that_does_not_exist(self) -> None:
        with pytest.raises(PromptError, match="does not exist"):
            shell("new", "plan", "--prompts", "/no/such")


class TestDiff:
    """Text, rendered text, schema and tokens."""

    @pytest.fixture
    def pair(self, over: Shelf) -> tuple[str, ...]:
        over.put("a@1.0.0")
        over.put(
            "a@2.0.0", "user:\n{{ request }}!{% for x in xs %}{{ x }}{% endfor %}\n",
            inputs="{request: {kind: string, required: true}, xs: {kind: list, required: true}}",
        )  # fmt: skip
        return ("diff", "a@1.0.0", "a@2.0.0", "--prompts", str(over.path))

    def test_rendered_with_stand_ins(self, pair: tuple[str, ...]) -> None:
        out = shell(*pair, "--rendered").stdout
        assert "--- a@1.0.0, rendered\n+++ a@2.0.0, rendered\n" in out
        assert "-«request»\n+«request»!«xs»\n" in out
        assert out.endswith("tokens: A 3, B 4 (+1, estimate)\n")

    def test_rendered_with_values(self, pair: tuple[str, ...]) -> None:
        out = shell(*pair, "--var", "request=hello", "--var", 'xs=["y"]').stdout
        assert "-hello\n+hello!y\n" in out

    def test_schema_changes_are_named(self, pair: tuple[str, ...]) -> None:
        out = shell(*pair).stdout
        assert "schema: input 'xs' is new\n" in out
        assert "release: major at least\n" in out
        assert "rendered" not in out

    def test_exit_code(self, pair: tuple[str, ...]) -> None:
        assert shell(*pair).exit_code == 0
        assert shell(*pair, "--exit-code").exit_code == 1
        same = shell("diff", "code", "code", "--exit-code")
        assert same.exit_code == 0
        assert same.stdout == "tokens: A 290, B 290 (no difference, estimate)\n"


def test_show_as_json_has_parents_channels_and_hashes(over: Shelf) -> None:
    over.put("review.mine@0.1.0", extra="parent: review@1.0.0\n")
    over.file("channels.yaml", "review.mine: {production: 0.1.0}\n")
    data = json.loads(shell("show", "review.mine", "--json", "--prompts", over.path).stdout)
    made = library(over.path).get("review.mine")
    assert data["parents"] == ["review@1.0.0"]
    assert data["channels"] == ["production"]
    assert (data["sha256"], data["layer"]) == (made.sha256, str(over.path))
    assert data["inputs"] == {"request": {"kinds": ["string"], "required": True}}
    assert data["text"] == made.text


def test_show_names_the_parents(over: Shelf) -> None:
    over.put("review.mine@0.1.0", extra="parent: review@1.0.0\n")
    result = shell("show", "review.mine", "--prompts", over.path)
    assert result.stderr.strip().endswith("<- review@1.0.0")


def test_render_counts_tokens() -> None:
    result = shell("render", "code", "--var", "request=r", "--count")
    (_, system), (_, user) = library().get("code").render(request="r")
    assert result.stderr == (
        f"tokens: system {tokens(system)}, user {tokens(user)}; "
        f"{tokens(system) + tokens(user)} in all (an estimate)\n"
    )
    data = json.loads(shell("render", "code", "--var", "request=r", "--count", "--json").stdout)
    assert [m["tokens"] for m in data["messages"]] == [tokens(system), tokens(user)]


def test_tokens_are_counted_as_everywhere_else() -> None:
    from triptych.models import counting

    text = library().get("code").text
    assert [tokens(text[:n]) for n in range(9)] == [counting.tokens(text[:n]) for n in range(9)]
    assert template_tokens(library().get("form")) > 0


class TestOtherTools:
    """Export and import, with the list of what was lost on stderr."""

    @pytest.mark.parametrize("form", ["langchain", "prompty", "promptfoo"])
    def test_there_and_back_again(self, over: Shelf, tmp_path: Path, form: str) -> None:
        file = tmp_path / "out" / "plan"
        result = shell("export", "plan", "--to", form, "--out", file)
        assert result.stdout == f"{file}\n"
        assert "lost: " in result.stderr
        there = ("--prompts", over.path)
        made = shell("import", file, "--from", form, "--name", "plan.theirs", *there)
        assert made.stdout == f"{over.path / 'plan.theirs/_next.md'}\n"
        theirs = library(over.path).get("plan.theirs@_next")
        assert theirs.parent == "plan@1.0.0"
        assert theirs.render(request="r") == library().get("plan").render(request="r")

    def test_export_to_a_pipe(self) -> None:
        assert shell("export", "tools", "--to", "prompty").stdout.startswith("---\nname: tools\n")

    def test_import_from_a_pipe(self, over: Shelf) -> None:
        shell("import", "-", "--from", "promptfoo", "--name", "a", "--prompts", over.path,
              stdin="prompts: ['Say {{ x }}']\n")  # fmt: skip
        assert library(over.path).get("a@_next").render(x="1") == [("user", "Say 1")]

    def test_no_such_form(self) -> None:
        with pytest.raises(PromptError, match=r"'prompti' is no form .* Did you mean 'prompty'"):
            shell("export", "code", "--to", "prompti")

    @pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b"])
    def test_a_name_cannot_lead_out_of_the_folder(self, over: Shelf, name: str) -> None:
        with pytest.raises(PromptError):
            shell("import", "-", "--from", "promptfoo", "--name", name, "--prompts", over.path,
                  stdin="prompts: [x]\n")  # fmt: skip
        assert list(over.path.parent.rglob("_next.md")) == []


QUICK = [["--help"], ["prompts", "list"], ["prompts", "show", "code"],
         ["prompts", "diff", "code", "plan"], ["prompts", "lint"]]  # fmt: skip


def seconds(*words: str) -> float:
    """Processor time of a Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_quick_commands_take_less_than_0_4_seconds(words: list[str]) -> None:
    best = yardstick = 9.0
    for _ in range(8):
        best = min(best, seconds("-m", "triptych", *words))
        # On a busy machine everything takes longer, also what no command can do without.
        yardstick = min(yardstick, seconds("-c", "import typer.main, yaml, jinja2"))
        if best < 0.4:
            return
    assert best < 2.5 * yardstick
