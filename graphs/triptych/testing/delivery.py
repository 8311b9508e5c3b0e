"""Sending one reply: at once, slowly, held back, or broken off."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from triptych.testing.dialects.answer import Answer
from triptych.testing.dialects.dialect import DONE, Dialect, Refusal, event
from triptych.testing.holds import Holds
from triptych.testing.journal import Entry
from triptych.testing.reply import Reply

_SHORT = ("eof", "json", "reset", "close", "error-event")


class Delivery:
    """One reply on its way to one client.

    Args:
        request: The client's request.
        entry: Its place in the journal.
        answer: What to send.
        dialect: How to word it.
        headers: The dialect's headers for it.
        started: The server's own event beside the entry's.
        holds: The server's look-out for events.
    """

    def __init__(
        self,
        request: web.Request,
        entry: Entry,
        answer: Answer,
        dialect: Dialect,
        headers: dict[str, str],
        started: threading.Event,
        holds: Holds,
    ) -> None:
        self._request = request
        self._entry = entry
        self._answer = answer
        self._reply: Reply = answer.reply
        self._dialect = dialect
        self._extra = headers
        self._started = started
        self._holds = holds

    async def send(self) -> web.StreamResponse:
        """Send it; the response that comes back is for aiohttp to finish."""
        reply = self._reply
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.cut in ("before", "reset-before"):
            return self._abort(web.Response())
        whole = reply.body is not None or reply.status != HTTPStatus.OK
        if whole or not self._answer.request.get("stream"):
            return await self._send_whole(self._payload())
        return await self._send_stream()

    def _payload(self) -> bytes:
        reply = self._reply
        if isinstance(reply.body, bytes):
            return reply.body
        if reply.status != HTTPStatus.OK and reply.body is None:
            message = reply.text or HTTPStatus(reply.status).phrase
            value = self._dialect.error(Refusal(reply.status, message))
        elif reply.cut == "error-event" and reply.body is None:
            value = self._dialect.error(Refusal(500, reply.error))
        elif reply.body is None:
            value = self._dialect.completion(self._answer)
        else:
            value = reply.body
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()

    def _headers(self, payload: bytes) -> CIMultiDict[str]:
        kinds = {b"data:": self._dialect.stream_type, b"<": "text/html; charset=utf-8"}
        kind = next((k for start, k in kinds.items() if payload.startswith(start)), None)
        headers = CIMultiDict({"Content-Type": kind or self._dialect.json_type})
        headers.update(self._extra)
        headers.update(self._reply.headers)
        return headers

    async def _send_whole(self, payload: bytes) -> web.StreamResponse:
        await self._hold()
        if self._reply.cut in ("eof", "json"):
            payload = payload[: len(payload) // 2]
        response = web.Response(
            body=payload, status=self._reply.status, headers=self._headers(payload)
        )
        if self._reply.cut in ("reset", "close"):
            broken = web.StreamResponse(headers=response.headers)
            broken.content_length = len(payload)
            await broken.prepare(self._request)
            await broken.write(payload[: len(payload) // 2])
            return self._abort(broken)
        self._mark_started()
        return response

    async def _send_stream(self) -> web.StreamResponse:
        reply = self._reply
        first, pieces, end = self._script()
        headers = self._headers(b"data:")
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        if reply.hold_after == -2:
            await self._hold()
        await response.prepare(self._request)
        if reply.hold_after == -1:
            await self._hold()
        before: list[bytes] = []
        after = [first, *pieces, *end]
        if reply.hold is not None and reply.hold_after >= 0:
            at = 1 + min(reply.hold_after, len(pieces))
            before, after = after[:at], after[at:]
            await self._write(response, before)
            await self._hold()
        last = await self._write(response, after, keep_last=True)
        self._mark_started()
        if reply.cut in ("reset", "close"):
            await response.write(last)
            return self._abort(response)
        # From here the client has all it needs; it may leave before the empty last chunk.
        self._entry.finished.set()
        await response.write_eof(last)  # with the end of the response in one packet
        return response

    def _script(self) -> tuple[bytes, list[bytes], list[bytes]]:
        """The events as the script breaks them off, fills them up, or leaves them."""
        reply = self._reply
        first, pieces, end = self._dialect.events(self._answer)
        following = [*pieces, *end][min(reply.cut_after, len(pieces))]
        if reply.cut in _SHORT:
            pieces, end = pieces[: reply.cut_after], []
        if reply.cut == "json":
            end = [following[: len(following) // 2]]
        if reply.cut == "error-event":
            error: Any = self._dialect.error(Refusal(500, reply.error))
            end = [event(error), DONE]
        if reply.cut == "no-done":
            end = end[:-1]
        if reply.insert:
            at = reply.cut_after
            pieces = [*pieces[:at], reply.insert, *pieces[at:]]
        return first, pieces, end

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
            await self._holds.wait(self._reply.hold)

    def _mark_started(self) -> None:
        self._entry.started.set()
        self._started.set()

    def _abort(self, response: web.StreamResponse) -> web.StreamResponse:
        """Close the connection at once; with a reset if something was already sent."""
        self._entry.finished.set()  # the client has not gone away: the script wanted it so
        transport = self._request.transport
        if transport is not None:
            wanted = self._reply.cut in ("reset", "reset-before")
            sock = transport.get_extra_info("socket")
            if sock is not None and wanted:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return response
