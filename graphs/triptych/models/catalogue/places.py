"""A model by where it is asked, which is all that a chat model knows of itself."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any
from urllib.parse import urlsplit

from triptych.models.abilities import Abilities
from triptych.models.catalogue.entry import Entry
from triptych.models.catalogue.table import entries

_log = logging.getLogger("triptych.models")
_hinted: set[tuple[str, str]] = set()
_lock = threading.Lock()
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCALHOST = re.compile(r"//(localhost|\[::1\])(?=:|/|$)")


def entry_at(base_url: str, model: str) -> Entry | None:
    """The entry of a model at an address; None if the catalogue has none.

    A local model is found where its server runs, whichever of this user's processes has started it.
    Another server of this machine may serve a model of that name, and has habits of its own.

    Args:
        base_url: The endpoint, with or without ``/v1``.
        model: The id that the endpoint uses.
    """
    here = address(base_url)
    known = [entry for entry in entries().values() if entry.id == model]
    exact = (entry for entry in known if entry.base_url and address(entry.base_url) == here)
    served = (entry for entry in known if entry.kind == "local" and _embedded(here))
    return next(exact, None) or next(served, None)


def abilities_for(base_url: str, model: str) -> Abilities:
    """What a request to a model may hold; careful defaults for one that is not in the catalogue.

    A hosted model that is served elsewhere keeps its abilities: they follow from its template. For
    an unknown one a line is logged (``triptych.models``, level INFO), once a process and model.

    Args:
        base_url: The endpoint.
        model: The id that the endpoint uses.
    """
    entry = entry_at(base_url, model)
    if entry is None:
        same = (e for e in entries().values() if e.id == model and e.kind == "hosted")
        entry = next(same, None)
    if entry is not None:
        return entry.abilities
    _hint(base_url, model)
    return Abilities()


def parameters_for(base_url: str, model: str) -> dict[str, Any]:
    """The default parameters of a model at an address; none for an unknown one."""
    entry = entry_at(base_url, model)
    return dict(entry.parameters) if entry else {}


def address(base_url: str) -> str:
    """An address as it is compared: host and port in lower case, without ``/v1``."""
    parts = urlsplit(base_url.rstrip("/").removesuffix("/v1"))
    port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    place = parts.netloc.rpartition("@")[2].lower().removesuffix(port)
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _embedded(here: str) -> bool:
    """True for the address of a server that this user's processes have started."""
    if urlsplit(here).hostname not in _LOOPBACK:
        return False
    from triptych.models.embedded import meeting

    sought = _LOCALHOST.sub("//127.0.0.1", here)
    known = (addresses() for addresses in (meeting.met, meeting.running))
    return any(sought == _LOCALHOST.sub("//127.0.0.1", url) for urls in known for url in urls)


def _hint(base_url: str, model: str) -> None:
    key = (address(base_url), model)
    with _lock:
        if key in _hinted:
            return
        _hinted.add(key)
    _log.info(
        "%s at %s is not in the catalogue: careful defaults are used. `triptych doctor --base-url "
        "%s --model %s --write` measures it and notes it.",
        model,
        *(urlsplit(key[0]).netloc, key[0], model),
    )
