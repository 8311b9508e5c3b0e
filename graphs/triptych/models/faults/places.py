"""Addresses of endpoints, as rules and messages need them."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

HOSTED = ("integrate.api.nvidia.com", "ai.api.nvidia.com")
"""NVIDIA's own hosts: the only ones that are sent NVIDIA_API_KEY."""


@lru_cache(maxsize=256)  # asked for with each call, like `place`
def is_hosted(url: str) -> bool:
    """True for NVIDIA's own endpoints, over https only."""
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname in HOSTED


def is_loopback(url: str) -> bool:
    """True for an address on this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def host(url: str) -> str:
    """The host of an address, without its port."""
    return urlsplit(url).hostname or ""


@lru_cache(maxsize=256)
def place(url: str) -> str:
    """Host and port of an address, as messages name it."""
    return urlsplit(url).netloc.rpartition("@")[2]
