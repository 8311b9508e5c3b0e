"""A server that crashes is seen, restarted once a call, and says its last words the second time."""

import os
import signal
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest

from triptych.errors import ModelError, UnavailableError
from triptych.models.embedded import local, serving

LOST = UnavailableError("connection lost")
GONE = (ConnectionError, urllib.error.URLError)


def crash(server):
    os.kill(server.pid, signal.SIGKILL)
    server.wait()


def test_a_call_follows_the_server_to_its_new_address(faked):
    server = local.local_server()
    crash(server)
    line = local.lifeline(server.base_url)  # the address that the model object was built with
    assert line.lost
    line.revive(LOST)
    assert not line.lost
    assert line.base_url != server.base_url
    assert faked.ask(line)["pid"] != server.pid
    assert faked.ask(local.lifeline(server.base_url)) == faked.ask(line)


def test_a_call_that_crashes_it_twice_gets_its_last_words_without_the_key(faked):
    line = local.lifeline(local.local_server().base_url)
    with pytest.raises(GONE):
        faked.ask(line, "crash")
    line.revive(LOST)
    key = line.key
    with pytest.raises(GONE):
        faked.ask(line, "crash")
    with pytest.raises(UnavailableError, match="crashed again on the same call") as caught:
        line.revive(LOST)
    assert "fake: crashed on ***" in str(caught.value)
    assert key not in str(caught.value)
    assert not caught.value.retryable


def test_the_next_call_after_that_has_a_restart_of_its_own(faked):
    server = local.local_server()
    for _ in range(3):
        line = local.lifeline(server.base_url)
        if line.lost:
            line.revive()
        with pytest.raises(GONE):
            faked.ask(line, "crash")
    line = local.lifeline(server.base_url)
    line.revive(LOST)
    assert faked.ask(line)


def test_an_error_of_a_server_that_lives_is_the_callers_to_handle(faked):
    server = local.local_server()
    line = local.lifeline(server.base_url)
    assert not line.lost
    with pytest.raises(UnavailableError) as caught:
        line.revive(LOST)
    assert caught.value is LOST
    assert line.base_url == server.base_url


def test_all_calls_that_see_the_crash_get_one_new_server(faked):
    server = local.local_server()
    lines = [local.lifeline(server.base_url) for _ in range(8)]
    crash(server)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda line: line.revive(LOST), lines))
    assert len({line.base_url for line in lines}) == 1


def test_two_processes_that_see_the_crash_get_one_new_server(faked, process):
    server = local.local_server()
    other = process("""
line = local.lifeline(local_server().base_url)
say()
listen()
line.revive()
say(line.base_url, local_server().pid)
listen()
""")
    other.line()
    crash(server)
    line = local.lifeline(server.base_url)
    line.revive(LOST)
    other.tell()
    assert other.line() == f"{line.base_url} {local.local_server().pid}"


def test_a_model_that_a_forked_child_has_from_its_parent_works_on_in_the_child(process):
    parent = process("""
import fake
server = local_server()
if not os.fork():
    line = local.lifeline(server.base_url)
    say(line.lost)
    line.revive()
    say(line.lost, line.base_url == server.base_url, fake.ask(line)["pid"] == server.pid)
    os._exit(0)
os.wait()
""")
    assert [parent.line(), parent.line()] == ["True", "False True True"]


def test_other_addresses_have_no_lifeline(faked):
    local.local_server()
    assert local.lifeline("http://127.0.0.1:8000/v1") is None
    assert local.lifeline("https://integrate.api.nvidia.com/v1") is None


def test_a_model_with_another_key_is_not_given_the_servers(faked):
    server = local.local_server()
    assert local.lifeline(server.base_url, server.key)
    assert local.lifeline(server.base_url, "") is None
    assert local.lifeline(server.base_url, "another") is None


def test_a_server_that_cannot_be_restarted_is_an_error_with_its_first_error(faked, monkeypatch):
    server = local.local_server()
    crash(server)
    monkeypatch.setenv("FAKE_FAILS", "1")
    line = local.lifeline(server.base_url)
    with pytest.raises(ModelError, match=r"did not start: fake: no luck with \*\*\*"):
        line.revive(LOST)
    monkeypatch.delenv("FAKE_FAILS")
    line.revive(LOST)  # the next try may succeed
    assert faked.ask(line)


def test_one_served_with_a_key_of_the_users_opens_to_it_and_is_shared(faked):
    from triptych.models import catalogue

    entry = catalogue.find("local")
    server = serving.serve(entry, local.download.ensure(entry), key="mine")
    try:
        assert local.local_server().pid == server.pid
        assert server.key != "mine"
        server.key = "mine"
        assert faked.ask(server)["pid"] == server.pid
        server.key = "guessed"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            faked.ask(server)
    finally:
        server.stop()


def test_where_one_runs_another_key_or_port_gets_a_server_of_its_own(faked):
    from triptych.models import catalogue

    entry = catalogue.find("local")
    path = local.download.ensure(entry)
    shared = local.local_server()
    joined, own = serving.serve(entry, path), serving.serve(entry, path, key="mine")
    assert joined.pid == shared.pid
    assert own.pid != shared.pid
    joined.stop()
    own.stop()
    assert shared.alive
