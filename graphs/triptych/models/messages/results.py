"""Each tool result right after its call: strict templates take no other order."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

from triptych.errors import InputError
from triptych.models.messages.content import joined
from triptych.models.messages.ids import Ids
from triptych.models.messages.turn import Turn

_log = logging.getLogger("triptych.models")

Key = tuple[int, int]  # the turn, the call in it


def paired(turns: Sequence[Turn], ids: Ids) -> Iterator[Turn]:
    """Put every result behind its call, in the calls' order, with ids that the template takes.

    A call that nobody answered is left out. That is everyday (a user who breaks in, a call that
    was malformed and so never run), strict endpoints refuse it, and nothing that happened is lost.
    A result of one's own making would be a lie to the model: an empty one reads as "found nothing".

    A result without a call is an error. It carries what a tool did; to leave it out would be
    silent loss, and to send it as the user's words would give a tool the user's authority.

    Args:
        turns: The conversation.
        ids: Gives the ids on the wire.

    Raises:
        InputError: If a result answers no call.
    """
    results = _by_call(turns)
    for at, turn in enumerate(turns):
        if turn.role == "tool":
            continue
        if not turn.calls:
            yield turn
            continue
        answered = [(call, results[at, n]) for n, call in enumerate(turn.calls) if results[at, n]]
        if missing := len(turn.calls) - len(answered):
            _log.info("messages[%d]: %d tool calls without a result left out", turn.index, missing)
        sent = [(replace(call, id=ids.wire(call.id)), found) for call, found in answered]
        yield replace(turn, calls=tuple(call for call, _ in sent))
        for call, found in sent:  # more than one where a tool reported twice
            said = reduce(joined, (result.content for result in found))
            yield replace(found[0], content=said, call_id=call.id)


def _by_call(turns: Sequence[Turn]) -> defaultdict[Key, list[Turn]]:
    """The results of each call. An id may come again: the latest call that waits is meant."""
    asked: defaultdict[str, list[Key]] = defaultdict(list)
    results: defaultdict[Key, list[Turn]] = defaultdict(list)
    for at, turn in enumerate(turns):
        for n, call in enumerate(turn.calls):
            asked[call.id].append((at, n))
        if turn.role != "tool":
            continue
        known = asked[turn.call_id]
        if not known:
            raise InputError(
                f"messages[{turn.index}] is the result of tool call {turn.call_id!r}, and no "
                "message before it makes that call.",
                "Keep the assistant's message with the call when you shorten a conversation "
                "(trim_messages: start_on='human'), or drop the result with it.",
            )
        waiting = [key for key in known if not results[key]]
        latest = waiting[-1][0] if waiting else -1
        # Of one message's calls with one id, the first.
        key = next((key for key in waiting if key[0] == latest), known[-1])
        results[key].append(turn)
    return results
