"""A model of rules: it reads a request and answers what a perfect model would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from triptych.testing.dialects.dialect import Served
from triptych.testing.perfect.calls import calls
from triptych.testing.perfect.hints import Hints
from triptych.testing.perfect.request import Asked, schema_in
from triptych.testing.perfect.speech import says
from triptych.testing.perfect.strict import refusal
from triptych.testing.perfect.values import as_json, value_for
from triptych.testing.reply import Reply, cut_words

__all__ = ["PerfectModel"]


class PerfectModel:
    """A script for `ScriptedServer` that does what each request asks, at once and always alike.

    It calls the functions that the user's words or `tool_choice` ask for, several at once where
    several things are named; it writes JSON by any schema; it stops at stop sequences and at the
    token limit (a word is a token); it reports tool results; and it speaks (see `says`).

    Args:
        strict: Refuse with 400 what OpenAI's API, vLLM or Mistral's template refuse: roles that do
            not alternate, tool results without their calls and calls without their results, ids
            that have not nine letters or digits, empty contents, `tools: []`, unknown fields,
            schemas called strict that are not closed.

    Example:
        >>> model = PerfectModel()
        >>> model({"messages": [{"role": "user", "content": "Count from 1 to 3"}]}).text
        '1, 2, 3'
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self._served = Served()

    def __call__(self, body: Mapping[str, Any]) -> Reply:
        """The reply to one request."""
        if self.strict and (refused := refusal(body, self._served)) is not None:
            return Reply(refused.message, status=refused.status)
        asked = Asked(body)
        if found := calls(asked):
            return _cut_calls(found, asked)
        return _cut(_text(asked), asked)


def _text(asked: Asked) -> str:
    wanted = asked.body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"].get("schema") or {}
        return as_json(value_for(schema, Hints(asked.words)))
    if wanted.get("type") == "json_object":
        return as_json(_object(asked))
    if (schema := schema_in(asked.all_words)) is not None:  # told in words what to write
        return as_json(value_for(schema, Hints(asked.words)))
    return says(asked)


def _object(asked: Asked) -> dict[str, Any]:
    """Any JSON object: by a schema in the prompt, or with the keys that it quotes."""
    if (schema := schema_in(asked.all_words)) is not None:
        found = value_for(schema, Hints(asked.words))
        return found if isinstance(found, dict) else {"value": found}
    keys = re.findall(r"['\"`](\w+)['\"`]", asked.words) or ["answer"]
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in keys}}
    return dict(value_for(schema, Hints("")))


def _cut(text: str, asked: Asked) -> Reply:
    """The text up to the first stop sequence, and up to the token limit."""
    found = [(at, stop) for stop in asked.stops if (at := text.find(stop)) >= 0]
    stop = None
    if found:
        at, stop = min(found)
        text = text[:at]
    pieces = cut_words(text)
    if asked.most is not None and len(pieces) > asked.most:
        return Reply("".join(pieces[: asked.most]), finish_reason="length")
    return Reply(text, stop_reason=stop)


def _cut_calls(found: list[dict[str, Any]], asked: Asked) -> Reply:
    """The calls, cut in the middle of the arguments where the limit is too small for them."""
    if asked.most is not None and asked.most < 3:
        cut = {**found[0], "arguments": '{"'}
        return Reply(tool_calls=[cut], finish_reason="length")
    named = asked.wanted_tool is not None  # vLLM ends a named call with stop (recorded)
    return Reply(tool_calls=found, finish_reason="stop" if named else "auto")
