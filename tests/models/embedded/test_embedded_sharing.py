"""Processes of one user share a server of a model; it ends with the last of them."""

import os
import stat

import pytest

from triptych.models.embedded import local, meeting

USER = """
server = local_server()
say(server.pid)
listen()
"""
pytestmark = pytest.mark.usefixtures("meeting_place")


def test_a_second_process_joins_and_the_server_outlives_kill_9_of_the_first(process, watch):
    first = process(USER)
    server = watch(first.line())
    second = process(USER)
    assert int(second.line()) == server.pid
    first.kill()
    third = process(USER)
    assert int(third.line()) == server.pid
    second.kill()
    assert not server.ended(0)
    third.kill()
    assert server.ended()


def test_it_ends_with_its_last_user_and_leaves_nothing_but_a_lock(process, watch, meeting_place):
    user = process(USER)
    server = watch(user.line())
    assert user.end() == 0
    assert server.ended()
    folder = meeting_place / f"triptych-{os.getuid()}"
    assert {path.suffix for path in folder.iterdir()} == {".lock"}


def test_many_processes_that_begin_at_once_share_one_server(process):
    workers = [process(USER) for _ in range(6)]
    assert len({worker.line() for worker in workers}) == 1


def test_other_models_have_other_servers(process):
    body = "say(*[local_server(name).pid for name in ('local', 'local:qwen2.5-coder-1.5b')])"
    assert len(set(process(body).line().split())) == 2


def test_kill_9_while_the_model_is_loading_ends_the_server(process, watch, meeting_place):
    told = meeting_place / "loading"
    os.mkfifo(told)
    starter = process("local_server()", FAKE_LOADS_FOR_EVER=str(told))
    server = watch(told.read_text())
    assert not server.ended(0)
    starter.kill()
    assert server.ended()


def test_a_forked_child_does_not_keep_the_server_of_its_parent(process, watch):
    parent = process("""
server = local_server()
child = os.fork()
if not child:
    signal.pause()
say(server.pid, child)
listen()
""")
    server, child = map(watch, parent.line().split())
    parent.kill()
    assert server.ended()
    assert not child.ended(0)
    child.kill()


def test_a_forked_worker_joins_for_itself_and_its_end_does_not_end_the_server(process, watch):
    parent = process("""
server = local_server()
say(server.pid)
if not os.fork():
    say(local_server().pid)
    sys.exit()  # an orderly end, exit handlers and all
os.wait()
say(server.alive)
listen()
""")
    server = watch(parent.line())
    assert int(parent.line()) == server.pid
    assert parent.line() == "True"
    assert not server.ended(0)


def test_a_worker_that_has_joined_keeps_the_server_when_its_parent_is_killed(process, watch):
    parent = process("""
server = local_server()
child = os.fork()
if not child:
    say(local_server().pid, os.getpid())
    signal.pause()
listen()
""")
    server, child = map(watch, parent.line().split())
    parent.kill()
    other = process(USER)
    assert int(other.line()) == server.pid
    other.kill()
    assert not server.ended(0)
    child.kill()
    assert server.ended()


def test_a_fork_in_the_middle_of_a_start_leaves_the_child_free_to_start(process, watch):
    parent = process("""
with meeting.alone(meeting.place(local.download.ensure(local.catalogue.find("local")))):
    local._lock.acquire()
    child = os.fork()
    if not child:
        say(os.getpid())
        listen()
        say(local_server().pid)
        signal.pause()
    signal.pause()
""")
    child = watch(parent.line())
    parent.popen.kill()
    parent.popen.wait()
    parent.tell()
    assert parent.line()
    child.kill()


def test_a_server_that_was_killed_does_not_bar_the_way(process, watch):
    first = process(USER)
    server = watch(first.line())
    server.kill()
    assert int(process(USER).line()) != server.pid


def test_nothing_on_the_disk_holds_the_key_and_only_the_user_can_enter(faked, meeting_place):
    server = local.local_server()
    folder = meeting_place / f"triptych-{os.getuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        if path.suffix == ".sock":
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        else:
            assert server.key.encode() not in path.read_bytes()


def test_a_folder_that_others_can_enter_is_not_used(meeting_place):
    folder = meeting_place / f"triptych-{os.getuid()}"
    folder.mkdir(mode=0o700)
    assert meeting.folder() == folder
    folder.chmod(0o755)
    assert meeting.folder() != folder
    assert stat.S_IMODE(meeting.folder().stat().st_mode) == 0o700
