"""What lint finds in a folder of prompts."""

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts.library import Library
from triptych.prompts.lint import Report, lint, open_folder

# Put together here, so that no scan of the tree takes them for real ones.
SECRETS = ["nvapi-" + "x" * 40, "sk-" + "a1" * 12, "ghp_" + "b" * 36, "hf_" + "c" * 30,
           "AKIA" + "D" * 16, "-----BEGIN " + "RSA PRIVATE KEY-----"]  # fmt: skip


def report(over: Shelf) -> Report:
    return lint(*open_folder(over.path))


def told(over: Shelf) -> str:
    return "\n".join(str(problem) for problem in report(over).problems)


def test_a_good_folder_has_no_problems(over: Shelf) -> None:
    over.put("plan.mine@0.1.0", extra="parent: plan@1.0.0\n")
    over.put("plan.mine@_next", extra="parent: plan.mine@0.1.0\n", changelog="")
    over.file("channels.yaml", "plan.mine: {production: 0.1.0}\n")
    over.file("sets/default.yaml", "plan: plan.mine\n")
    over.file("README.md", "Mine.\n")
    assert told(over) == ""


def test_all_files_are_looked_at(over: Shelf) -> None:
    over.put("a@1.0.0", "user:\n{{ x }}")
    over.put("b@1.0.0", "hello")
    assert "a/1.0.0.md:9: variable 'x'" in told(over)
    assert "b/1.0.0.md:8: text stands under no role" in told(over)


@pytest.mark.parametrize("secret", SECRETS)
def test_secret(over: Shelf, secret: str) -> None:
    over.put("a@1.0.0", f"user:\n{{{{ request }}}}\n\nkey {secret}\n")
    assert "a/1.0.0.md:11: this looks like a secret." in told(over)
    assert secret not in told(over)


def test_secret_in_the_front_matter_and_in_a_partial(over: Shelf) -> None:
    over.put("a@1.0.0", extra=f"parent: {SECRETS[0]}\n")
    over.file("_partials/style/1.0.0.md", f"x\n{SECRETS[0]}\n")
    assert "a/1.0.0.md:6: this looks like a secret." in told(over)
    assert "_partials/style/1.0.0.md:2: this looks like a secret." in told(over)


def test_address_in_a_body(over: Shelf) -> None:
    over.put("a@1.0.0", "system:\nx\nuser:\n{{ request }}\nsee https://example.org/x\n")
    over.file("_partials/style/1.0.0.md", "ftp://example.org\n")
    assert "a/1.0.0.md:12: the body holds the address 'https://example.org/x'." in told(over)
    assert "style/1.0.0.md:1: the body holds the address 'ftp://example.org'." in told(over)


def test_missing_changelog(over: Shelf) -> None:
    over.put("a@1.0.0", changelog="metadata: {changelog: ' '}\n")
    over.put("b@1.0.0", changelog="")
    assert "a@1.0.0 has no changelog" in told(over)
    assert "b@1.0.0 has no changelog" in told(over)


def test_parent_that_does_not_exist(over: Shelf) -> None:
    over.put("plan.mine@1.0.0", extra="parent: plan@1.0.7\n")
    assert "parent 'plan@1.0.7': 'plan' has no version 1.0.7. Did you mean '1.0.0'?" in told(over)


def test_partial_that_nobody_includes_is_looked_at_too(over: Shelf) -> None:
    over.file("_partials/style/1.0.0.md", "{% if %}")
    assert "style/1.0.0.md:1: bad Jinja" in told(over)


@pytest.mark.parametrize(
    ("place", "text", "line"),
    [
        ("channels.yaml", "code: {production: 9.9.9}\n", "channels.yaml:1: 'code' has no version"),
        ("channels.yaml", "code: {production: ~=1}\n", "channels.yaml:1: '~=1' is no released"),
        ("channels.yaml", "code: {Beta: 1.0.0}\n", "channels.yaml:1: 'Beta' is no name for a ch"),
        ("channels.yaml", "code: [\n", "channels.yaml:2: bad YAML"),
        ("sets/default.yaml", "code: coed\n", "default.yaml:1: There is no prompt 'coed'"),
        ("sets/default.yaml", "code: 1\n", "default.yaml:1: stage 'code' needs a selector"),
        ("Plan/1.0.0.md", "x", "Plan:1: 'Plan' is no name for a prompt"),
        ("a/1.0.md", "x", "a/1.0.md:1: '1.0.md' is no version"),
        ("a/notes.txt", "x", "a/notes.txt:1: 'notes.txt' is no version"),
        ("_partials/style/_next.md", "x", "_next.md:1: '_next.md' is no version"),
    ],
)
def test_what_stands_around_the_templates(over: Shelf, place: str, text: str, line: str) -> None:
    over.file(place, text)
    assert line in told(over)


def test_shadowing_a_locked_version(over: Shelf) -> None:
    over.put("plan@1.0.0")
    assert "plan/1.0.0.md:1: 'plan@1.0.0' is a locked built-in version" in told(over)


def test_working_copy_in_the_built_in_folder(shelf: Shelf) -> None:
    shelf.put("plan@_next")
    [problem] = lint(shelf.folder, Library((shelf.folder,))).problems
    assert "plan/_next.md:1: a working copy cannot be released" in problem.message


def test_tokens_are_estimated_at_four_characters(over: Shelf) -> None:
    over.file("_partials/style/1.0.0.md", "x" * 400)
    over.put("a@1.0.0", 'user:\n{{ request }}{% include "style@1.0.0" %}')
    assert report(over).tokens == {"a@1.0.0": 110}


def test_schema_of_which_nothing_is_known(over: Shelf) -> None:
    over.put("a@1.0.0", extra="outputs: {schema: Pln}\n")
    over.put("b@1.0.0", extra="outputs: {schema: Plan}\n")
    assert "a/1.0.0.md:1: nothing is known of the schema 'Pln'" in told(over)
    assert "b/1.0.0.md" not in told(over)
    over.file("_schemas/Pln.json", "{}\n")
    assert told(over) == ""


def test_schema_for_editors_that_is_not_of_this_version(over: Shelf) -> None:
    over.file("_schemas/set.schema.json", "{}\n")
    assert "_schemas/set.schema.json:1: the schema is not that of this version" in told(over)


def test_what_a_killed_command_left_beside_is_no_prompt(over: Shelf) -> None:
    over.put("a@1.0.0")
    over.file("a/.1.1.0.md.4711", "half of a fi")
    assert told(over) == ""


def test_folder_that_does_not_exist() -> None:
    with pytest.raises(PromptError, match="There is no folder '/no/such'"):
        open_folder("/no/such")
