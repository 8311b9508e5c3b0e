"""What vLLM refuses before it generates, in its own words (recorded from 0.32; 0.12 read)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from triptych.testing.dialects.answer import prompt_tokens
from triptych.testing.dialects.conversation import alternation, mistral
from triptych.testing.dialects.dialect import Refusal, Served

Request = Mapping[str, Any]


def refusal_0_32(request: Request, served: Served) -> Refusal | None:
    """The first thing that vLLM 0.32 would refuse, if anything."""
    aliases = f" Valid aliases: {', '.join(served.models)}."
    return next(_found(request, served, aliases, (_validation, _tools_0_32, _length_0_32)), None)


def refusal_0_12(request: Request, served: Served) -> Refusal | None:
    """The same of vLLM 0.12, which takes an empty list of tools and does not cut to fit."""
    return next(_found(request, served, "", (_tools, _length_0_12)), None)


Rule = Callable[[Request, Served], Iterator[Refusal]]


def _found(
    request: Request, served: Served, aliases: str, rules: tuple[Rule, ...]
) -> Iterator[Refusal]:
    if "messages" not in request:
        detail = "'msg': 'Field required', 'input': '<dict of 1 items>'}"
        yield Refusal(
            400,
            f"1 validation error:\n  {{'type': 'missing', 'loc': 'body.messages', {detail}",
            "Bad Request",
            "body.messages",
        )
        return
    name = request.get("model")
    if name is not None and name not in served.models:
        yield Refusal(404, f"The model `{name}` does not exist.{aliases}", param="model")
    for rule in (*rules, _sampling, _contents):
        yield from rule(request, served)


def at_fault(param: str, message: str, value: Any = None) -> Refusal:
    """A 400 that names its parameter, and its value if there is one."""
    tail = f"parameter={param}" + ("" if value is None else f", value={value}")
    return Refusal(400, f"{message} ({tail})", param=param)


def _validation(request: Request, served: Served) -> Iterator[Refusal]:
    stop = request.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        given = f"'input': '<list of {len(stop)} items>'"
        context = f"'ctx': {{'field_type': 'List', 'max_length': 4, 'actual_length': {len(stop)}}}"
        yield Refusal(
            400,
            "2 validation errors:\n"
            "  {'type': 'string_type', 'loc': 'body.stop', "
            f"'msg': 'Input should be a valid string', {given}}}\n"
            "  {'type': 'too_long', 'loc': 'body.stop', 'msg': 'List should have at most 4 items "
            f"after validation, not {len(stop)}', {given}, {context}}}",
            "Bad Request",
            "body.stop",
        )


def _tools_0_32(request: Request, served: Served) -> Iterator[Refusal]:
    if request.get("tools") == []:
        yield at_fault(
            "tools",
            "`tools` must not be an empty array. Either provide at least one tool or omit the "
            "field entirely.",
        )
    yield from _tools(request, served)


def _tools(request: Request, served: Served) -> Iterator[Refusal]:
    tools, choice = request.get("tools"), request.get("tool_choice")
    if choice not in (None, "none") and not tools:
        yield at_fault("tool_choice", "When using `tool_choice`, `tools` must be set.")
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        yield at_fault(
            "tool_choice",
            f'Invalid value for `tool_choice`: {choice}! Only named tools, "none", "auto" or '
            '"required" are supported.',
        )
    names = [tool.get("function", {}).get("name") for tool in tools or ()]
    wanted = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if wanted is not None and wanted not in names:
        yield at_fault(
            "tool_choice",
            "The tool specified in `tool_choice` does not match any of the specified `tools`",
        )
    if tools and not served.tools and choice != "none":
        yield Refusal(400, _not_enabled(choice, wanted))


def _not_enabled(choice: Any, wanted: str | None) -> str:
    if wanted is not None:
        return f'tool_choice=function "{wanted}" requires --tool-call-parser to be set'
    if choice == "required":
        return 'tool_choice="required" requires --tool-call-parser to be set'
    return '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


def _sampling(request: Request, served: Served) -> Iterator[Refusal]:
    if request.get("stream_options") and not request.get("stream"):
        yield at_fault("stream_options", "Stream options can only be defined when `stream=True`.")
    if request.get("top_logprobs") and not request.get("logprobs"):
        yield at_fault("top_logprobs", "when using `top_logprobs`, `logprobs` must be set to true.")
    n, temperature = request.get("n") or 1, request.get("temperature")
    if n > 1 and temperature == 0:
        yield Refusal(400, f"n must be 1 when using greedy sampling, got {n}.")
    if temperature is not None and not 0 <= temperature <= 2:
        yield at_fault(
            "temperature",
            f"temperature must be in [0, 2], got {float(temperature)}.",
            float(temperature),
        )
    top = request.get("top_p")
    if top is not None and not 0 < top <= 1:
        yield at_fault("top_p", f"top_p must be in (0, 1], got {float(top)}.", float(top))
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema" and not wanted.get("json_schema"):
        yield at_fault(
            "response_format",
            "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
        )


def _contents(request: Request, served: Served) -> Iterator[Refusal]:
    messages = request.get("messages") or []
    if not messages:
        yield Refusal(
            400,
            "Cannot apply chat template to an empty conversation. Provide at least one message.",
        )
    if re.search(r'"type": "(image_url|input_audio|video_url)"', json.dumps(messages)):
        yield Refusal(400, f"{served.models[0]} is not a multimodal model")
    if served.template == "alternate":
        yield from alternation(messages)
    if served.template == "mistral":
        yield from mistral(request)


def most_tokens(request: Request) -> int | None:
    """The limit that a request sets to its answer, in tokens."""
    limit = request.get("max_completion_tokens")
    return request.get("max_tokens") if limit is None else limit


def _length_0_32(request: Request, served: Served) -> Iterator[Refusal]:
    most, prompt = most_tokens(request), prompt_tokens(request)
    if most is not None and most < 1:
        yield at_fault("max_tokens", f"max_tokens must be at least 1, got {most}.", most)
    if most is not None and most > served.context:
        text = f"max_tokens={most} cannot be greater than max_model_len={served.context}."
        yield at_fault("max_tokens", f"{text} Please request fewer output tokens.", most)
    if prompt >= served.context:  # the count stops behind the limit: recorded so
        least = served.context + 1
        yield at_fault(
            "input_tokens",
            f"This model's maximum context length is {served.context} tokens. However, your prompt "
            f"contains at least {least} input tokens, which exceeds this limit even without any "
            "output tokens. Please reduce the length of the input prompt.",
            least,
        )


def _length_0_12(request: Request, served: Served) -> Iterator[Refusal]:
    most, prompt = most_tokens(request), prompt_tokens(request)
    limit = f"This model's maximum context length is {served.context} tokens"
    if prompt >= served.context:
        yield Refusal(
            400,
            f"{limit}. However, your request has {prompt} input tokens. Please reduce the length "
            "of the input messages.",
        )
    elif most is not None and prompt + most > served.context:
        yield Refusal(
            400,
            f"'max_tokens' or 'max_completion_tokens' is too large: {most}. {limit} and your "
            f"request has {prompt} input tokens ({most} > {served.context} - {prompt}).",
        )
