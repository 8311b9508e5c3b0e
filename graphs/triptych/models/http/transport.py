"""One chat completion over HTTP, as a stream of JSON events: sync by requests, async by aiohttp.

In place of the shipped clients' request methods, which keep what they send on the client and read
it back (threads send each other's prompts), send the key to any address, and read no line over
512 KiB. Nothing is shared between calls here. Leaving a stream early closes its connection, which
is how a server learns that it may stop generating.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import requests
import urllib3
from requests.utils import get_environ_proxies, select_proxy

from triptych.models import faults
from triptych.models.http.sse import Events

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Call:
    """Where a request goes and what it carries.

    `idle_seconds` is the longest silence before and between the events of the answer.
    """

    url: str
    payload: dict[str, Any]
    key: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    idle_seconds: float = 300.0
    verify: bool | str = True

    @property
    def sent_headers(self) -> dict[str, str]:
        """All headers; an Authorization only where there is a key."""
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        # identity: a compressing proxy holds events back until it has a block of them.
        own = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        return {**own, "User-Agent": "triptych", **key, **self.headers}

    @property
    def models_url(self) -> str:
        """Where the endpoint lists what it serves; beside the chat path of the same host."""
        return self.url.removesuffix("/chat/completions") + "/models"

    def refused(self, status: int, body: str, served: list[str] | None) -> Exception:
        """The error for an HTTP status, never with the key in it, should the body repeat it."""
        text = body.replace(self.key, "***") if self.key else body
        return faults.refused(self.url, status, text, str(self.payload.get("model")), served)


def events(call: Call) -> Generator[Any, None, None]:
    """Send the request and yield the events of the answer.

    Raises:
        ModelError: If the endpoint cannot be reached, refuses, breaks off or speaks no JSON.
    """
    _check(call)
    reader, begun = Events(), False
    try:
        with (
            session(call.url, call.sent_headers, call.verify) as client,
            client.post(
                call.url,
                json=call.payload,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, call.idle_seconds),
            ) as got,
        ):
            if got.status_code != 200:
                served = _served(client, call) if got.status_code == 404 else None
                raise call.refused(got.status_code, got.text, served)
            begun = True
            # read1: whatever has arrived. iter_lines waits for 512 bytes of an unchunked answer.
            while not reader.done and (data := got.raw.read1(65536, decode_content=True)):
                yield from reader.feed(data)
            yield from reader.end()
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise faults.unreachable(call.url, error, begun=begun) from None
    except ValueError:
        raise faults.not_a_completion(call.url, reader.body.decode(errors="replace")) from None


async def aevents(call: Call) -> AsyncGenerator[Any, None]:
    """`events` for asyncio; cancelling or closing it closes the connection."""
    _check(call)
    reader, begun = Events(), False
    try:
        async with (
            asession(call) as client,
            client.post(
                call.url, json=call.payload, allow_redirects=False, proxy=_proxy(call.url)
            ) as got,
        ):
            if got.status != 200:
                served = await _aserved(client, call) if got.status == 404 else None
                raise call.refused(got.status, await got.text(errors="replace"), served)
            begun = True
            while not reader.done and (data := await got.content.readany()):
                for event in reader.feed(data):
                    yield event
            for event in reader.end():
                yield event
    except (aiohttp.ClientError, OSError) as error:
        raise faults.unreachable(call.url, error, begun=begun) from None
    except ValueError:
        raise faults.not_a_completion(call.url, reader.body.decode(errors="replace")) from None


def session(url: str, headers: dict[str, str], verify: bool | str = True) -> requests.Session:
    """A requests session that takes no password from ``.netrc`` and no proxy to this machine."""
    made = requests.Session()
    made.headers.update(headers)
    made.verify = verify
    made.auth = _as_it_is  # any auth at all keeps requests from looking into .netrc
    made.trust_env = not faults.is_loopback(url)
    return made


def asession(call: Call) -> aiohttp.ClientSession:
    """An aiohttp session with the call's headers, time limits and certificates."""
    timeout = aiohttp.ClientTimeout(
        total=None,
        connect=CONNECT_SECONDS,
        sock_connect=CONNECT_SECONDS,
        sock_read=call.idle_seconds,
    )
    connector = aiohttp.TCPConnector(ssl=_ssl(call.verify))
    return aiohttp.ClientSession(
        headers=call.sent_headers, timeout=timeout, connector=connector, read_bufsize=2**18
    )


def served(url: str, key: str = "", verify: bool | str = True) -> list[str] | None:
    """The ids of the models that the endpoint at a base URL lists; None if it lists none.

    Raises:
        ModelError: If it cannot be reached.
    """
    call = Call(f"{url}/chat/completions", {}, key, verify=verify)
    with session(url, call.sent_headers, verify) as client:
        try:
            return _served(client, call, quiet=False)
        except requests.RequestException as error:
            raise faults.unreachable(url, error) from None


def _served(client: requests.Session, call: Call, *, quiet: bool = True) -> list[str] | None:
    try:
        got = client.get(call.models_url, timeout=CONNECT_SECONDS, allow_redirects=False)
        return _ids(got.json()) if got.status_code == 200 else None
    except ValueError:
        return None
    except requests.RequestException:
        if quiet:
            return None
        raise


async def _aserved(client: aiohttp.ClientSession, call: Call) -> list[str] | None:
    limit = aiohttp.ClientTimeout(total=CONNECT_SECONDS)
    try:
        async with client.get(
            call.models_url, timeout=limit, allow_redirects=False, proxy=_proxy(call.url)
        ) as got:
            return _ids(await got.json(content_type=None)) if got.status == 200 else None
    except (aiohttp.ClientError, OSError, ValueError):
        return None


def _ids(listing: Any) -> list[str] | None:
    rows = listing.get("data") if isinstance(listing, dict) else None
    if not isinstance(rows, list):
        return None
    return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row] or None


def _check(call: Call) -> None:
    if faults.is_hosted(call.url) and not call.key:
        raise faults.no_key(call.url)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address: aiohttp itself looks for none."""
    if faults.is_loopback(url):
        return None
    return select_proxy(url, get_environ_proxies(url, no_proxy=None))


def _ssl(verify: bool | str) -> Any:
    import ssl

    return verify if isinstance(verify, bool) else ssl.create_default_context(cafile=verify)
