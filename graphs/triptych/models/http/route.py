"""The way to an address: host, proxy and certificates."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import make_headers, parse_url

from triptych.models.http import certificates
from triptych.models.http.masked import Masked
from triptych.models.http.proxies import proxy_for


@dataclass(frozen=True)
class Route:
    """How an address is reached.

    Attributes:
        url: The address without user and password.
        scheme: ``http`` or ``https``.
        host: Its host.
        port: Its port.
        path: Path and query, as the request names them.
        proxy: The proxy's address, if it goes through one.
        context: The TLS context of an https address.
        headers: What user and password in the address become.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    proxy: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def origin(self) -> tuple[object, ...]:
        """What two addresses share that can share a connection."""
        return (self.scheme, self.host, self.port, self.proxy, self.context)


def route(url: str, verify: bool | str) -> Route:
    """The way to `url`; worked out once as long as the environment stays the same.

    Raises:
        InputError: If the environment's proxy or the CA file cannot be used.
        LocationParseError: If `url` is no address.
    """
    context = certificates.context(verify) if url.startswith("https:") else None
    return _route(url, proxy_for(url), context)


@lru_cache(maxsize=256)
def _route(url: str, proxy: str | None, context: ssl.SSLContext | None) -> Route:
    parts = parse_url(url)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise LocationParseError("no http address")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    headers = make_headers(basic_auth=parts.auth) if parts.auth else {}
    plain = parts._replace(auth=None, fragment=None)
    return Route(
        url=plain.url,
        scheme=parts.scheme,
        host=parts.host.strip("[]"),
        port=port,
        path=plain.request_uri,
        proxy=proxy,
        context=context,
        headers=tuple((name.title(), Masked(value)) for name, value in headers.items()),
    )


def credentials(proxy: str) -> dict[str, str]:
    """The header that carries a proxy's user and password, where its address has them."""
    auth = urlsplit(proxy).netloc.rpartition("@")[0]
    if not auth:
        return {}
    from urllib.parse import unquote

    made = make_headers(proxy_basic_auth=unquote(auth))
    return {name: Masked(value) for name, value in made.items()}
