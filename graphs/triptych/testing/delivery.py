"""Sending one reply: at once, slowly, held back, or broken off."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from triptych.testing import wire
from triptych.testing.journal import Entry
from triptych.testing.reply import Reply

_HOLD_POLL = 0.005  # seconds between two looks at a hold; a thread for each would not scale


class Delivery:
    """One reply on its way to one client.

    Args:
        request: The client's request.
        entry: Its place in the journal.
        reply: What to send.
        number: Counts the replies of a server; stands in the ids.
        started: The server's own event beside the entry's.
    """

    def __init__(
        self,
        request: web.Request,
        entry: Entry,
        reply: Reply,
        number: int,
        started: threading.Event,
    ) -> None:
        self._request = request
        self._entry = entry
        self._reply = reply
        self._number = number
        self._started = started

    async def send(self) -> web.StreamResponse:
        """Send it; the response that comes back is for aiohttp to finish."""
        reply = self._reply
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.cut == "before":
            return self._abort(web.Response())
        body: Mapping[str, Any] = self._entry.body
        if reply.body is not None or reply.status != HTTPStatus.OK or not body.get("stream"):
            return await self._send_whole(self._payload(body))
        return await self._send_stream(body)

    def _payload(self, body: Mapping[str, Any]) -> bytes:
        reply = self._reply
        if isinstance(reply.body, bytes):
            return reply.body
        if isinstance(reply.body, str):
            return reply.body.encode()
        if reply.body is not None:
            return json.dumps(reply.body).encode()
        if reply.status != HTTPStatus.OK:
            message = reply.text or HTTPStatus(reply.status).phrase
            return json.dumps(wire.error_object(message, reply.status)).encode()
        if reply.cut == "error-event":
            return json.dumps(wire.error_object(reply.error, 500)).encode()
        return json.dumps(wire.completion(reply, body, self._number)).encode()

    def _headers(self, payload: bytes) -> CIMultiDict[str]:
        kinds = {b"data:": "text/event-stream; charset=utf-8", b"<": "text/html; charset=utf-8"}
        kind = next((k for start, k in kinds.items() if payload.startswith(start)), None)
        headers = CIMultiDict({"Content-Type": kind or "application/json"})
        headers.update(self._reply.headers)
        return headers

    async def _send_whole(self, payload: bytes) -> web.StreamResponse:
        await self._hold()
        if self._reply.cut == "eof":
            payload = payload[: len(payload) // 2]
        response = web.Response(
            body=payload, status=self._reply.status, headers=self._headers(payload)
        )
        if self._reply.cut == "reset":
            broken = web.StreamResponse(headers=response.headers)
            broken.content_length = len(payload)
            await broken.prepare(self._request)
            await broken.write(payload[: len(payload) // 2])
            return self._abort(broken)
        self._mark_started()
        return response

    async def _send_stream(self, body: Mapping[str, Any]) -> web.StreamResponse:
        reply = self._reply
        first, pieces, end = wire.events(reply, body, self._number)
        if reply.cut:
            pieces, end = pieces[: reply.cut_after], []
        if reply.cut == "error-event":
            end = [wire.event(wire.error_object(reply.error, 500)), b"data: [DONE]\n\n"]
        response = web.StreamResponse(headers=self._headers(first))
        response.enable_chunked_encoding()
        await response.prepare(self._request)
        at = len(pieces) if reply.hold is None else reply.hold_after
        before, after = [first, *pieces[:at]], [*pieces[at:], *end]
        if reply.hold is not None:
            await self._write(response, before)
            await self._hold()
            before = []
        last = await self._write(response, [*before, *after], keep_last=True)
        self._mark_started()
        if reply.cut == "reset":
            await response.write(last)
            return self._abort(response)
        # From here the client has all it needs; it may leave before the empty last chunk.
        self._entry.finished.set()
        await response.write_eof(last)  # with the end of the response in one packet
        return response

    async def _write(
        self, response: web.StreamResponse, parts: list[bytes], *, keep_last: bool = False
    ) -> bytes:
        """Write the parts, one by one if they are to be slow; the last is returned if wanted."""
        if not self._reply.chunk_delay:
            parts = [b"".join(parts)]
        last = parts.pop() if keep_last else b""
        for part in parts:
            await response.write(part)
            self._mark_started()
            await asyncio.sleep(self._reply.chunk_delay)
        return last

    async def _hold(self) -> None:
        if self._reply.hold is not None:
            self._mark_started()
            # A threading.Event, so that tests without a loop can set it.
            while not self._reply.hold.is_set():  # noqa: ASYNC110
                await asyncio.sleep(_HOLD_POLL)

    def _mark_started(self) -> None:
        self._entry.started.set()
        self._started.set()

    def _abort(self, response: web.StreamResponse) -> web.StreamResponse:
        """Close the connection at once; with a reset if something was already sent."""
        self._entry.finished.set()  # the client has not gone away: the script wanted it so
        transport = self._request.transport
        if transport is not None:
            wanted = self._reply.cut == "reset"
            sock = transport.get_extra_info("socket")
            if sock is not None and wanted:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return response
