"""One answer as it arrives: from the events of a chat completion to LangChain's messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from triptych.errors import ModelError, TruncatedError
from triptych.models import faults
from triptych.models.counting import usage_metadata
from triptych.models.http.transport import Call
from triptych.models.toolcalls import Piece, ToolCalls

_KEPT = {
    "id": "id",
    "model_name": "model",
    "system_fingerprint": "system_fingerprint",
    "service_tier": "service_tier",
    "timings": "timings",
}
"""What is kept of the events, by the name under which it is kept."""

_REASONING = ("reasoning_content", "reasoning")
_BROKEN_OFF = ("abort", "cancelled", "error")
"""Finish reasons of an answer that its server gave up."""


@dataclass
class Reading:
    """Takes the events of one answer and knows at the end whether it is whole.

    The shipped class swallows error objects and silent ends, sums cumulative usage, loses the
    completion's id, cached tokens and stop reason, and looks for ``<think>`` inside the text (an
    answer about that tag loses words). What is known only at the end comes once, in the last chunk.

    Args:
        call: What was asked.
        estimate: Counts tokens of the request and a text where the server gives no usage.
        original_id: From a tool call's id on the wire to the caller's, should one come back.
        tool_text: Where the tools are asked for by a schema: from the answer's text to tool calls
            in the form of a server's deltas.
    """

    call: Call
    estimate: Callable[[str], UsageMetadata]
    original_id: Callable[[str], str]
    tool_text: Callable[[str], tuple[str, list[dict[str, Any]]]] | None = None
    texts: list[str] = field(default_factory=list)
    reasoning: dict[str, list[str]] = field(default_factory=dict)
    tools: ToolCalls = field(init=False)
    late: list[Piece] = field(default_factory=list)
    torn: bool = False
    finish: str | None = None
    usage: dict[str, Any] | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    logprobs: list[Any] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools = ToolCalls(self.original_id)

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return "".join(self.texts)

    def absorb(self, events: Iterable[Any]) -> None:
        """Add events of which only the whole will be told."""
        for event in events:
            try:  # nearly all of them add some text and nothing else
                (choice,) = event["choices"]
                delta = choice["delta"]
                text = delta["content"]
            except (KeyError, TypeError, ValueError):
                self.take(event)
                continue
            if (
                self.kept
                and type(text) is str
                and len(delta) == 1
                and not choice.get("finish_reason")
                and not choice.get("logprobs")
                and not event.get("usage")
                and not event.get("error")
            ):
                self.texts.append(text)
            else:
                self.take(event)

    def take(self, event: Any) -> dict[str, Any] | None:
        """Add one event.

        Returns:
            What the event adds to the answer: ``content``, ``tool_calls``, reasoning; None if
            nothing.

        Raises:
            ModelError: If the event is an error, or no part of a completion.
        """
        # Called for every token: what is said once is looked up once.
        choices = event.get("choices") if isinstance(event, dict) else None
        if choices is None or event.get("error"):
            raise self._no_part(event)
        try:
            if not self.kept or not choices or choices[0].get("finish_reason"):
                self._keep(event)
            if isinstance(usage := event.get("usage"), dict):
                self.usage = usage or self.usage
            for choice in choices:
                # Choices beyond the first are other answers, and `payload` asks for one.
                if not choice.get("index"):
                    return self._choice(choice)
        except (AttributeError, KeyError, TypeError, ValueError):  # a part of another shape
            self.finish = None  # should the same event have said it: what it held is lost
            raise self._no_part(event) from None
        return None

    def _no_part(self, event: Any) -> ModelError:
        """The error for an event that is one, or no part of a completion. Empties the event."""
        error = faults.in_stream(
            self.call.url,
            event,
            model=str(self.call.payload.get("model")),
            request_id=self.call.seen.request_id,
            secrets=self.call.secrets,
        )
        if isinstance(event, dict | list):
            # Some endpoints repeat the key in it, and error reporters show the variables of frames.
            event.clear()
        return error

    def _keep(self, event: dict[str, Any]) -> None:
        """What the first event says of the whole answer, and the last ones."""
        for ours, theirs in _KEPT.items():
            if event.get(theirs):
                self.kept[ours] = event[theirs]

    def _choice(self, choice: dict[str, Any]) -> dict[str, Any] | None:
        delta = choice.get("delta") or choice.get("message") or {}
        if choice.get("finish_reason"):
            self.finish = choice["finish_reason"]
        if choice.get("stop_reason") is not None:
            self.kept["stop_reason"] = choice["stop_reason"]
        if choice.get("logprobs"):
            self.logprobs += choice["logprobs"].get("content") or []
        said: dict[str, Any] = {}
        if content := delta.get("content"):
            said["content"] = text = content if isinstance(content, str) else _text(content)
            self.texts.append(text)
        if delta.get("tool_calls") and (calls := self.tools.take(delta["tool_calls"])):
            said["tool_calls"] = calls
        if delta.get("refusal"):
            self.refusals.append(str(delta["refusal"]))
        for name in _REASONING:
            if delta.get(name):
                said[name] = delta[name]
                self.reasoning.setdefault(name, []).append(delta[name])
        return said or None

    def chunk(self, said: dict[str, Any] | None) -> ChatGenerationChunk | None:
        """What `take` returned as LangChain's chunk; None where there is nothing to say yet."""
        if not said:
            return None
        if said.keys() == {"content"}:  # nearly all of them
            if self.tool_text:
                return None
            words = AIMessageChunk(content=said["content"], id=self.kept.get("id"))
            return ChatGenerationChunk(message=words)
        extra = {name: said[name] for name in _REASONING if name in said}
        if extra:  # under both names as the shipped class has it: LangChain reads the first one
            extra["reasoning_content"] = next(iter(extra.values()))
        message = AIMessageChunk(
            content="" if self.tool_text else said.get("content", ""),
            tool_call_chunks=[self.tools.chunk(call) for call in said.get("tool_calls", [])],
            additional_kwargs=extra,
            id=self.kept.get("id"),
        )
        return ChatGenerationChunk(message=message)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Around the reading of all events: an answer that is not whole is an error.

        Raises:
            ModelError: With the text so far as `partial`. A connection that breaks after the finish
                reason is none: only the usage is lost then.
        """
        try:
            yield
            if self.finish is None:
                raise faults.cut_short(self.call.url, request_id=self.call.seen.request_id)
        except ModelError as error:
            if self.finish is None:
                error.partial = self.text
                raise
        if self.tool_text is not None:
            # Where tools were asked for by a schema: the words for people, and the calls.
            raw = self.text
            words, calls = self.tool_text(raw)
            # Cut before the first name, the list of calls comes back as it is, or not at all.
            self.torn = not calls and words == raw and raw.strip()[:1] in ("", "[")
            if calls and self.finish == "stop":
                self.finish = "tool_calls"
            self.texts, self.late = [words], self.tools.take(calls)
        self._judge()

    def last(self) -> ChatGenerationChunk:
        """The closing chunk, with what is known only at the end: said once, so that it adds up."""
        message = AIMessageChunk(
            content=self.text if self.tool_text else "",
            tool_call_chunks=[*map(self.tools.chunk, self.late), *self.tools.spoilers()],
            additional_kwargs=self._fields(),
            response_metadata=self._metadata(),
            usage_metadata=self._usage(),
            id=self.kept.get("id"),  # without, LangChain gives another: a message of its own to UIs
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)

    def result(self) -> ChatResult:
        """The whole answer, without the detour over chunks: each of them takes its time."""
        good, bad = self.tools.parsed()
        extra = {name: "".join(pieces) for name, pieces in self.reasoning.items()}
        if extra:
            extra["reasoning_content"] = next(iter(extra.values()))
        usage = self._usage()
        metadata = self._metadata()
        message = AIMessage(
            content=self.text,
            tool_calls=good,
            invalid_tool_calls=bad,
            additional_kwargs={**extra, **self._fields()},
            response_metadata=metadata,
            usage_metadata=usage,
            id=self.kept.get("id"),
        )
        counts = {
            "prompt_tokens": usage["input_tokens"],
            "completion_tokens": usage["output_tokens"],
            "total_tokens": usage["total_tokens"],
        }
        return ChatResult(
            generations=[ChatGeneration(message=message)],
            llm_output={"model_name": metadata["model_name"], "token_usage": counts},
        )

    def _judge(self) -> None:
        """Raise for an answer that has ended but must not be taken for a good one."""
        url, request_id = self.call.url, self.call.seen.request_id
        if self.finish == "content_filter":
            raise faults.filtered(url, request_id=request_id, partial=self.text)
        if self.finish in _BROKEN_OFF:
            error = faults.cut_short(url, self.finish, request_id=request_id)
            error.partial = self.text
            raise error
        if not self._is_cut():
            return
        at_limit = self.finish == "length"
        if self.tools.broken(at_limit=at_limit) or (
            at_limit and (self.torn or self._lacks_its_call())
        ):
            raise TruncatedError(
                f"{faults.place(url)} cut its answer in the middle of a tool call "
                f"({self.tools.names() or 'not one is whole'}).",
                "Give the answer more room with max_tokens.",
                endpoint=url,
                request_id=request_id,
                partial=self.text,
            )

    def _lacks_its_call(self) -> bool:
        """True if a call was demanded and none has come."""
        choice = self.call.payload.get("tool_choice")
        return not self.tools and (choice == "required" or isinstance(choice, dict))

    def _is_cut(self) -> bool:
        """True if the limit of the answer ended it; vLLM's finish reason may hide that."""
        most = self.call.payload.get("max_tokens") or self.call.payload.get("max_completion_tokens")
        used = (self.usage or {}).get("completion_tokens") or 0
        return self.finish == "length" or bool(most and used >= most)

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self.reasoning:
            fields["_reasoning_api_fields"] = list(self.reasoning)
        if self.refusals:  # where LangChain's openai package keeps it
            fields["refusal"] = "".join(self.refusals)
        return fields

    def _usage(self) -> UsageMetadata:
        counted = usage_metadata(self.usage)
        if counted is None:
            said = self.text + "".join(text for part in self.reasoning.values() for text in part)
            counted = self.estimate(said + self.tools.text())
        return counted

    def _metadata(self) -> dict[str, Any]:
        metadata = {"model_name": str(self.call.payload.get("model")), **self.kept}
        metadata["finish_reason"] = self.finish
        if self.usage is None:
            metadata["usage_estimated"] = True
        if self.logprobs:
            metadata["logprobs"] = {"content": self.logprobs}
        if request_id := self.call.seen.request_id:
            metadata["request_id"] = request_id
        return metadata


def _text(content: list[Any]) -> str:
    """The text of content parts, which some gateways send."""
    return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
