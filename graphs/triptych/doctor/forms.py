"""Answers of a given form: tool calls, native or forced, and structured output."""

from __future__ import annotations

import json
from dataclasses import replace

from triptych.doctor import questions
from triptych.doctor.finding import Finding, failed
from triptych.doctor.subject import Answer, Subject
from triptych.errors import BadRequestError, ToolsNotEnabledError, TriptychError
from triptych.models.catalogue import abilities_for, user_path

TOKENS = 96


def most_tool(subject: Subject) -> int:
    """The most tokens that one tool call takes."""
    more = json.dumps(questions.tool()) * 2  # templates write instructions around it
    return subject.most(questions.messages("weather"), TOKENS, more)


def most_structured(subject: Subject) -> int:
    """The most tokens that the structured answer takes."""
    return subject.most(questions.messages("haiku"), TOKENS, json.dumps(questions.schema()))


def tools(subject: Subject) -> list[Finding]:
    """Does the model call a tool when it should?"""
    return [_tool(subject, "tools", "weather", None)]


def forced_tool(subject: Subject) -> list[Finding]:
    """Does it call the tool that it is told to, where it would not by itself?"""
    return [_tool(subject, "forced tool", "greet", "get_weather")]


def structured(subject: Subject) -> list[Finding]:
    """Does the server hold the model to a JSON schema?"""
    form = {"name": "verdict", "schema": questions.schema(), "strict": True}
    chat = subject.chat(max_tokens=TOKENS).bind(
        response_format={"type": "json_schema", "json_schema": form}
    )
    try:
        answer = subject.ask(chat, questions.messages("haiku"), TOKENS)
    except BadRequestError as error:
        return [replace(failed("structured output", error), value=False)]
    except TriptychError as error:
        return [failed("structured output", error)]
    if obeyed(answer.text):
        return [Finding("structured output", "ok", "the JSON schema was obeyed", value=True)]
    return [
        Finding(
            "structured output", "warn", "the JSON schema was ignored",
            f"Set `abilities: {{structured: tools}}` (or prompt) for it in {user_path()}.", False,
        )
    ]  # fmt: skip


def obeyed(text: str) -> bool:
    """True if a text fits the schema, which nobody would by chance."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    allowed = questions.schema()["properties"]["verdict"]["enum"]
    return isinstance(found, dict) and list(found) == ["verdict"] and found["verdict"] in allowed


def called(name: str, answer: Answer, *, native: bool) -> Finding:
    """The finding of an answer that should have been a call."""
    calls = answer.message.tool_calls
    way = "" if native else ", by a JSON schema"
    if (
        calls
        and calls[0]["name"] == "get_weather"
        and isinstance(calls[0]["args"].get("city"), str)
    ):
        return Finding(name, "ok", f"called, with its argument{way}", value=True)
    if calls or answer.message.invalid_tool_calls:
        cure = "Is the tool parser of the server the one for this model?"
        return Finding(name, "warn", "called, but with wrong arguments", cure, False)
    cure = f"Set `abilities: {{tools: schema}}` for it in {user_path()}"
    if native:
        cure += ", or give the server the tool parser of this model."
    else:
        cure = "This model is too small to call tools: use another one for them."
    return Finding(name, "warn", f"no call{way}: {_start(answer.text)!r}", cure, False)


def _tool(subject: Subject, name: str, question: str, choice: str | None) -> Finding:
    native = abilities_for(subject.base_url, subject.model).tools == "native"
    try:
        chat = subject.chat(max_tokens=TOKENS).bind_tools([questions.tool()], tool_choice=choice)
        answer = subject.ask(chat, questions.messages(question), TOKENS)
    except ToolsNotEnabledError as error:
        return replace(failed(name, error), value=False)
    except TriptychError as error:
        return failed(name, error)
    return called(name, answer, native=native)


def _start(text: str) -> str:
    return " ".join(text.split())[:40]
