"""On a terminal a run shows what is being written, and asks where it was told to."""

import json
import threading

import pytest
from cli_kit import ONE_DRAFT, REQUEST, RIGHT, command, environment
from cli_terminal import Terminal

from triptych.testing import Reply

pytest_plugins = ["triptych.testing.fixtures"]

PLAN = json.dumps({"summary": "Add the two.", "steps": ["Write add."]})


@pytest.fixture
def terminal(scripted_server, folder, tmp_path):
    """Starts a run on a terminal against a server that answers with these replies."""
    started = []

    def start(replies, *options, **env):
        start.server = scripted_server(replies)
        where = ("--base-url", start.server.base_url, "--model", "scripted")
        argv = command("run", *where, *options, REQUEST)
        started.append(Terminal(argv, folder, environment(tmp_path, **env)))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_the_first_draft_is_shown_while_it_is_written(terminal):
    go_on = threading.Event()
    shown = terminal([Reply(RIGHT, hold=go_on, hold_after=6)], *ONE_DRAFT)
    shown.expect("def add(a, b):")
    shown.expect("writing draft 1")
    assert "draft 1: solution.py" not in shown.screen
    go_on.set()
    assert shown.end() == 0
    assert "draft 1: solution.py (2 lines)" in shown.screen
    assert "approved: " in shown.screen


def test_a_plan_is_approved_and_a_patch_accepted(terminal):
    shown = terminal([PLAN, RIGHT], "--ask", "--plan", "always", "--review", "never")
    shown.expect("go on with this plan? (y/n/e)")
    assert "1. Write add." in shown.screen
    shown.type("x\n")
    shown.type("y\n")
    shown.expect("approved: accept this? (y/n)")
    assert "+    return a + b" in shown.screen
    shown.type("yes\n")
    assert shown.end() == 0


def test_a_declined_plan_ends_the_run_before_any_code(terminal):
    shown = terminal([PLAN], "--ask", "--plan", "always", "--review", "never")
    shown.expect("(y/n/e)")
    shown.type("n\n")
    assert shown.end() == 4
    assert "aborted: the plan was declined" in shown.screen
    assert len(terminal.server.chats) == 1


def test_a_declined_patch_is_written_nowhere(terminal, folder):
    shown = terminal([RIGHT], "--ask", "--out", "there", *ONE_DRAFT)
    shown.expect("accept this? (y/n)")
    shown.type("n\n")
    assert shown.end() == 4
    assert "aborted: the patch was declined" in shown.screen
    assert not (folder / "there").exists()


def test_an_edited_plan_is_the_one_that_is_followed(terminal):
    editor = "sed -i 's/Write add/Write it backwards/'"
    shown = terminal([PLAN, RIGHT], "--ask", "--plan", "always", "--review", "never", EDITOR=editor)
    shown.expect("(y/n/e)")
    shown.type("e\n")
    shown.expect("accept this?")
    shown.type("y\n")
    assert shown.end() == 0
    assert "Write it backwards." in str(terminal.server.chats[1].body["messages"])


def test_an_edit_that_is_no_plan_may_be_taken_back(terminal):
    editor = "sed -i 's/summary/sumary/'"
    shown = terminal([PLAN, RIGHT], "--ask", "--plan", "always", "--review", "never", EDITOR=editor)
    shown.expect("(y/n/e)")
    shown.type("e\n")
    shown.expect("edit again? (y/n)")
    shown.type("n\n")
    shown.expect("accept this?")
    shown.type("y\n")
    assert shown.end() == 0
    assert "Write add." in str(terminal.server.chats[1].body["messages"])


def test_ctrl_c_at_a_question_ends_the_run(terminal):
    shown = terminal([PLAN], "--ask", "--plan", "always", "--review", "never")
    shown.expect("(y/n/e)")
    shown.process.send_signal(2)
    assert shown.end() == 4
