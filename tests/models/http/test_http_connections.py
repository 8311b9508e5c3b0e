"""Connections are kept for the next call, and closed when nobody wants their answer."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing

import onebyone
import pytest
from bytewise import DONE, END, WHOLE, answering, chunk, event, head

from triptych.errors import ModelError, UnavailableError
from triptych.models.http import exchange, pool
from triptych.models.http.transport import Call

TWO = [{"n": 1}, {"n": 2}]


def call(wire, **more):
    return Call(wire.url, {"model": "m"}, **more)


def test_calls_one_after_the_other_share_a_connection(wire, send):
    server = wire()
    assert send(*[call(server)] * 5) == [TWO] * 5
    assert len(server.clients) == 1


def test_an_answer_that_ends_with_done_waits_for_the_end_of_its_body(wire, send):
    """The end of the body often comes in a packet of its own, behind [DONE]."""

    def serve(client):
        while client.request():
            client.send(head() + chunk(event({"n": 1}) + DONE))
            client.send(END)

    server = wire(serve)
    assert send(*[call(server)] * 3) == [[{"n": 1}]] * 3
    assert len(server.clients) == 1


def test_a_server_that_does_not_end_its_body_holds_nobody_up(wire, send):
    """What counts has been said with [DONE]: the connection is given up, the answer is not."""

    def serve(client):
        client.request()
        client.send(head() + chunk(event({"n": 1}) + DONE))
        client.gone()

    server = wire(serve)
    assert send(call(server)) == [[{"n": 1}]]
    assert server.left.get(timeout=10) == 1


def test_a_refusal_keeps_its_connection(wire, mode):
    server = wire(answering(head(429) + chunk(b"slow down") + END))

    async def twice():
        for _ in range(2):
            with pytest.raises(ModelError):
                await anext(onebyone.aevents(call(server)))

    for _ in range(2 if mode == "sync" else 0):
        with pytest.raises(ModelError):
            next(onebyone.events(call(server)))
    if mode == "async":
        asyncio.run(twice())
    assert (len(server.requests), len(server.clients)) == (2, 1)


def test_a_connection_is_not_kept_for_ever(wire, monkeypatch):
    """Load balancers forget connections that are silent for a minute, some without a word."""
    server = wire()
    monkeypatch.setattr(pool, "IDLE_SECONDS", -1.0)
    assert [list(onebyone.events(call(server))) for _ in range(2)] == [TWO, TWO]
    assert len(server.clients) == 2
    server.left.get(timeout=10)


def test_threads_need_no_more_connections_than_there_are_calls_at_once(wire):
    server = wire()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: list(onebyone.events(call(server))), range(200)))
    assert answers == [TWO] * 200
    assert len(server.clients) <= 8


async def test_tasks_need_no_more_connections_than_there_are_calls_at_once(wire):
    server = wire()
    gate = asyncio.Semaphore(8)

    async def one():
        async with gate, aclosing(onebyone.aevents(call(server))) as events:
            return [event async for event in events]

    assert await asyncio.gather(*[one() for _ in range(200)]) == [TWO] * 200
    assert len(server.clients) <= 8


def test_another_host_or_certificate_is_another_connection(wire, send):
    one, two = wire(), wire()
    assert send(call(one), call(two), call(one), call(two)) == [TWO] * 4
    assert len(one.clients) == len(two.clients) == 1


# A kept connection that the server has closed


def closing_after_the_first(client):
    client.request()
    client.send(WHOLE)


def test_a_kept_connection_that_was_closed_is_noticed_before_it_is_used(wire, send, mode):
    server = wire(closing_after_the_first)
    one = call(server)
    if mode == "sync":
        for _ in range(3):
            assert send(one) == [TWO]
            server.left.get(timeout=10)
    else:

        async def thrice():
            for _ in range(3):
                assert [event async for event in onebyone.aevents(one)] == TWO
                await asyncio.to_thread(server.left.get, timeout=10)

        asyncio.run(thrice())
    assert len(server.clients) == len(server.requests) == 3


@pytest.mark.parametrize("how", ["close", "reset"])
def test_one_that_is_closed_as_the_request_leaves_is_replaced_unnoticed(wire, send, how):
    """The server's good-bye and our request cross: it has read the request, but answers nothing."""

    def serve(client):
        client.request()
        client.send(WHOLE)
        if client.number == 1:
            client.request()
            if how == "reset":
                client.reset()
            return
        answering()(client)

    server = wire(serve)
    assert send(call(server), call(server)) == [TWO, TWO]
    assert len(server.clients) == 2
    assert len(server.requests) == 3


def test_then_the_others_that_are_kept_are_not_tried(wire, mode):
    """After a restart of the way between, all of them are dead, and each would fail in its turn."""
    together = threading.Barrier(3)

    def serve(client):
        client.request()
        if client.number <= 3:
            together.wait(20)
            client.send(WHOLE)
            client.request()
            client.reset()
            return
        client.send(WHOLE)
        answering()(client)

    server = wire(serve)
    if mode == "sync":
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: list(onebyone.events(call(server))), range(3)))
        assert list(onebyone.events(call(server))) == TWO
    else:

        async def ask(_=None):
            return [event async for event in onebyone.aevents(call(server))]

        async def four():
            await asyncio.gather(*map(ask, range(3)))
            return await ask()

        assert asyncio.run(four()) == TWO
    assert len(server.clients) == 4


def test_a_fresh_connection_that_is_closed_is_no_such_case(wire, send):
    server = wire(lambda client: client.request())
    with pytest.raises(UnavailableError) as caught:
        send(call(server))
    assert caught.value.retryable
    assert len(server.requests) == 1


def test_nor_is_one_that_was_closed_after_a_while(wire, send, monkeypatch):
    """Then the server may have worked on it, and sending it again is for the caller to see."""
    monkeypatch.setattr(exchange, "STALE_SECONDS", -1.0)
    monkeypatch.setattr("triptych.models.http.aexchange.STALE_SECONDS", -1.0)

    def serve(client):
        client.request()
        client.send(WHOLE)
        client.request()

    server = wire(serve)
    with pytest.raises(UnavailableError) as caught:
        send(call(server), call(server))
    assert caught.value.retryable
    assert len(server.requests) == 2


def test_nor_is_one_whose_answer_had_begun(wire, send):
    def serve(client):
        client.request()
        client.send(WHOLE)
        client.request()
        client.send(head() + chunk(event({"n": 1})))

    server = wire(serve)
    with pytest.raises(UnavailableError, match="broke off"):
        send(call(server), call(server))
    assert len(server.requests) == 2


# Leaving early


def half(client):
    client.request()
    client.send(head() + chunk(event({"n": 1})))
    client.gone()


def test_leaving_early_hangs_up(wire):
    server = wire(half)
    with closing(onebyone.events(call(server))) as events:
        assert next(events) == {"n": 1}
    assert server.left.get(timeout=10) == 1


async def test_leaving_early_hangs_up_in_a_task(wire):
    server = wire(half)
    async with aclosing(onebyone.aevents(call(server))) as events:
        assert await anext(events) == {"n": 1}
    assert await asyncio.to_thread(server.left.get, timeout=10) == 1


@pytest.mark.parametrize("sent", [b"", head(), head() + chunk(event({"n": 1}))])
async def test_cancelling_hangs_up_wherever_it_waits(wire, sent):
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def serve(client):
        client.request()
        client.send(sent)
        loop.call_soon_threadsafe(asked.set)
        client.gone()

    server = wire(serve)

    async def ask():
        return [event async for event in onebyone.aevents(call(server))]

    task = asyncio.create_task(ask())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(server.left.get, timeout=10) == 1


@pytest.mark.parametrize("sent", [b"", head(), head() + chunk(event({"n": 1}))])
def test_ctrl_c_hangs_up_wherever_it_waits(wire, sent):
    import signal

    def serve(client):
        client.request()
        client.send(sent)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        client.gone()

    server = wire(serve)
    with pytest.raises(KeyboardInterrupt):
        list(onebyone.events(call(server)))
    assert server.left.get(timeout=10) == 1


def test_a_copy_of_the_socket_elsewhere_keeps_no_server_busy(wire):
    """A forked child may hold one: closing ours would tell the server nothing then."""
    server = wire(half)
    copies = []

    def copy_all():
        from triptych.models.http import sockets

        copies.extend(os.dup(sock.fileno()) for sock in list(sockets._open) if sock.fileno() >= 0)

    try:
        with closing(onebyone.events(call(server))) as events:
            next(events)
            copy_all()
        assert server.left.get(timeout=10) == 1
    finally:
        for each in copies:
            os.close(each)
