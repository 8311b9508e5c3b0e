"""A reader slower than its server: reading stops while the buffer is full, and goes on."""

import asyncio
import gzip

import onebyone
import pytest
from bytewise import DONE, END, answering, chunk, event, head

from triptych.models.http import loops
from triptych.models.http.transport import Call

EVENTS = [{"n": n, "text": "x" * 60_000} for n in range(60)]
PIECES = [event(value) for value in EVENTS]
PACKED = gzip.compress(b"".join(PIECES) + DONE)


@pytest.mark.parametrize(
    "answer",
    [
        head() + b"".join(map(chunk, PIECES)) + chunk(DONE) + END,
        head(Content_Encoding="gzip") + chunk(PACKED) + END,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"".join(PIECES) + DONE,
    ],
    ids=["chunks", "compressed", "to the end of the connection"],
)
def test_all_arrives_though_reading_pauses(wire, monkeypatch, answer):
    paused = []
    pause = loops.Handler.pause_reading
    monkeypatch.setattr(
        loops.Handler, "pause_reading", lambda self: (paused.append(1), pause(self))[1]
    )

    def serve(client):
        client.request()
        client.send(answer)

    async def ask():
        found = []
        async for value in onebyone.aevents(Call(wire(serve).url, {})):
            found.append(value)
            await asyncio.sleep(0.002)  # the rest comes meanwhile
        return found

    assert asyncio.run(ask()) == EVENTS
    assert paused


def test_the_parser_is_not_run_again_for_each_piece(wire, monkeypatch):
    runs = []
    received = loops.Handler.data_received
    monkeypatch.setattr(
        loops.Handler,
        "data_received",
        lambda self, data: (runs.append(data), received(self, data))[1],
    )
    pieces = b"".join(chunk(event({"n": n})) for n in range(100))
    server = wire(answering(head() + pieces + chunk(DONE) + END))

    async def ask():
        return [value async for value in onebyone.aevents(Call(server.url, {}))]

    assert len(asyncio.run(ask())) == 100
    assert runs
    assert all(runs)  # each time with bytes from the network
