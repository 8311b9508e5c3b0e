"""Troubles of servers that are known by their words, and what mends them."""

from __future__ import annotations

import re

_KNOWN = (
    (
        # vLLM 0.32 with mistral_common 1.13.1, which its resolver picks: every request is refused.
        r"get_lark_from_jinja\(\)|force_tool_names",
        "On the server, mistral_common 1.13 does not fit this vLLM: "
        "`pip install mistral_common==1.12.0` there and start it again.",
    ),
    (
        r"--enable-auto-tool-choice|requires --tool-call-parser|tool-call-parser to be set",
        "Start vLLM with --enable-auto-tool-choice and --tool-call-parser NAME (mistral for "
        "Devstral, hermes for Qwen), or set `abilities: {tools: schema}` for it in your catalogue.",
    ),
    (
        r"requires --jinja|tools param requires",
        "Start llama-server with --jinja, or set `abilities: {tools: schema}` for it in your "
        "catalogue.",
    ),
    (
        r"roles must alternate|Conversation roles",
        "Set `abilities: {alternate: true}` for it in your catalogue.",
    ),
    (
        r"[Tt]ool call id.{0,40}(9|nine)",
        "Set `abilities: {short_ids: true}` for it in your catalogue.",
    ),
)


def cure(text: str) -> str:
    """What mends the trouble that these words tell of; "" for one that is not known."""
    return next((words for pattern, words in _KNOWN if re.search(pattern, text)), "")
