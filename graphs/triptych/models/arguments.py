"""Arguments of `ChatNVIDIA`'s constructor, as the shipped class takes them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from langchain_nvidia_ai_endpoints import Model
from langchain_nvidia_ai_endpoints._statics import MODEL_TABLE, lookup_model
from pydantic import SecretStr

from triptych.errors import InputError
from triptych.models import faults, limits
from triptych.models.catalogue.table import HOSTED_URL
from triptych.models.http.call import Timeouts
from triptych.models.retry import Policy


def shipped(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments under the names that the shipped class knows without a warning, and complete.

    Args:
        given: As the user gave them.

    Raises:
        InputError: If an address is given and no model (the shipped class would ask the network),
            or a header holds what none can carry (the clients' own errors would show it).
    """
    made = {"usage_telemetry_enabled": False, **given}
    for name, value in (made.get("default_headers") or {}).items():
        if not (
            isinstance(value, str) and value.isascii() and value.replace("\t", "").isprintable()
        ):
            raise InputError(
                f"The header {name!r} holds what no header can carry.",
                "Give one line of ASCII text in default_headers.",
            )
    if "max_tokens" in made:
        made["max_completion_tokens"] = made.pop("max_tokens")
    if "extra_body" in made:  # moved there with a warning
        extra = {"extra_body": made.pop("extra_body")}
        made["model_kwargs"] = {**(made.get("model_kwargs") or {}), **extra}
    url = made.pop("nvidia_base_url", None) or made.get("base_url")
    made["base_url"] = url = url or os.environ.get("NVIDIA_BASE_URL") or HOSTED_URL
    model, hosted = made.get("model"), faults.is_hosted(url)
    if not hosted and not model:
        raise InputError(
            f"No model is named for {faults.place(url)}.",
            "Name one with model=, or let chat_model(base_url=...) ask what is served.",
        )
    if hosted:
        made.setdefault("rate_limiter", limits.hosted_rate_limiter())
        if model:
            _register(model)
    return made


def key(given: Any) -> str:
    """The key that `api_key` means; empty for none.

    Raises:
        InputError: If it is no text.
    """
    text = given.get_secret_value() if isinstance(given, SecretStr) else given or ""
    if not isinstance(text, str):
        how = "function" if callable(text) else type(text).__name__
        raise InputError(
            f"api_key cannot be a {how}.",
            "Give the key itself; when it is renewed, make the model anew (that asks no network).",
        )
    return text.strip()


def of_call(given: dict[str, Any], own: Timeouts, policy: Policy) -> tuple[Timeouts, Policy]:
    """The limits and the retries of one call: its own `timeout` and `max_retries`, or the model's.

    Args:
        given: The parameters of the call; as in the constructor, None says nothing.
        own: The model's limits.
        policy: The model's retries.

    Raises:
        InputError: If they are no time and no number of retries.
    """
    timeout, retries = given.get("timeout"), given.get("max_retries")
    if timeout is None:
        timeout = given.get("request_timeout")
    return (
        own if timeout is None else timeouts(timeout),
        policy if retries is None else replace(policy, attempts=attempts(retries)),
    )


def attempts(retries: Any) -> int:
    """How many attempts `max_retries` allows.

    Raises:
        InputError: If it is no number of retries.
    """
    if not isinstance(retries, int) or retries < 0:
        raise InputError(f"max_retries cannot be {retries!r}.", "Give a number, 0 for none.")
    return retries + 1


def timeouts(given: Any) -> Timeouts:
    """The limits that `timeout` means.

    Raises:
        InputError: If it is no time.
    """
    if isinstance(given, Timeouts):
        return given
    if not isinstance(given, int | float):
        raise InputError(
            f"timeout cannot be a {type(given).__name__}.", "Give seconds, or a Timeouts."
        )
    return Timeouts(first=given, between=given)


def _register(name: str) -> None:
    """Make a hosted model known to the shipped class, which else asks the network and warns."""
    if lookup_model(name) is None:
        MODEL_TABLE[name] = Model(
            id=name,
            model_type="chat",
            client="ChatNVIDIA",
            supports_tools=True,
            supports_structured_output=True,
        )
