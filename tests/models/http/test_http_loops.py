"""Connections belong to one event loop and one process, and go quietly with it."""

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import onebyone
import pytest
from bytewise import chunk, event, head

from triptych.models.http import loops
from triptych.models.http.transport import Call

TWO = [{"n": 1}, {"n": 2}]
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}


def call(wire):
    return Call(wire.url, {"model": "m"})


def half(client):
    client.request()
    client.send(head() + chunk(event({"n": 1})))
    client.gone()


def test_loops_one_after_the_other_have_a_pool_each(wire):
    server = wire()

    async def twice():
        return [[event async for event in onebyone.aevents(call(server))] for _ in range(2)]

    for _ in range(3):
        assert asyncio.run(twice()) == [TWO, TWO]
    assert len(server.clients) == 3
    for _ in range(3):
        server.left.get(timeout=10)  # each loop has closed its connection as it ended


def test_a_loop_that_is_not_ended_properly_leaves_nothing_behind(wire):
    server = wire()

    async def ask():
        return [event async for event in onebyone.aevents(call(server))]

    for _ in range(3):
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(ask()) == TWO
        loop.close()
    asyncio.run(ask())
    for _ in range(4):
        server.left.get(timeout=10)
    assert not [pool for pool in loops._pools if pool.usable]


def test_a_pool_keeps_no_loop_alive(wire):
    import weakref

    server = wire()

    async def ask():
        return [event async for event in onebyone.aevents(call(server))]

    loop = asyncio.new_event_loop()
    loop.run_until_complete(ask())
    loop.close()
    seen = weakref.ref(loop)
    del loop
    gc.collect()
    assert seen() is None


SCRIPTS = {
    "sync": "ask()",
    "run": "asyncio.run(aask())",
    "manual loop": "loop = asyncio.new_event_loop(); loop.run_until_complete(aask()); loop.close()",
    "loop left open": "loop = asyncio.new_event_loop(); loop.run_until_complete(aask())",
    "left in the middle": "e = onebyone.events(call); next(e)",
    "task left in the middle": """
        async def leave():
            global e
            e = onebyone.aevents(call)
            await anext(e)
        asyncio.run(leave())
        """,
    "thread": "t = threading.Thread(target=lambda: asyncio.run(aask())); t.start(); t.join()",
    "fork": """
        ask()
        loop = asyncio.new_event_loop(); loop.run_until_complete(aask())
        if os.fork() == 0:
            ask()
            asyncio.run(aask())
            sys.exit(0)
        assert os.wait()[1] == 0
        ask()
        loop.run_until_complete(aask()); loop.close()
        """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_said_at_exit(wire, name):
    """Not even with all of Python's warnings on; asyncio's debug mode is the strictest."""
    server = wire()
    script = textwrap.dedent("""
        import asyncio, os, sys, threading
        import onebyone
        call = onebyone.Call(sys.argv[1], {})
        TWO = [{"n": 1}, {"n": 2}]
        def ask():
            assert list(onebyone.events(call)) == TWO
        async def aask():
            assert [e async for e in onebyone.aevents(call)] == TWO
        """) + textwrap.dedent(SCRIPTS[name])
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", "-c", script, server.url],
        capture_output=True,
        env=ENV,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in ran.stderr.splitlines() if "event loop <" not in line]
    said = [line for line in said if not line.startswith("Executing <")]  # a busy machine
    if name == "loop left open":  # Python itself says this of such a loop
        said = [line for line in said if "event loop" not in line and "source" not in line]
    assert (ran.returncode, ran.stdout, said) == (0, "", [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_opens_connections_of_its_own(wire):
    server = wire()
    assert list(onebyone.events(call(server))) == TWO
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if list(onebyone.events(call(server))) == TWO else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert list(onebyone.events(call(server))) == TWO
    assert [len(client.requests) for client in server.clients] == [2, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
async def test_a_forked_child_leaves_the_parents_loop_alone(wire):
    server = wire()

    async def ask():
        return [event async for event in onebyone.aevents(call(server))]

    assert await ask() == TWO
    child = os.fork()
    if child == 0:
        try:
            thread_ok = []
            thread = threading.Thread(target=lambda: thread_ok.append(asyncio.run(ask())))
            thread.start()
            thread.join(20)
            os._exit(0 if thread_ok == [TWO] else 1)
        finally:
            os._exit(2)
    assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0
    assert await ask() == TWO
    assert [len(client.requests) for client in server.clients] == [2, 1]


def test_a_child_holds_no_connection_of_its_parent_open(wire):
    """The parent dies in the middle of an answer, the child lives on: the server must notice."""
    server = wire(half)
    script = textwrap.dedent("""
        import os, sys
        import onebyone
        events = onebyone.events(onebyone.Call(sys.argv[1], {}))
        next(events)
        if os.fork() == 0:
            print("child", flush=True)
            sys.stdin.read()  # lives until the test is over
            os._exit(0)
        os.kill(os.getpid(), 9)
        """)
    with subprocess.Popen(
        [sys.executable, "-c", script, server.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENV,
    ) as parent:
        assert parent.stdout.readline() == b"child\n"
        assert server.left.get(timeout=10) == 1
        parent.stdin.close()
