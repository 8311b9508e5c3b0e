"""Models made ready: ``ChatNVIDIA`` for hosted, self-hosted and local ones, by name.

Names are loaded when they are first used: LangChain takes seconds to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triptych.models.catalogue import Entry, Price, entries, entry_at, find, lookup
    from triptych.models.chat import ChatNVIDIA
    from triptych.models.embedded.download import ensure
    from triptych.models.embedded.local import LocalServer, local_server
    from triptych.models.http.call import Timeouts
    from triptych.models.ready import chat_model, default_name, destination

__all__ = [
    "ChatNVIDIA",
    "Entry",
    "LocalServer",
    "Price",
    "Timeouts",
    "chat_model",
    "default_name",
    "destination",
    "ensure",
    "entries",
    "entry_at",
    "find",
    "local_server",
    "lookup",
]

_HOMES = {
    "ChatNVIDIA": "chat",
    "Entry": "catalogue",
    "Price": "catalogue",
    "Timeouts": "http.call",
    "LocalServer": "embedded.local",
    "chat_model": "ready",
    "default_name": "ready",
    "destination": "ready",
    "ensure": "embedded.download",
    "entries": "catalogue",
    "entry_at": "catalogue",
    "find": "catalogue",
    "local_server": "embedded.local",
    "lookup": "catalogue",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
