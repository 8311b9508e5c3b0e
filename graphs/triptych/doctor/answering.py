"""One answer, watched as it comes: streaming, usage, time to the first token, tokens a second."""

from __future__ import annotations

from triptych.doctor import questions
from triptych.doctor.finding import Finding, failed, seconds
from triptych.doctor.subject import Answer, Subject
from triptych.errors import TriptychError

TOKENS = 96
NAMES = ("answer", "streaming", "usage", "first token", "speed")
SHORT = 0.5
"""Seconds of an answer below which its pieces may well come at once."""


def most(subject: Subject) -> int:
    """The most tokens that this takes."""
    return subject.most(questions.messages("count"), TOKENS)


def look(subject: Subject) -> list[Finding]:
    """Ask for one answer of some dozens of tokens."""
    try:
        chat = subject.chat(max_tokens=TOKENS)
        answer = subject.ask(chat, questions.messages("count"), TOKENS)
    except TriptychError as error:
        return [failed("answer", error)]
    return [said(answer), streaming(answer), usage(answer), first(answer), speed(answer)]


def said(answer: Answer) -> Finding:
    """Did it say anything?"""
    if answer.text:
        return Finding("answer", "ok", f"{_cut(answer.text)!r}")
    if answer.message.additional_kwargs.get("reasoning_content"):
        return Finding(
            "answer", "warn", f"only reasoning in {TOKENS} tokens",
            "It thinks before it answers: give it more max_tokens, or turn thinking off by "
            "`parameters: {chat_template_kwargs: …}` in your catalogue.",
        )  # fmt: skip
    return Finding(
        "answer", "fail", "it is empty", "Does the server use the model's own chat template?"
    )


def streaming(answer: Answer) -> Finding:
    """Do the pieces come one after the other, or all at the end?"""
    pieces, whole = len(answer.arrivals), answer.ended - answer.began
    if pieces < 3:
        return _held_back(f"the answer came in {pieces} piece{'s' * (pieces != 1)}")
    spread = answer.arrivals[-1] - answer.arrivals[0]
    if whole > SHORT and spread < whole / 10:
        return _held_back(f"{pieces} pieces came at once after {seconds(answer.first)}")
    return Finding("streaming", "ok", f"{pieces} pieces over {seconds(spread)}")


def usage(answer: Answer) -> Finding:
    """Does the server count tokens?"""
    if answer.usage:
        sent, written = answer.usage["input_tokens"], answer.usage["output_tokens"]
        return Finding("usage", "ok", f"{sent} + {written} tokens")
    return Finding(
        "usage", "warn", "none is sent; Triptych estimates it",
        "Budgets are less exact: see whether the server knows stream_options.include_usage.",
    )  # fmt: skip


def first(answer: Answer) -> Finding:
    """The time to the first token."""
    return Finding(
        "first token", "ok", f"after {seconds(answer.first)}", value=round(answer.first, 3)
    )


def speed(answer: Answer) -> Finding:
    """Tokens a second, from the first piece on; pieces are counted where tokens are not."""
    count = answer.usage["output_tokens"] if answer.usage else len(answer.arrivals)
    time = answer.arrivals[-1] - answer.arrivals[0] if answer.arrivals else 0.0
    if count < 8 or time <= 0:
        return Finding("speed", "skip", f"{count} tokens are too few to tell")
    rate = round((count - 1) / time, 1)
    return Finding("speed", "ok", f"{rate:,.1f} tokens a second", value=rate)


def _held_back(detail: str) -> Finding:
    return Finding(
        "streaming", "warn", detail,
        "Something between here and the model holds the answer back: turn off buffering in the "
        "proxy (nginx: proxy_buffering off).",
    )  # fmt: skip


def _cut(text: str, most: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
