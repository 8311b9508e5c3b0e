"""`chat_model`: from a name to a model that can be asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from triptych.errors import InputError, UnknownModelError
from triptych.models import catalogue, faults

if TYPE_CHECKING:
    from triptych.models.chat import ChatNVIDIA

LOCAL_IDLE_SECONDS = 1800.0
"""Silence that the local server is allowed: with all slots taken a request waits its turn, and on a
busy machine that is minutes. A server that died closes its connections at once."""


def chat_model(
    name: str | None = None,
    *,
    base_url: str | None = None,
    model: str | None = None,
    api_key: str | None = None,
    **params: Any,
) -> ChatNVIDIA:
    """A ready ``ChatNVIDIA``: hosted, self-hosted or local.

    A local one brings its file and starts its server on the first call for it, which takes seconds
    (minutes where the file is missing); later calls share the server. A hosted or self-hosted one
    is built without asking the network, except that `base_url` without `model` asks what is served.

    Args:
        name: A name of the catalogue (``devstral``, ``local``, ``local:qwen2.5-coder-1.5b``), the
            user's own entries included.
            None with no `base_url`: Devstral where NVIDIA_API_KEY is set, otherwise local.
        base_url: A self-hosted OpenAI-compatible endpoint.
        model: The model's name there.
        api_key: The key for that endpoint; None takes TRIPTYCH_API_KEY, if that is set, or the
            variable that the catalogue's entry names.
            NVIDIA_API_KEY is sent to NVIDIA's hosts only.
        **params: Arguments of ``ChatNVIDIA`` (`temperature`, `max_tokens`, `timeout`, ...) in
            place of the catalogue's.

    Raises:
        UnknownModelError: If the catalogue has no such name, or no one model stands out at
            `base_url`.
        InputError: If `base_url` is given together with `name`.
        ModelError: If the local server cannot be started or `base_url` not be reached.

    Example:
        >>> model = chat_model(base_url="http://127.0.0.1:8000", model="m", temperature=0.5)
        >>> model.temperature
        0.5
    """
    if base_url is not None:
        if name is not None and model is not None:
            raise InputError("Both a catalogue name and a base URL are given.", "Leave one out.")
        api_key = api_key or os.environ.get("TRIPTYCH_API_KEY")
        model = model or name or _only_one(base_url, api_key)
        return _made(base_url, model, api_key, params)
    entry = catalogue.find(name or model or default_name())
    params = {**entry.parameters, **_without_old_name(params)}
    if entry.kind == "local":
        return _local(entry, params)
    if entry.kind == "self-hosted":
        api_key = api_key or os.environ.get(entry.api_key_env or "TRIPTYCH_API_KEY")
    elif entry.api_key_env:
        api_key = api_key or os.environ.get(entry.api_key_env)
    return _made(entry.base_url, entry.id, api_key, params)


def default_name() -> str:
    """The model where nothing is configured: ``devstral`` with NVIDIA_API_KEY, else ``local``."""
    return "devstral" if os.environ.get("NVIDIA_API_KEY") else "local"


def destination(model: Any) -> str:
    """Where a model's requests go, in one line.

    Args:
        model: A ``ChatNVIDIA``, of this house or the shipped one; of another chat model that has no
            address there is only its name.

    Example:
        >>> destination(chat_model(base_url="http://127.0.0.1:8000", model="m"))
        'm on this machine (127.0.0.1)'
    """
    url = str(getattr(model, "base_url", None) or "")
    if not url:
        return str(getattr(model, "model", None) or type(model).__name__)
    if faults.is_loopback(url):
        return f"{model.model} on this machine ({faults.host(url)})"
    return f"{model.model} at {faults.place(url)}"


def _local(entry: catalogue.Entry, params: dict[str, Any]) -> ChatNVIDIA:
    """A local model on its server, whose weights are loaded while LangChain is being imported."""
    from triptych.models.embedded import local

    local.ahead(entry.alias)
    import triptych.models.chat  # noqa: F401 - seconds, the first time

    server = local.local_server(entry.alias)
    params = {"timeout": LOCAL_IDLE_SECONDS, **params}
    return _made(server.base_url, entry.id, server.key, params)


def _made(
    base_url: str | None, model: str, api_key: str | None, params: dict[str, Any]
) -> ChatNVIDIA:
    from triptych.models.chat import ChatNVIDIA

    return ChatNVIDIA(base_url=base_url, model=model, api_key=api_key, **params)


def _only_one(base_url: str, api_key: str | None) -> str:
    """The one model that an endpoint serves."""
    from triptych.models import arguments
    from triptych.models.http import transport

    url = base_url.rstrip("/").removesuffix("/v1") + "/v1"
    ids = transport.served(url, arguments.key(api_key)) or []
    if len(ids) == 1:
        return ids[0]
    raise UnknownModelError(
        f"No model is named for {faults.place(url)}.",
        f"Name one with model=: it serves {', '.join(ids[:10])}."
        if ids
        else "Name one with model=: it lists none.",
    )


def _without_old_name(params: dict[str, Any]) -> dict[str, Any]:
    """`max_completion_tokens` under the catalogue's word for it, so that it wins over that one."""
    most = params.pop("max_completion_tokens", None)
    return params if most is None else {**params, "max_tokens": most}
