"""`triptych run` from request to delivery, over real HTTP, as a user's shell sees it."""

import json
import subprocess

import pytest
from cli_kit import ONE_DRAFT, REQUEST, RIGHT, RIGHT_CODE, WRONG, WRONG_CODE

from triptych.state import Outcome
from triptych.testing import Reply

pytest_plugins = ["triptych.testing.fixtures"]


@pytest.fixture
def ask(scripted_server, inside, shell):
    """Runs one request against a server that answers with these replies."""

    def start(replies, *options, request=REQUEST, given="", process=False):
        start.server = scripted_server(replies)
        where = ("--base-url", start.server.base_url, "--model", "scripted")
        run = shell if process else inside
        return run("run", *where, *options, request, given=given)

    return start


def test_approved_code_is_all_that_standard_output_has(ask):
    done = ask([RIGHT], *ONE_DRAFT, process=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == RIGHT_CODE


def test_progress_goes_to_standard_error_in_plain_lines(ask):
    done = ask([RIGHT], *ONE_DRAFT)
    lines = done.stderr.splitlines()
    first = next(n for n, line in enumerate(lines) if "127.0.0.1" in line)
    rest = "\n".join(lines[first:])
    assert "code@1.0.0" in rest
    assert "draft 1: solution.py (2 lines)" in rest
    assert "✓" in rest
    assert "approved: " in rest
    assert "1 call, " in lines[-1]
    assert "\x1b" not in done.stderr


def test_a_wrong_draft_needs_work_and_is_delivered_with_what_is_wrong(ask):
    done = ask([WRONG], *ONE_DRAFT)
    assert done.returncode == 1
    assert done.stdout == WRONG_CODE
    assert "✗" in done.stderr
    assert "needs-work: failed" in done.stderr


def test_a_spent_budget_is_exit_code_3_with_the_best_so_far(ask):
    done = ask([WRONG, RIGHT], "--drafts", "3", "--review", "never", "--budget", "calls=1")
    assert done.returncode == 3
    assert done.stdout == WRONG_CODE
    assert "limit: the call budget of 1 is spent" in done.stderr


def test_no_usable_code_is_exit_code_5_and_an_empty_standard_output(ask):
    done = ask(["I would rather not."], *ONE_DRAFT)
    assert done.returncode == 5
    assert done.stdout == ""
    assert "failed: " in done.stderr


def test_other_drafts_and_repairs_show_a_line_each(ask):
    done = ask([WRONG, WRONG, RIGHT], "--plan", "never", "--review", "never", "--drafts", "2",
               "--repairs", "1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == RIGHT_CODE
    assert "\ndraft 2: solution.py (2 lines)" in done.stderr
    assert "\ndraft 3 (repair): solution.py (2 lines)" in done.stderr


def test_a_plan_and_findings_are_shown(ask):
    plan = json.dumps({"summary": "Add the two.", "steps": ["Write add.", "Return the sum."]})
    finding = {"quote": "return a + b", "failure": "add(1, None) raises TypeError"}
    review = json.dumps({"findings": [finding], "verdict": "changes"})
    done = ask([plan, RIGHT, review], "--plan", "always", "--review", "advise")
    assert done.returncode == 0, done.stderr
    assert "plan: Add the two.\n  1. Write add.\n  2. Return the sum.\n" in done.stderr
    assert "review: changes, 1 finding\n  return a + b\n    add(1, None) raises" in done.stderr


def test_json_is_one_document_and_nothing_else(ask):
    done = ask([WRONG], "--json", *ONE_DRAFT, process=True)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document.pop("code") == WRONG_CODE
    assert document.pop("files") == {"solution.py": WRONG_CODE}
    outcome = Outcome.model_validate(document)
    assert outcome.status == "needs-work"
    assert outcome.strategy.drafts == 1
    assert outcome.prompts["code"].version == "1.0.0"


def test_request_comes_from_standard_input_for_a_dash(ask):
    done = ask([RIGHT], *ONE_DRAFT, request="-", given=REQUEST, process=True)
    assert done.stdout == RIGHT_CODE
    assert REQUEST.strip() in ask.server.chats[0].body["messages"][-1]["content"]


def test_starting_files_give_a_patch_that_git_applies(ask, folder):
    (folder / "calc").mkdir()
    (folder / "calc" / "add.py").write_text(WRONG_CODE)
    (folder / "test_add.py").write_text(
        "from calc.add import add\n\ndef test_add():\n    assert add(1, 2) == 3\n"
    )
    reply = RIGHT.replace("```python", "calc/add.py\n```python")
    done = ask([reply], "-f", "calc/add.py", "-f", "test_add.py", "-c", "pytest -q", *ONE_DRAFT,
               request="Make the test pass.")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("diff --git a/calc/add.py b/calc/add.py\n")
    subprocess.run(["git", "apply", "-"], cwd=folder, input=done.stdout, text=True, check=True)
    assert (folder / "calc" / "add.py").read_text() == RIGHT_CODE
    assert "✓ pytest -q" in done.stderr


def test_out_writes_the_files_and_says_so(ask, folder):
    done = ask([RIGHT], "--out", "there/new", *ONE_DRAFT)
    assert done.returncode == 0
    assert (folder / "there" / "new" / "solution.py").read_text() == RIGHT_CODE
    assert "there/new/solution.py" in done.stderr
    assert done.stdout == ""


def test_patch_writes_the_patch_and_says_so(ask, folder):
    done = ask([RIGHT], "--patch", "it.patch", *ONE_DRAFT)
    assert done.returncode == 0
    assert "+    return a + b\n" in (folder / "it.patch").read_text()
    assert "it.patch" in done.stderr
    assert done.stdout == ""


def test_work_is_printed_where_it_cannot_be_written(ask, folder):
    (folder / "there" / "solution.py").mkdir(parents=True)
    done = ask([RIGHT], "--out", "there", *ONE_DRAFT)
    assert done.returncode == 2
    assert "solution.py' is a directory" in done.stderr
    assert done.stdout == RIGHT_CODE


def test_another_prompt_reaches_the_model_and_the_record(ask, inside, folder):
    text = inside("prompts", "show", "code").stdout
    own = text.replace("expert programmer", "patient teacher").replace(
        "name: code", "name: code.my"
    )
    (folder / "code.md").write_text(own)
    done = ask([RIGHT], "--prompt", "code=./code.md", "--json", *ONE_DRAFT)
    assert done.returncode == 0, done.stderr
    assert "patient teacher" in ask.server.chats[0].body["messages"][0]["content"]
    assert json.loads(done.stdout)["prompts"]["code"]["name"] == "code.my"


def test_an_endpoint_that_refuses_is_a_failed_run(ask):
    done = ask([Reply("no such key", status=401)], *ONE_DRAFT)
    assert done.returncode == 5
    assert "401" in done.stderr
    assert "Traceback" not in done.stderr


def test_sandbox_none_is_said_aloud(ask):
    done = ask([RIGHT], "--sandbox", "none", *ONE_DRAFT)
    assert done.returncode == 0
    assert "unprotected" in done.stderr
