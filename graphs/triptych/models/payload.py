"""The parameters of a request as one endpoint takes them."""

from __future__ import annotations

from typing import Any

from triptych.errors import InputError
from triptych.models.abilities import Abilities
from triptych.models.tools import choice

_OURS = frozenset(
    {
        "api_key", "base_url", "max_retries", "nvidia_api_key", "request_timeout",
        "streaming", "timeout", "verify_ssl",
    }
)  # fmt: skip
"""Options of a client that reach the shipped class's payload, and the server with it."""

_LIMITS = ("max_tokens", "max_completion_tokens")


def settled(payload: dict[str, Any], given: dict[str, Any], abilities: Abilities) -> dict[str, Any]:
    """The payload with each parameter under the name that the endpoint takes.

    Args:
        payload: The body as the shipped class composes it.
        given: The parameters of this very call: they win over the model's own.
        abilities: What the endpoint takes.

    Raises:
        InputError: If more than one answer is asked for: all are paid for, and a message holds one.
    """
    body = {name: value for name, value in payload.items() if name not in _OURS}
    limit = next((given[name] for name in _LIMITS if given.get(name) is not None), None)
    own = next((body[name] for name in _LIMITS if body.get(name) is not None), None)
    for name in _LIMITS:
        body.pop(name, None)
    if (limit or own) is not None:
        body[abilities.max_tokens] = limit or own
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    if not body.get("stop"):
        body.pop("stop", None)
    if not body.get("tools"):  # an empty list is a 400 on vLLM, and a choice among nothing too
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            body.pop(name, None)
    elif "tool_choice" in body:  # given with the call, in any of LangChain's words
        names = [tool["function"]["name"] for tool in body["tools"] if "function" in tool]
        body["tool_choice"] = choice.settled(body["tool_choice"], names)
    if not abilities.parallel_tools:
        body.pop("parallel_tool_calls", None)
    body.update(body.pop("extra_body", None) or {})
    if (body.get("n") or 1) > 1:
        raise InputError(
            f"n={body['n']} asks for several answers, and a message holds one.",
            "Call the model several times: batch() does it at once.",
        )
    return body
