"""What LangChain's standard suites are told about a chat model: said once, for all of them.

The suites ask by properties. What a subject can't do is declared here or marked in its own class,
with the model's or the server's limit as the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

ENDPOINT = "http://127.0.0.1:9/v1"
"""Where nothing listens: the unit suite builds models and must not talk to any."""


class Declared:
    """Our class.

    Attributes:
        served: What a suite's server adds to the arguments; conftest.py sets it.
    """

    served: Mapping[str, str] = {}

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        from triptych.models import ChatNVIDIA

        return ChatNVIDIA

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"base_url": ENDPOINT, "model": "scripted", **self.served}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "scripted-too"

    @property
    def enable_vcr_tests(self) -> bool:
        return False  # a recording would stand between the suite and the server that it is for

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        """The variables that it reads, what is given beside them, and what must come of it.

        The key is no attribute that could be read: tests/models/test_models_keys.py has it.
        """
        url = "http://127.0.0.1:9/v1"
        return {"NVIDIA_BASE_URL": url}, {"model": "scripted"}, {"base_url": url}


class Shipped(Declared):
    """The shipped class, told the same, so that the two can be compared."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        from langchain_nvidia_ai_endpoints import ChatNVIDIA

        return ChatNVIDIA

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "api_key": "none"}
