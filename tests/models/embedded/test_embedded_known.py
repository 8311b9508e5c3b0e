"""A server is asked as an embedded one if a process of this user has started it, and only then."""

import socket

import pytest

from triptych.models import catalogue, chat_model
from triptych.models.embedded import local, meeting

MODEL = "qwen2.5-coder-0.5b"


@pytest.fixture(autouse=True)
def nobody_met(monkeypatch):
    monkeypatch.setattr(meeting, "_met", set())


def test_a_users_own_server_with_a_model_of_that_name_is_asked_by_its_own_habits(
    faked, scripted_server
):
    local.local_server()
    server = scripted_server(["Hello"], models=[MODEL])
    assert catalogue.entry_at(server.base_url, MODEL) is None
    model = chat_model(base_url=server.base_url, model=MODEL)
    assert model.abilities == catalogue.Abilities()
    tool = {"title": "look", "description": "Look.", "type": "object", "properties": {}}
    assert model.bind_tools([tool]).invoke("Hi").content == "Hello"
    assert "response_format" not in server.chats[0].body  # no emulation of tools


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_server_of_this_process_is_known_by_every_name_of_this_machine(faked, host):
    server = local.local_server()
    url = server.base_url.replace("127.0.0.1", host)
    assert catalogue.entry_at(url, MODEL) is catalogue.find("local")
    assert catalogue.entry_at(url, "another") is None


def test_one_that_has_ended_is_known_still(faked):
    server = local.local_server()
    local.stop_all()  # calls of a model that was made for it start it anew
    assert catalogue.entry_at(server.base_url, MODEL) is catalogue.find("local")


def test_a_server_of_another_process_is_known_by_where_it_meets_its_users(faked, process):
    other = process("say(local_server().base_url)\nlisten()\n")
    url = other.line()
    assert meeting.met() == frozenset()
    assert catalogue.entry_at(url, MODEL) is catalogue.find("local")
    assert catalogue.abilities_for(url, MODEL).tools == "schema"


def test_one_that_does_not_answer_bars_nobodys_way(meeting_place, monkeypatch):
    monkeypatch.setattr(meeting, "LOOK_SECONDS", 0.05)
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(meeting.own_place().socket))
    silent.listen()
    (meeting.folder() / "killed.sock").touch()
    with silent:
        assert catalogue.entry_at("http://127.0.0.1:41234/v1", MODEL) is None
