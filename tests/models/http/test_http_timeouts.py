"""Four limits of time, told apart."""

import socket
import threading

import pytest
from bytewise import DONE, END, answering, chunk, event, head

from triptych.errors import ModelTimeoutError
from triptych.models.http.patience import Patience
from triptych.models.http.transport import Call, Timeouts

SHORT = 0.2
LONG = 60.0  # never reached


def silent(*sent: bytes):
    def serve(client):
        client.request()
        for piece in sent:
            client.send(piece)
        client.gone()

    return serve


def pinging(*sent: bytes):
    """Sends comments as long as the client listens."""

    def serve(client):
        client.request()
        stop = threading.Event()
        for piece in sent:
            client.send(piece)
        while not stop.wait(SHORT / 10):
            client.send(chunk(b": ping\n\n"))

    return serve


@pytest.mark.parametrize(
    ("serve", "limits", "kind"),
    [
        (silent(), Timeouts(first=SHORT, between=LONG), "first-token"),
        (silent(head()), Timeouts(first=SHORT, between=LONG), "first-token"),
        (pinging(head()), Timeouts(first=SHORT, between=LONG), "first-token"),
        (silent(head(), chunk(event(1))), Timeouts(first=LONG, between=SHORT), "between-tokens"),
        (silent(head(), chunk(b"data: {")), Timeouts(first=SHORT, between=LONG), "first-token"),
        (pinging(head(), chunk(event(1))), Timeouts(first=SHORT, between=SHORT), "between-tokens"),
        (pinging(head(), chunk(event(1))), Timeouts(first=LONG, total=SHORT), "total"),
        (silent(), Timeouts(first=LONG, total=SHORT), "total"),
    ],
)
def test_each_limit_is_told_by_its_name_and_hangs_up(wire, send, serve, limits, kind):
    server = wire(serve)
    with pytest.raises(ModelTimeoutError) as caught:
        send(Call(server.url, {}, timeouts=limits))
    assert caught.value.kind == kind
    assert f"{SHORT:g} s" in caught.value.message
    assert server.left.get(timeout=10) == 1


def test_comments_keep_an_answer_alive_between_its_tokens(wire, send):
    """More pings than fit into `between`, then the rest: the server was never silent."""
    pings = [chunk(b": ping\n\n")] * 4

    def serve(client):
        client.request()
        client.send(head() + chunk(event(1)))
        for ping in pings:
            threading.Event().wait(SHORT / 2)
            client.send(ping)
        client.send(chunk(event(2) + DONE) + END)

    server = wire(serve)
    limits = Timeouts(first=LONG, between=SHORT * 1.5)
    assert send(Call(server.url, {}, timeouts=limits)) == [[1, 2]]


def test_a_connection_that_does_not_come_about_is_told_so(send):
    # A listener with a full queue does not answer any more: on loopback, too.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = []
        for _ in range(3):
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1/chat/completions"
        with pytest.raises(ModelTimeoutError) as caught:
            send(Call(url, {}, timeouts=Timeouts(connect=SHORT)))
        for each in held:
            each.close()
    assert caught.value.kind == "connect"


def test_who_takes_his_time_with_an_event_loses_no_answer(wire, mode):
    """Only waiting counts."""
    import asyncio
    import time

    import onebyone

    server = wire(answering(head() + chunk(event(1)) + chunk(event(2) + DONE) + END))
    call = Call(server.url, {}, timeouts=Timeouts(first=SHORT, between=SHORT))
    found = []
    if mode == "sync":
        for each in onebyone.events(call):
            time.sleep(SHORT * 1.5)
            found.append(each)
    else:

        async def slowly():
            async for each in onebyone.aevents(call):
                await asyncio.sleep(SHORT * 1.5)
                found.append(each)

        asyncio.run(slowly())
    assert found == [1, 2]


# The arithmetic, by a clock that a test sets


def test_the_deadlines_follow_one_another():
    waits = Patience(Timeouts(connect=1, first=30, between=10, total=100), now=0)
    assert (waits.connecting(0), waits.kind) == (1, "connect")
    waits.sent(5)
    assert (waits.due(20), waits.kind) == (35, "first-token")
    waits.had_event(20)
    assert (waits.due(20), waits.kind) == (30, "between-tokens")
    assert waits.due(45) == 50  # a comment came at 45: no event later than at 20 + 30
    assert (waits.due(50), waits.seconds) == (50, 10)
    waits.had_event(95)
    assert (waits.due(95), waits.kind, waits.seconds) == (100, "total", 100)


def test_no_limit_is_no_limit():
    waits = Patience(Timeouts(None, None, None, None), now=0)
    waits.sent(0)
    assert waits.due(1e9) == float("inf")
    waits.had_event(0)
    assert waits.due(1e9) == float("inf")
