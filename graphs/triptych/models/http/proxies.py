"""The proxy that the environment names for an address."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.parse import urlsplit

from triptych.errors import InputError
from triptych.models import faults

_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_VARIABLES = (*_NAMES, *map(str.upper, _NAMES), "REQUEST_METHOD")


def proxy_for(url: str) -> str | None:
    """The proxy's address for `url`, or None.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read as requests reads them; this machine is
    never asked for through a proxy. The rules are worked out anew only when the environment
    changes, because they are asked for before each call.

    Raises:
        InputError: If the proxy is not spoken to in plain http (TLS to the proxy itself and SOCKS
            are not known here).
    """
    origin = _origin_elsewhere(url)
    return _found(origin, tuple(map(os.environ.get, _VARIABLES))) if origin else None


@lru_cache(maxsize=256)
def _origin_elsewhere(url: str) -> str:
    """Scheme, host and port of an address; empty for one of this machine."""
    if faults.is_loopback(url):
        return ""
    parts, place = urlsplit(url), faults.place(url)
    port = "" if parts.port else ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{place}{port}/"  # with its port: NO_PROXY may name it


@lru_cache(maxsize=256)
def _found(origin: str, environment: tuple[str | None, ...]) -> str | None:
    from requests.utils import get_environ_proxies, select_proxy

    found = select_proxy(origin, get_environ_proxies(origin, no_proxy=None))
    if not found:
        return None
    proxy: str = found if "://" in found else f"http://{found}"
    if urlsplit(proxy).scheme != "http":
        raise InputError(
            f"The proxy {urlsplit(proxy).scheme}://{faults.place(proxy)} is not spoken here.",
            f"Set an http:// proxy, or NO_PROXY={faults.host(origin)} to go without.",
        )
    return proxy
