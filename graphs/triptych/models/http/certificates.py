"""Which certificate authorities are trusted: one TLS context for sync and async, made once."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

from triptych.errors import InputError

_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")


def context(verify: bool | str) -> ssl.SSLContext:
    """The context for a call's `verify`.

    With True, the file or directory that SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or
    SSL_CERT_DIR names (the first that is set) is trusted in place of the usual authorities, which
    are the system's and certifi's.

    Raises:
        InputError: If the file or directory is not there or holds no certificate.
    """
    if verify is False:
        return _trusting_all()
    if isinstance(verify, str):
        return _trusting(verify, "verify")
    for name in _VARIABLES:
        if value := os.environ.get(name):
            return _trusting(value, name)
    return _usual()


@lru_cache(maxsize=1)
def _trusting_all() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


@lru_cache(maxsize=1)
def _usual() -> ssl.SSLContext:
    made = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return made
    # Beside the system's, which may hold the company's own and on some systems is empty.
    made.load_verify_locations(certifi.where())
    return made


@lru_cache(maxsize=64)
def _trusting(path: str, named_by: str) -> ssl.SSLContext:
    place = os.path.expanduser(path)
    try:
        if os.path.isdir(place):
            return ssl.create_default_context(capath=place)
        return ssl.create_default_context(cafile=place)
    except (OSError, ssl.SSLError):
        raise InputError(
            f"{path!r} holds no certificates of authorities (set by {named_by}).",
            "Name a PEM file, or a directory prepared by `openssl rehash`.",
        ) from None
