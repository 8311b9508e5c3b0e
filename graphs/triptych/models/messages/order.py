"""The order that strict templates ask for: one system message first, then turn and turn about.

`merge_message_runs` of langchain-core is not used: it goes by class (a ChatMessage of the user is
not joined with a HumanMessage), joins calls of chunks by their index, and drops all but one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from triptych.models.messages.content import joined
from triptych.models.messages.turn import BLANK, Turn


def system_first(turns: Iterable[Turn]) -> list[Turn]:
    """One system message at the beginning, made of all that there are, in their order."""
    turns = list(turns)
    said = [turn for turn in turns if turn.role == "system" and not turn.blank]
    others = [turn for turn in turns if turn.role != "system"]
    return [*_joined(said), *others]


def something_said(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Leave out the assistant's empty messages (a 400), and give empty users' ones a space.

    A user's empty message stays: it may be the one that asks for an answer. A tool's may be empty,
    many have nothing to say.
    """
    for turn in turns:
        if turn.role == "assistant" and turn.blank:
            if turn.calls:
                yield replace(turn, content="")
        elif turn.role != "tool" and turn.blank:
            yield replace(turn, content=BLANK)
        else:
            yield turn


def alternating(turns: Iterable[Turn], *, prefill: bool) -> Iterator[Turn]:
    """Join messages of one role, and let a silent turn stand where the other side said nothing.

    The templates of Devstral 2, Ministral 3 and Gemma refuse an assistant at the beginning, and a
    user after a tool's result, since they don't count calls and results as turns; vLLM's Mistral
    tokenizer refuses an assistant at the end.

    Args:
        turns: The conversation, results behind their calls.
        prefill: The last message is the beginning of the answer: nothing is put after it.
    """
    before, spoke = "", "assistant"  # the role before, and who had the last turn that counts
    for turn in _joined(turns):
        if turn.role == "assistant" and before in ("", "system"):
            yield Turn("user", BLANK)
            spoke = "user"
        elif turn.role == "user" and spoke == "user":
            yield Turn("assistant", BLANK)
        yield turn
        before = turn.role
        if turn.role == "user" or (turn.role == "assistant" and not turn.calls):
            spoke = turn.role
    if before == "system" or (before == "assistant" and not prefill):
        yield Turn("user", BLANK)


def _joined(turns: Iterable[Turn]) -> Iterator[Turn]:
    last: Turn | None = None
    for turn in turns:
        if last is None or turn.role != last.role or turn.role == "tool":
            if last is not None:
                yield last
            last = turn
            continue
        last = replace(
            last,
            content=joined(last.content, turn.content),
            calls=last.calls + turn.calls,
            # What two people said has no one name.
            name=last.name if last.name == turn.name else "",
        )
    if last is not None:
        yield last
