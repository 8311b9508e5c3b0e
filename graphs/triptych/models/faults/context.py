"""Is a request too long for the model, and by how much: each server has words of its own."""

from __future__ import annotations

import re

from triptych.models.faults.said import Said

_LIMIT = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"maximum context length (?:is|of) (\d+)",  # OpenAI, vLLM, SGLang
        r"available context size \((\d+) tokens",  # llama.cpp
        r"max_model_len ?= ?(\d+)",  # vLLM 0.32, max_tokens alone
        r"maximum model length of (\d+)",  # vLLM
        r"with (\d+) maximum context length",  # Mistral
        r"model's context length \((\d+)",  # SGLang
        r"maximum input length \((\d+)\)",  # TensorRT-LLM
        r"configured limit of (\d+) tokens",  # OpenAI
        r"context window of (\d+)",  # llama-cpp-python
        r"max_new_tokens` must be <= (\d+)",  # TGI
        r"tokens > (\d+) maximum",  # Anthropic
        r"maximum number of tokens allowed \(?(\d+)",  # Gemini
    )
)
_ASKED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"total of (?:at least )?(\d+) tokens",  # vLLM, SGLang: prompt and answer
        r"you requested (\d+) tokens",  # OpenAI, older vLLM: prompt and answer
        r"request \((\d+) tokens\) exceeds",  # llama.cpp
        r"max_tokens ?= ?(\d+) cannot be greater",  # vLLM 0.32
        r"resulted in (\d+) tokens",  # OpenAI, hosted
        r"has (\d+) input tokens",  # vLLM 0.12
        r"contains (?:at least )?(\d+) (?:input )?tokens",  # vLLM 0.32, Mistral
        r"prompt \(length (\d+)",  # vLLM
        r"prompt length \((\d+)",  # TensorRT-LLM
        r"input \((\d+) tokens\)",  # SGLang
        r"Requested tokens \((\d+)\)",  # llama-cpp-python
        r"too long: (\d+) tokens",  # Anthropic
        r"token count \(?(\d+)",  # Gemini
    )
)
_ANSWER = re.compile(r"max_tokens' or 'max_completion_tokens' is too large: (\d+)", re.I)
_WORDS = re.compile(
    r"exceeds? (?:the )?(?:available |model'?s |maximum )*context|context.length.exceeded"
    r"|exceed_context_size|prompt is too long|(?:prompt|input) (?:is )?too long"
    r"|reduce the length of the (?:messages|input|prompt)|exceeds this limit even",
    re.I,
)


def numbers(said: Said) -> tuple[int | None, int | None] | None:
    """The tokens that the model takes and those that the request needs.

    Returns:
        None if the words are about something else; each number is None where it is not said.
    """
    limit, asked = said.number("n_ctx"), said.number("n_prompt_tokens")  # llama.cpp
    limit = _first(_LIMIT, said.text) if limit is None else limit
    asked = _first(_ASKED, said.text) if asked is None else asked
    answer = _ANSWER.search(said.text)
    if answer and asked is not None:  # vLLM 0.12 counts the prompt and the answer apart
        asked += int(answer[1])
    named = _WORDS.search(f"{said.kind} {said.text}") or said.fields.get("param") == "input_tokens"
    return (limit, asked) if named or limit is not None else None


def cure(limit: int | None, asked: int | None) -> str:
    """What to do about a request that is too long, with the numbers that are known."""
    need = f"The request of {asked} tokens" if asked else "The request"
    room = f"for the {limit} that this model takes" if limit else "for this model"
    return f"{need} is too long {room}: shorten it, leave files out or lower max_tokens."


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> int | None:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)  # 131,072
    return next((int(found[1]) for p in patterns if (found := p.search(plain))), None)
