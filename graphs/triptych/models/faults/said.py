"""What an error body says, whatever its shape.

Seen: ``{"error": {message, type, param, code}}`` (OpenAI, vLLM, llama.cpp, with more fields),
``{"error": "Unauthorized"}`` (vLLM's 401), ``{"object": "error", "message": …}`` (older vLLM, NIM),
``{"detail": …}`` with text or a list of ``{loc, msg}`` (FastAPI), ``{"title", "detail", "status"}``
(the hosted catalog), a list around any of them, a JSON string, plain text, HTML, nothing; and
gateways that put one such body as text into another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_WORDS = ("error", "errors", "message", "detail", "msg", "title")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
_HTML = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.I)
_SECRET = re.compile(r"\b(nvapi-|sk-)[\w-]{6,}|(?<=Bearer )[^\s\"',}]{4,}")
_DEPTH = 8


@dataclass(frozen=True)
class Said:
    """The words of an error body and the fields beside them, inner ones over outer ones."""

    text: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Type and code, the two fields in which servers name the kind of an error."""
        return f"{self.fields.get('type') or ''} {self.fields.get('code') or ''}".strip()

    @property
    def status(self) -> int | None:
        """The HTTP status that the body itself names."""
        for name in ("code", "status"):
            number = self.number(name)
            if number is not None and 400 <= number < 600:
                return number
        return None

    def number(self, name: str) -> int | None:
        """A field that holds a whole number, as a number or in digits; None for any other."""
        value = self.fields.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def read(body: str, secrets: Sequence[str] = ()) -> Said:
    """The words and fields of an error body.

    Args:
        body: Its text.
        secrets: What was sent and is not to be shown (`http.masked.secrets`). Some servers repeat
            the key: it is blotted out of the words.
    """
    fields: dict[str, Any] = {}
    try:
        text = _words(json.loads(body), fields, _DEPTH)
    except (ValueError, RecursionError):
        title = _TITLE.search(body)
        text = title[1] if title else "" if _HTML.match(body) else body
    return Said(cut(blot(text, secrets)), fields)


def blot(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without the secrets, and without anything else that looks like a key."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _SECRET.sub("***", text)


def cut(text: str, most: int = 400) -> str:
    """The text on one line of at most `most` characters, without its full stop."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= most else f"{line[:most]}…"


def _words(found: Any, fields: dict[str, Any], depth: int) -> str:
    """The words inside a JSON value; what lies beside them is added to `fields`."""
    if depth == 0 or found in (None, [], {}):
        return ""
    if isinstance(found, str):
        return _unwrapped(found, fields, depth)
    if isinstance(found, list):
        if all(isinstance(item, dict) and "msg" in item for item in found):
            return "; ".join(_place_and_words(item) for item in found[:5])
        return _words(found[0], fields, depth - 1)
    if not isinstance(found, dict):
        return json.dumps(found)
    fields.update({name: value for name, value in found.items() if value is not None})
    parts = [found[name] for name in _WORDS if found.get(name)]
    if not parts:
        return json.dumps(found)
    if isinstance(parts[0], str) and found.get("error") and len(parts) > 1:
        # {"error": "Bad Request", "message": "what is really wrong"}
        return f"{parts[0]}: {_words(parts[1], fields, depth - 1)}"
    return _words(parts[0], fields, depth - 1)


def _unwrapped(text: str, fields: dict[str, Any], depth: int) -> str:
    if text.lstrip().startswith(("{", "[")):
        try:
            return _words(json.loads(text), fields, depth - 1) or text
        except (ValueError, RecursionError):
            pass
    return text


def _place_and_words(item: dict[str, Any]) -> str:
    loc = item.get("loc")
    where = ".".join(map(str, loc)) if isinstance(loc, list) else str(loc or "")
    return f"{where}: {item['msg']}" if where else str(item["msg"])
