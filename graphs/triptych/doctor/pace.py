"""How many requests at once an endpoint works on best."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from triptych.doctor import questions
from triptych.doctor.finding import Finding, failed
from triptych.doctor.subject import Subject
from triptych.errors import TriptychError

TOKENS = 32
MOST = 64
GROWTH = 1.1
"""A step is worth it if it brings a tenth more tokens a second."""


def most(subject: Subject, requests: int = 3) -> int:
    """The most tokens of so many requests at once; of the first two steps, if not said."""
    return requests * subject.most(questions.messages("pace", mark="100"), TOKENS)


def look(subject: Subject) -> list[Finding]:
    """1, 2, 4, … requests at once, until throughput grows no more or the tokens are spent."""
    rates: list[tuple[int, float]] = []
    at_once, why = 1, "throughput grew no more"
    while not stalled(rates):
        if at_once > MOST:
            why = "no more were tried"
            break
        if not subject.purse.fits(most(subject, at_once)):
            why = f"{at_once} at once would not fit into --spend"
            break
        try:
            rates.append((at_once, _rate(subject, at_once)))
        except TriptychError as error:
            if not rates:
                return [failed("concurrency", error)]
            why = f"{at_once} at once failed: {error.message}"
            break
        at_once *= 2
    steps = ", ".join(f"{count}: {rate:,.{int(rate < 10)}f}" for count, rate in rates)
    count = best(rates)
    detail = f"best at {count} at once (tokens a second at {steps}; {why})"
    return [Finding("concurrency", "ok", detail, value=count)]


def stalled(rates: list[tuple[int, float]]) -> bool:
    """True if the last step brought less than a tenth more."""
    return len(rates) > 1 and rates[-1][1] < GROWTH * rates[-2][1]


def best(rates: list[tuple[int, float]]) -> int:
    """The requests at once beyond which it was not worth it."""
    return rates[-2][0] if stalled(rates) else rates[-1][0]


def _rate(subject: Subject, at_once: int) -> float:
    """Tokens a second of so many requests at once."""
    chat = subject.chat(max_tokens=TOKENS)

    # Made before the clock runs: a prompt is files.
    marks = (str(100 * at_once + number) for number in range(at_once))
    asked = [questions.messages("pace", mark=mark) for mark in marks]

    def one(said: list[tuple[str, str]]) -> int:
        answer = subject.ask(chat, said, TOKENS)
        return answer.usage["output_tokens"] if answer.usage else len(answer.arrivals)

    began = subject.clock()
    with ThreadPoolExecutor(at_once) as pool:
        tokens = sum(pool.map(one, asked))
    return tokens / max(subject.clock() - began, 1e-9)
