"""ChatNVIDIA as Triptych uses it: LangChain's class, mended in the narrowest places.

What is mended in langchain-nvidia-ai-endpoints 1.5.0, and why, stands at each part; a test beside
each shows the shipped class failing, so that a repair can go when the class is mended itself.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from functools import partial
from typing import Any, Self, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_nvidia_ai_endpoints import ChatNVIDIA as Shipped
from langchain_nvidia_ai_endpoints.chat_models import _process_for_vlm
from pydantic import Field, PrivateAttr, SecretStr, ValidationError

from triptych.errors import InputError
from triptych.models import arguments, catalogue, counting, faults, limits, payload
from triptych.models.abilities import Abilities
from triptych.models.asked import Asked
from triptych.models.configurable import Configurable
from triptych.models.embedded.local import lifeline
from triptych.models.http import transport
from triptych.models.http.transport import Call, Timeouts
from triptych.models.listeners import listened
from triptych.models.messages import conversation
from triptych.models.profile import profile
from triptych.models.recall import Recall
from triptych.models.retry import (
    Policy,
    aanswered,
    acallbacks,
    answered,
    aretrying,
    callbacks,
    retrying,
)
from triptych.models.structured import Bound, structured
from triptych.models.tools import bound, prepare


class ChatNVIDIA(Shipped):  # the same name: `available_models` filters by it
    """LangChain's ``ChatNVIDIA`` that keeps keys, prompts, errors and connections straight.

    Takes the arguments of the shipped class, and these:

    Args:
        max_retries: How often a call is repeated that a busy or lost endpoint did not answer;
            never one that it refused. Waits honour ``Retry-After``.
        timeout: The longest silence in seconds before and between the tokens of an answer, or
            `Timeouts` to tell connect, first token, between tokens and total apart. LangChain's
            other name for it, ``request_timeout``, will do. A call may bring its own `timeout` and
            `max_retries`.
        rate_limiter: LangChain's. At NVIDIA's hosted endpoint the default is one for the whole
            process, 40 requests a minute.

    NVIDIA_API_KEY goes to NVIDIA's own hosts only; another address gets the `api_key` given for it,
    or none. Building a model makes no network call. Every call streams underneath, because closing
    the stream is what stops a server's generation when a call is cancelled.

    Raises:
        InputError: If `base_url` is given without `model` (the shipped class asks the network), or
            is no address of an endpoint, or if `timeout` is no time.
        ModelError: From any call, as one of its kinds in ``triptych.errors``.

    Example:
        >>> model = ChatNVIDIA(base_url="http://127.0.0.1:8000/v1", model="my-model")
        >>> model.model
        'my-model'
    """

    default_headers: dict[str, str] = Field(default_factory=dict, repr=False)
    """Sent with each request; not shown, as gateways are given their keys in them."""
    streaming: bool = False
    """LangChain's: True has `invoke` tell the callbacks each token."""

    _policy: Policy = PrivateAttr(default_factory=Policy)
    _timeouts: Timeouts = PrivateAttr(default_factory=Timeouts)
    _abilities: Abilities = PrivateAttr(default_factory=Abilities)
    _listener: Any = PrivateAttr(default=None)
    _recall: Recall | None = PrivateAttr(default=None)

    def __init__(self, **kwargs: Any) -> None:
        unlimited = "max_tokens" in kwargs and kwargs["max_tokens"] is None
        retries, timeout = kwargs.pop("max_retries", None), kwargs.pop("request_timeout", None)
        timeout = kwargs.pop("timeout", timeout)
        kwargs = arguments.shipped(kwargs)
        key = kwargs.pop("nvidia_api_key", None) or kwargs.get("api_key")
        # With a placeholder the shipped class neither takes NVIDIA_API_KEY itself nor warns.
        try:
            super().__init__(**{**kwargs, "api_key": "none"})
        except ValidationError as error:
            if error.title == type(self).__name__:
                raise
            # The clients', of the address; its words would show a password in it.
            said = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
            raise InputError(f"{said}.", "Write http://HOST:PORT/v1.") from None
        self._keep_home(key)
        if unlimited:  # the shipped class would take its 1,024
            self.max_tokens = None
        if retries is not None:
            self._policy = Policy(attempts=arguments.attempts(retries))
        if timeout is not None:
            self._timeouts = arguments.timeouts(timeout)
        self._abilities = catalogue.abilities_for(str(self.base_url), str(self.model))

    def _keep_home(self, key: SecretStr | str | None) -> None:
        """Give the clients the key that belongs to this address, or none.

        The shipped class sends NVIDIA_API_KEY to any address.
        """
        text = arguments.key(key)
        for client in (self._client, self._async_client):
            client.api_key = SecretStr(text) if text else None
            for headers in client.headers_tmpl.values():
                headers.pop("Authorization", None)  # the shipped one is 'Bearer **********'
        # For listing models. No lambda: a model can be pickled.
        self._client.get_session_fn = partial(
            transport.session, self._client.base_url, {}, self._client.verify_ssl
        )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. Another `base_url` takes effect, and the key and NVIDIA's limit stay with the old
        one; another `model` is asked as the catalogue says of it.

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
            hosted, limiter = faults.is_hosted(url), limits.hosted_rate_limiter()
            if not hosted and copied.rate_limiter is limiter:
                copied.rate_limiter = None
            elif hosted and copied.rate_limiter is None:
                copied.rate_limiter = limiter
        if update and not update.keys().isdisjoint(("base_url", "model")):
            copied._abilities = catalogue.abilities_for(str(copied.base_url), str(copied.model))
        return copied

    def _asked(self, messages: list[BaseMessage], stop: Any, kwargs: dict[str, Any]) -> Asked:
        """All that one call needs, in an object of its own.

        The shipped class keeps it on the client: its threads send each other's prompts.
        """
        own: Any = self.__pydantic_private__  # asked for by its name, each costs 2 us
        client, abilities = own["_client"], own["_abilities"]
        if "model" in kwargs:
            abilities = catalogue.abilities_for(str(self.base_url), str(kwargs["model"]))
        kwargs = {"stream_options": self.stream_options, **kwargs, "stream": True}  # see the class
        prefill = bool(kwargs.get("continue_final_message"))
        said = conversation(messages, abilities, prefill=prefill)
        inputs, headers = _process_for_vlm(said.messages, client.model)
        body = self._get_payload(inputs=inputs, stop=stop, **kwargs)
        body = payload.settled(body, kwargs, abilities)
        emulation = prepare(body) if abilities.tools == "schema" else None
        key = client.api_key.get_secret_value() if client.api_key else ""
        url = client.infer_url
        if not key and faults.is_hosted(url):
            key = os.environ.get("NVIDIA_API_KEY", "").strip()
        timeouts, policy = arguments.of_call(kwargs, own["_timeouts"], own["_policy"])
        call = Call(
            url=url,
            payload=emulation.payload if emulation else body,
            key=key,
            headers={**self.default_headers, **headers},
            timeouts=timeouts,
            verify=client.verify_ssl,
        )
        tool_text = emulation.read if emulation else None
        line = lifeline(client.base_url, key)
        return Asked(call, messages, said.original_id, tool_text, line, policy)

    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """The answer piece by piece; retries are told to the callbacks of this call, too."""
        config, listener = listened(config, self.callbacks, CallbackManagerForLLMRun)
        yield from super(ChatNVIDIA, self._heard_by(listener)).stream(input, config, **kwargs)

    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """`stream`, asynchronously."""
        config, listener = listened(config, self.callbacks, AsyncCallbackManagerForLLMRun)
        pieces = super(ChatNVIDIA, self._heard_by(listener)).astream(input, config, **kwargs)
        async with aclosing(cast(AsyncGenerator[AIMessageChunk], pieces)):
            async for piece in pieces:
                yield piece

    def recalling(self, recall: Recall) -> Self:
        """A copy whose `ainvoke` may be answered from a memory of calls."""
        copied = self.model_copy()
        copied._recall = recall
        return copied

    def _heard_by(self, listener: Any) -> Self:
        """A copy for one call, where somebody listens: what belongs to a call is never shared."""
        if listener is None:
            return self
        copied = self.model_copy()
        copied._listener = listener
        return copied

    def _generate_with_cache(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # Where somebody listens for tokens LangChain streams, and gives `_stream` no run manager.
        heard = self._heard_by(run_manager if run_manager and run_manager.handlers else None)
        return super(ChatNVIDIA, heard)._generate_with_cache(messages, stop, run_manager, **kwargs)

    async def _agenerate_with_cache(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        heard = self._heard_by(run_manager if run_manager and run_manager.handlers else None)
        shipped: Any = super(ChatNVIDIA, heard)
        ask = partial(shipped._agenerate_with_cache, messages, stop, run_manager, **kwargs)
        if self._recall is not None:  # before LangChain counts the call against a rate
            return await self._recall.arecall(self._asked(messages, stop, kwargs).call, ask)
        return cast(ChatResult, await ask())

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Sequence[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        asked = self._asked(messages, stop, kwargs)
        how = self._patience(asked, run_manager)
        with closing(retrying(asked.chunks, asked.policy, **how)) as chunks:
            for chunk in chunks:
                if run_manager and run_manager.handlers:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: Sequence[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        asked = self._asked(messages, stop, kwargs)
        how = self._apatience(asked, run_manager)
        async with aclosing(aretrying(asked.achunks, asked.policy, **how)) as chunks:
            async for chunk in chunks:
                if run_manager and run_manager.handlers:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # A closed request that does not stream runs on in the server for up to a minute.
        asked = self._asked(messages, stop, kwargs)
        return answered(asked.result, asked.policy, **self._patience(asked, run_manager))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = self._asked(messages, stop, kwargs)
        how = self._apatience(asked, run_manager)
        return await aanswered(asked.aresult, asked.policy, **how)

    # LangChain inspects the signature on every call: 25 us each, unless it stands ready.
    _generate.__signature__ = inspect.signature(_generate)  # type: ignore[attr-defined]
    _agenerate.__signature__ = inspect.signature(_agenerate)  # type: ignore[attr-defined]

    def _patience(self, asked: Asked, run_manager: Any) -> dict[str, Any]:
        """What happens between two attempts: who is told, who is waited for, what is mended."""
        return {
            "notify": callbacks(run_manager or self._listener),
            "admit": self.rate_limiter.acquire if self.rate_limiter else None,
            "mend": asked.mend if asked.line else None,
        }

    def _apatience(self, asked: Asked, run_manager: Any) -> dict[str, Any]:
        return {
            "notify": acallbacks(run_manager or self._listener),
            "admit": self.rate_limiter.aacquire if self.rate_limiter else None,
            "mend": asked.amend if asked.line else None,
        }

    def _get_invocation_params(self, stop: Any = None, **kwargs: Any) -> dict[str, Any]:
        # LangChain's asks a deprecated method for it, whose warning it must silence each time.
        return {**self.asdict(), "stop": stop, **kwargs}

    def _combine_llm_outputs(self, outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        return {"model_name": self.model, **counting.combined(outputs)}

    @property
    def abilities(self) -> Abilities:
        """What the model takes, by the catalogue; careful defaults for an unknown one."""
        return self._abilities

    def configurable_fields(self, **kwargs: Any) -> Configurable:
        """The model with fields that a call's config may set; all else stays as it is."""
        fields = super().configurable_fields(**kwargs).fields  # type: ignore[attr-defined]
        return Configurable(default=self, fields=fields)

    def bind(self, **kwargs: Any) -> Bound:
        """The model with parameters; tools and schemas bound later leave them in place."""
        return Bound(bound=self, kwargs=kwargs, config={})

    def with_thinking_mode(self, enabled: bool = True, **kwargs: Any) -> Bound:
        """The model told to think or not to, where it can be; what is bound later leaves it so."""
        super().with_thinking_mode(enabled, **kwargs)  # it warns of a model that cannot be told
        return self.bind(thinking_mode=enabled, **kwargs)

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens a text has: four characters each, by LangChain's rule of thumb.

        LangChain's own way brings GPT-2's tokenizer from the network.
        """
        return counting.tokens(text)

    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """About how many tokens messages have, as ``trim_messages(token_counter=model)`` asks."""
        return count_tokens_approximately(messages, tools=list(tools) if tools else None)

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Any = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools; see ``triptych.models.tools.bound``."""
        return self.bind(**bound(tools, tool_choice, strict, parallel_tool_calls, **kwargs))

    def with_structured_output(
        self,
        schema: Any,
        *,
        method: str | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """The model held to a schema; see ``triptych.models.structured.structured``."""
        kwargs |= {"strict": strict, "tools": tools}
        return structured(self, schema, method=method, include_raw=include_raw, **kwargs)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """What makes two calls alike, for LangChain's cache: the shipped class has one key for all
        models, addresses and temperatures.
        """
        return {
            "base_url": self.base_url,
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "top_p": self.top_p,
            "seed": self.seed,
            "stop_words": self.stop,  # not `stop`: LangChain overwrites that
            **self.model_kwargs,
        }

    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile(str(self.base_url), str(self.model))
