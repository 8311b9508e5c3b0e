"""What strict servers refuse, as a checker: Mistral's tokenizer, the templates of Devstral 2,
Ministral 3 and Gemma, and what OpenAI documents.

The rules are held against recordings of a real server in test_messages_strict.py.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import jinja2

DATA = Path(__file__).parent / "data"
RECORDED = {case["case"]: case for case in json.loads((DATA / "recorded.json").read_text())}


def faults(messages: list[dict], *, prefill: bool = False) -> list[str]:
    """Why a strict server refuses the conversation; empty if it takes it."""
    if not messages:
        return ["empty conversation"]
    found = [fault for message in messages for fault in _of_one(message)]
    found += _of_the_order(messages) + _of_the_calls(messages)
    if messages[-1]["role"] == "assistant" and not prefill:
        found.append("assistant last")
    return found


def _of_one(message: dict) -> Iterator[str]:
    role, content = message["role"], message.get("content")
    if role not in ("system", "user", "assistant", "tool"):
        yield f"unknown role {role}"
    if isinstance(content, list):
        if not content or all(part["type"] == "text" for part in content):
            yield "list of text alone"
    elif not isinstance(content, str):
        yield "content neither string nor list"
    if role == "assistant" and not content and not message.get("tool_calls"):
        yield "empty assistant message"
    if role in ("system", "user") and not content:
        yield "empty message"
    if "tool_calls" in message and (role != "assistant" or not message["tool_calls"]):
        yield "tool_calls out of place"


def _of_the_order(messages: list[dict]) -> list[str]:
    found, roles = [], [message["role"] for message in messages]
    if "system" in roles[1:]:
        found.append("system not first")
    for before, after in pairwise(roles):
        if before == after and before != "tool":
            found.append(f"two {before} messages in a row")
    rest = [message for message in messages if message["role"] != "system"]
    if not rest or rest[0]["role"] != "user":
        found.append("first is not the user")
    counted = [
        m["role"]
        for m in rest
        if m["role"] == "user" or (m["role"] == "assistant" and not m.get("tool_calls"))
    ]
    if any((role == "user") != (n % 2 == 0) for n, role in enumerate(counted)):
        found.append("user and assistant do not alternate, calls and results not counted")
    return found


def _of_the_calls(messages: list[dict]) -> list[str]:
    found, seen, due = [], set(), []
    for message in [*messages, {"role": "end"}]:
        if message["role"] == "tool":
            if due[:1] == [message["tool_call_id"]]:
                due.pop(0)
            else:
                found.append(f"unexpected result of {message['tool_call_id']}")
            continue
        if due:
            found.append(f"no result of {due}")
        due = []
        for call in message.get("tool_calls", ()):
            due.append(call["id"])
            if call["id"] in seen:
                found.append(f"id {call['id']} used before")
            seen.add(call["id"])
            if not re.fullmatch("[a-zA-Z0-9]{9}", call["id"]):
                found.append(f"id {call['id']!r} has not nine letters or digits")
            if not _is_object(call["function"]["arguments"]):
                found.append("arguments are no JSON object")
    return found


def _is_object(text: object) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict)
    except (TypeError, ValueError):
        return False


def rendered(messages: list[dict]) -> str:
    """The recorded server's strict template with these messages; raises where it refuses them."""

    def refuse(why: str) -> None:
        raise ValueError(why)

    template = jinja2.Environment(autoescape=False).from_string((DATA / "strict.jinja").read_text())
    return template.render(messages=messages, raise_exception=refuse)
