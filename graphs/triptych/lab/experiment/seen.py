"""A live model as a record tells it: which, where and with what; never a key."""

from __future__ import annotations

import re
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.lab.frozen import LiveModel
from triptych.models.catalogue.entry import Parameters
from triptych.models.faults import is_hosted, place
from triptych.resources import entry_of, model_name

NOT_SAMPLING = ("seed", "timeout")
"""Not told: each cell has its own seed, and a time limit changes no answer."""


def seen_model(model: BaseChatModel) -> LiveModel:
    """What must not change of a model within a record."""
    entry = entry_of(model)
    url = str(getattr(model, "base_url", "") or "")
    if entry is not None and entry.kind == "local":
        where = "embedded"
    elif is_hosted(url):
        where = "hosted"
    else:
        where = _address(url) or type(model).__name__
    return LiveModel(
        name=entry.alias if entry else model_name(model),
        id=model_name(model),
        place=where,
        parameters=_parameters(model),
    )


def _address(url: str) -> str:
    """Host, port and path: one host may have several endpoints. Never a name or a password."""
    path = re.match(r"[^:/?#]*://[^/?#]*([^?#]*)", url)
    return place(url) + (path[1].rstrip("/").removesuffix("/v1") if path else "")


def _parameters(model: BaseChatModel) -> dict[str, Any]:
    extra = getattr(model, "model_kwargs", None) or {}
    found = {}
    for name in Parameters.__annotations__:
        value = getattr(model, name, None)
        value = extra.get(name) if value is None else value
        if value is not None and name not in NOT_SAMPLING:
            found[name] = value
    return found
