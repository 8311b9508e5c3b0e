"""The default: vLLM's words, no questions asked of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from triptych.testing.dialects.dialect import Refusal, Served
from triptych.testing.dialects.vllm import VLLM_0_32


def _refusal(request: Mapping[str, Any], served: Served) -> Refusal | None:
    return None if "messages" in request else Refusal(400, "The body is not a chat request.")


OPENAI = replace(VLLM_0_32, name="openai", refusal=_refusal)
