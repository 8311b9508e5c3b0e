"""Does the same seed give the same answer, and is a prompt's beginning read twice?"""

from __future__ import annotations

import secrets

from triptych.doctor import questions
from triptych.doctor.finding import Finding, failed, seconds
from triptych.doctor.subject import Answer, Subject
from triptych.errors import TriptychError

SEED_TOKENS = 32
PREFIX_TOKENS = 8
SEED = 20_261
FASTER = 0.6
"""A second reading that takes less than this share of the first one's time was remembered."""

QUICK = 0.1
"""Seconds of a first reading below which the clock tells nothing."""


def most_seed(subject: Subject) -> int:
    """The most tokens that the seed takes."""
    return 2 * subject.most(questions.messages("ship"), SEED_TOKENS)


def most_prefix(subject: Subject) -> int:
    """The most tokens that the prefix cache takes."""
    return 2 * subject.most(questions.long("0" * 8), PREFIX_TOKENS)


def seed(subject: Subject) -> list[Finding]:
    """Ask twice with one seed at temperature 1."""
    said = questions.messages("ship")
    try:
        chat = subject.chat(max_tokens=SEED_TOKENS, temperature=1, seed=SEED)
        first, second = (subject.ask(chat, said, SEED_TOKENS).text for _ in range(2))
    except TriptychError as error:
        return [failed("seed", error)]
    if first == second:
        return [Finding("seed", "ok", "the same seed gave the same answer", value=True)]
    return [
        Finding(
            "seed", "warn", "the same seed gave two answers",
            "Runs do not repeat exactly here: compare by many runs, not by one.", False,
        )
    ]  # fmt: skip


def prefix(subject: Subject) -> list[Finding]:
    """Ask twice with one long beginning, new to the server."""
    said = questions.long(secrets.token_hex(4))
    try:
        chat = subject.chat(max_tokens=PREFIX_TOKENS)
        first, second = (subject.ask(chat, said, PREFIX_TOKENS) for _ in range(2))
    except TriptychError as error:
        return [failed("prefix cache", error)]
    return [remembered(first, second)]


def remembered(first: Answer, second: Answer) -> Finding:
    """By the server's count of cached tokens, or else by the clock."""
    details = (second.usage or {}).get("input_token_details") or {}
    cached, times = (
        details.get("cache_read"),
        f"{seconds(first.first)}, then {seconds(second.first)}",
    )
    if cached:
        share = f"{cached} of {second.usage['input_tokens']} tokens were cached"
        return Finding("prefix cache", "ok", f"{share} ({times})", value=True)
    if cached is None and first.first < QUICK:
        seen = f"the server counts no cached tokens, and is too quick to tell ({times})"
        return Finding("prefix cache", "skip", seen)
    if cached is None and second.first < FASTER * first.first:
        return Finding("prefix cache", "ok", f"faster the second time ({times})", value=True)
    return Finding(
        "prefix cache", "warn", f"not seen ({times})",
        "Repairs and reviews repeat their prompts: start vLLM with --enable-prefix-caching, and "
        "with --enable-prompt-tokens-details to see it.", False,
    )  # fmt: skip
