"""A start that is begun before it is waited for."""

import threading

import pytest

from triptych.models.embedded import local


def wait_for_starts():
    for thread in threading.enumerate():
        if thread.name == "triptych-start":
            thread.join(60)


@pytest.fixture
def started(monkeypatch):
    """A function that calls `ahead` and says which models are started in the background."""
    names = []

    def ahead():
        monkeypatch.setattr(local, "local_server", names.append)
        local.ahead()
        wait_for_starts()
        return names

    return ahead


def test_what_is_started_ahead_is_what_is_asked_for_later(faked, monkeypatch):
    monkeypatch.setattr(local.cache, "present", lambda file: True)
    local.ahead()
    server = local.local_server()
    assert faked.ask(server)["pid"] == server.pid


@pytest.mark.parametrize("present", [True, False])
def test_a_model_without_its_file_is_not_brought_unasked(faked, monkeypatch, started, present):
    monkeypatch.setattr(local.cache, "present", lambda file: present)
    assert started() == (["local"] if present else [])


def test_one_that_runs_is_not_started_again(faked, monkeypatch, started):
    monkeypatch.setattr(local.cache, "present", lambda file: True)
    local.local_server()
    assert started() == []


def test_the_model_is_loaded_while_langchain_is_being_imported(process, meeting_place):
    script = process("""
local.cache.present = lambda file: True
start = local.starting.start
def told(*args, **how):
    say(hasattr(sys.modules.get("triptych.models.chat"), "ChatNVIDIA"))
    return start(*args, **how)
local.starting.start = told
from triptych.models import chat_model
say(chat_model("local").base_url == local_server().base_url)
""")
    assert [script.line(), script.line()] == ["False", "True"]


def test_what_goes_wrong_is_said_by_who_waits(faked, monkeypatch):
    from triptych.errors import ModelError

    monkeypatch.setattr(local.cache, "present", lambda file: True)
    monkeypatch.setenv("FAKE_FAILS", "1")
    local.ahead()
    with pytest.raises(ModelError, match="did not start"):
        local.local_server()
    wait_for_starts()
