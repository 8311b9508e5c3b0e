"""Recordings of real servers, and what it means to look like one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from triptych.testing import Reply

WIRE = Path(__file__).parents[1] / "data" / "wire"


def cases(dialect: str, *starts: str) -> list[str]:
    """The names of the recorded chat requests."""
    names = sorted(path.stem for path in (WIRE / dialect).glob("*.json"))
    found = []
    for name in names:
        request = recorded(dialect, name).get("request", {})
        if request.get("method") == "POST" and isinstance(request.get("body"), dict):
            found.append(name)
    return [name for name in found if not starts or name.startswith(starts)]


def recorded(dialect: str, name: str) -> dict[str, Any]:
    """One recording."""
    found: dict[str, Any] = json.loads((WIRE / dialect / f"{name}.json").read_text())
    return found


def events_of(lines: list[str]) -> list[Any]:
    """The JSON of a stream's lines, without ``[DONE]`` and comments."""
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data.pop() == "[DONE]"
    return [json.loads(value) for value in data]


def reply_of(response: dict[str, Any]) -> Reply:
    """The reply that says what a recorded answer says."""
    if response["status"] != 200:
        return Reply("not to be said")
    events = events_of(response["sse"]) if "sse" in response else [response["body"]]
    choices = [c for event in events for c in event["choices"] if c["index"] == 0]
    said = [choice.get("message") or choice.get("delta") for choice in choices]
    calls: dict[int, dict[str, Any]] = {}
    for delta in said:
        for at, part in enumerate(delta.get("tool_calls") or ()):
            call = calls.setdefault(part.get("index", at), {"arguments": ""})
            function = part["function"]
            call["name"] = function.get("name") or call["name"]
            call["arguments"] += function.get("arguments", "")
    pieces = [delta.get("content") or "" for delta in said]
    return Reply(
        "".join(pieces),
        chunks=[piece for piece in pieces if piece] if "sse" in response else None,
        tool_calls=list(calls.values()) or None,
        finish_reason=[choice["finish_reason"] for choice in choices][-1],
    )


def alike(ours: Any, theirs: Any) -> bool:
    """The same keys at every level, and the same kinds of values; null goes with everything."""
    if ours is None or theirs is None:
        return True
    if isinstance(theirs, dict):
        same = isinstance(ours, dict) and ours.keys() == theirs.keys()
        return same and all(alike(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        if not isinstance(ours, list):
            return False
        if [*ours, *theirs] and all(isinstance(one, int) for one in [*ours, *theirs]):
            return True  # bytes of a token, or none
        return like_some(ours, theirs) and like_some(theirs, ours)
    kinds = (int, float) if isinstance(theirs, int | float) else (type(theirs),)
    return isinstance(ours, kinds)


def like_some(some: list[Any], others: list[Any]) -> bool:
    """Whether each of some is like one of the others."""
    return all(any(alike(one, other) for other in others) for one in some)
