"""ChatNVIDIA as Triptych uses it: LangChain's class, with its transport mended.

Only the two streams are replaced; messages, payload, tools and structured output are the shipped
class's own. What is mended in langchain-nvidia-ai-endpoints 1.5.0, and why, stands at each part.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from functools import partial
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from langchain_nvidia_ai_endpoints import Model
from langchain_nvidia_ai_endpoints._statics import MODEL_TABLE, lookup_model
from pydantic import SecretStr

from triptych.errors import InputError
from triptych.models import catalogue, faults
from triptych.models.http import transport
from triptych.models.reading import Reading

HOSTED_URL = "https://integrate.api.nvidia.com/v1"
IDLE_SECONDS = 300.0
"""Longest silence in an answer. Hosted ones of minutes are common; the shipped default is 60 s."""


class ChatNVIDIA(Shipped):  # the same name: `available_models` filters by it
    """LangChain's ``ChatNVIDIA`` with a transport that keeps keys, prompts and errors straight.

    Takes the arguments of the shipped class. `timeout` is the longest silence in seconds, not the
    longest answer. NVIDIA_API_KEY goes to NVIDIA's own hosts only; another address gets the
    `api_key` given for it, or none. Building one makes no network call.

    Every call streams underneath, because closing the stream is what stops a server's generation
    when a call is cancelled.

    Raises:
        InputError: If `base_url` is given without `model`: the shipped class would ask the network.
        ModelError: From any call; with `status`, and `partial` where text had arrived.

    Example:
        >>> model = ChatNVIDIA(base_url="http://127.0.0.1:8000/v1", model="my-model")
        >>> model.model
        'my-model'
    """

    def __init__(self, **kwargs: Any) -> None:
        if "max_tokens" in kwargs:  # the shipped class warns of the name and means the other one
            kwargs["max_completion_tokens"] = kwargs.pop("max_tokens")
        kwargs.setdefault("usage_telemetry_enabled", False)
        kwargs.setdefault("timeout", IDLE_SECONDS)
        url = kwargs.pop("nvidia_base_url", None) or kwargs.get("base_url")
        kwargs["base_url"] = url or os.environ.get("NVIDIA_BASE_URL") or HOSTED_URL
        model = kwargs.get("model")
        if not faults.is_hosted(kwargs["base_url"]) and not model:
            raise InputError(
                f"No model is named for {faults.place(kwargs['base_url'])}.",
                "Name one with model=, or let chat_model(base_url=...) ask what is served.",
            )
        if model and faults.is_hosted(kwargs["base_url"]):
            _register(model)
        key = kwargs.pop("nvidia_api_key", None) or kwargs.get("api_key")
        # With a placeholder the shipped class neither takes NVIDIA_API_KEY itself nor warns.
        super().__init__(**{**kwargs, "api_key": "none"})
        self._keep_home(key)

    def _keep_home(self, key: SecretStr | str | None) -> None:
        """Give the clients the key that belongs to this address, or none.

        The shipped class sends NVIDIA_API_KEY to any address.
        """
        text = (key.get_secret_value() if isinstance(key, SecretStr) else key or "").strip()
        for client in (self._client, self._async_client):
            client.api_key = SecretStr(text) if text else None
            for headers in client.headers_tmpl.values():
                headers.pop("Authorization", None)  # the shipped one is 'Bearer **********'
        # For listing models. No lambda: a model can be pickled.
        self._client.get_session_fn = partial(
            transport.session, self._client.base_url, {}, self._client.verify_ssl
        )

    def _call(self, messages: list[BaseMessage], stop: Any, kwargs: Any) -> transport.Call:
        """All that one call needs, in an object of its own.

        The shipped class keeps it on the client: its threads send each other's prompts.
        """
        _, payload, headers = self._prepare_inputs_and_payload(messages, stop, True, **kwargs)
        client = self._client
        key = client.api_key.get_secret_value() if client.api_key else ""
        if not key and faults.is_hosted(client.infer_url):
            key = os.environ.get("NVIDIA_API_KEY", "").strip()
        return transport.Call(
            url=client.infer_url,
            payload=payload,
            key=key,
            headers=headers,
            idle_seconds=client.timeout,
            verify=client.verify_ssl,
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Sequence[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        reading = Reading(call.url, str(call.payload.get("model")))
        with reading.whole(), closing(transport.events(call)) as events:
            for event in events:
                for message in reading.chunks(event):
                    chunk = ChatGenerationChunk(message=message)
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
        yield reading.last()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: Sequence[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        reading = Reading(call.url, str(call.payload.get("model")))
        async with aclosing(transport.aevents(call)) as events:
            with reading.whole():
                async for event in events:
                    for message in reading.chunks(event):
                        chunk = ChatGenerationChunk(message=message)
                        if run_manager:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
        yield reading.last()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # A closed request that does not stream runs on in the server for up to a minute.
        return _result(list(self._stream(messages, stop, **kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result([chunk async for chunk in self._astream(messages, stop, **kwargs)])

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. Another `base_url` takes effect, and the key stays with the old one.

        Args:
            update: Fields to change.
            deep: Copy what they hold, too.
        """
        copied = super().model_copy(update=update, deep=deep)
        if update and update.get("base_url", self.base_url) != self.base_url:
            copied._client = self._client.model_copy(deep=True)
            copied._async_client = self._async_client.model_copy(deep=True)
            url = type(self._client)._validate_base_url(update["base_url"])
            copied._client.base_url = copied._async_client.base_url = copied.base_url = url
            copied._keep_home(None)
        return copied


def _result(chunks: list[ChatGenerationChunk]) -> ChatResult:
    """One answer from its chunks."""
    result = generate_from_stream(iter(chunks))
    message = result.generations[0].message
    name = message.response_metadata.get("model_name")
    usage = getattr(message, "usage_metadata", None) or {}
    result.llm_output = {
        "model_name": name,
        "token_usage": {
            "prompt_tokens": usage.get("input_tokens", 0),
            "completion_tokens": usage.get("output_tokens", 0),
            "total_tokens": usage.get("total_tokens", 0),
        },
    }
    return result


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


for _entry in catalogue.entries().values():
    if _entry.kind == "hosted":
        _register(_entry.id)
