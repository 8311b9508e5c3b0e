"""What crosses to another process: one block, with everything it needs and no key."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.blocking import blocking
from triptych.errors import LabError
from triptych.lab.experiment.live import LiveVariant
from triptych.lab.experiment.seen import seen_model
from triptych.lab.grading.grade import Grader
from triptych.lab.grading.sandboxed import SandboxGrader
from triptych.lab.measuring.calls import CallMemory, sharing
from triptych.lab.measuring.cell import Bench, run_cell
from triptych.lab.measuring.schedule import Block
from triptych.lab.records import Failure, Record
from triptych.lab.tasks.task import LabTask
from triptych.models import ChatNVIDIA, chat_model, entry_at
from triptych.models.faults import is_hosted
from triptych.models.limits import hosted_rate_limiter
from triptych.prompts import Template
from triptych.resources import Resources
from triptych.sandbox import Interpreter
from triptych.state import Budget, Stage, Strategy

EXACT = ("temperature", "max_tokens", "top_p", "stop")
"""Sent even if they are None: the catalogue, or the class, has values of its own for them."""


@dataclass(frozen=True)
class ModelSpec:
    """How to make a model where it is asked: keys are those of that machine.

    Attributes:
        alias: The catalogue's name of this model at this address; empty where it has none.
        base_url: The address, where there is no alias.
        name: The model's name there.
        parameters: Of `ChatNVIDIA`.
    """

    alias: str
    base_url: str
    name: str
    parameters: Mapping[str, Any]

    @classmethod
    def of(cls, model: ChatNVIDIA) -> ModelSpec:
        """The spec of a model of this house.

        Raises:
            LabError: It has what cannot travel: headers, which may hold a key, or a rate limiter,
                which each process would have for itself.
        """
        for name, given in (
            ("default_headers", bool(model.default_headers)),
            ("a rate_limiter", model.rate_limiter not in (None, hosted_rate_limiter())),
        ):
            if given:
                raise LabError(
                    f"The model {model.model} has {name}, which is not sent to a cluster's "
                    "workers.",
                    "Leave it out, or measure without --cluster.",
                )
        url, name = str(model.base_url), str(model.model)
        entry = entry_at(url, name)
        parameters = {
            **(model.model_kwargs or {}),
            **seen_model(model).parameters,
            **{name: getattr(model, name) for name in EXACT},
            "timeout": model._timeouts,
            "max_retries": model._policy.attempts - 1,
            "verify_ssl": model._client.verify_ssl,
        }
        if is_hosted(url) and model.rate_limiter is None:
            parameters["rate_limiter"] = None  # else it would have the default one
        return cls(
            alias=entry.alias if entry else "",
            base_url="" if entry else url,
            name=name,
            parameters=parameters,
        )

    def made(self) -> BaseChatModel:
        """The model; made once a process."""
        with _lock:
            key = repr(self)
            if key not in _models:
                given = dict(self.parameters)
                if self.alias:
                    _models[key] = chat_model(self.alias, **given)
                elif is_hosted(self.base_url):  # `chat_model` gives TRIPTYCH_API_KEY to an address
                    _models[key] = ChatNVIDIA(base_url=self.base_url, model=self.name, **given)
                else:
                    _models[key] = chat_model(base_url=self.base_url, model=self.name, **given)
            return _models[key]


@dataclass(frozen=True)
class WireVariant:
    """A variant on its way."""

    name: str
    templates: Mapping[Stage, Template] = field(repr=False)
    model: ModelSpec | BaseChatModel
    models: Mapping[Stage, ModelSpec | BaseChatModel]
    strategy: Strategy
    budget: Budget
    salt: str

    @classmethod
    def of(cls, variant: LiveVariant) -> WireVariant:
        """A variant made ready to go."""
        return cls(
            variant.name,
            dict(variant.templates),
            _packed(variant.model),
            {stage: _packed(model) for stage, model in variant.models.items()},
            variant.strategy,
            variant.budget,
            variant.salt,
        )

    def live(self) -> LiveVariant:
        """The variant where it has arrived."""
        models = {stage: _unpacked(model) for stage, model in self.models.items()}
        return LiveVariant(
            self.name,
            self.templates,
            _unpacked(self.model),
            models,
            self.strategy,
            self.budget,
            self.salt,
        )


@dataclass(frozen=True)
class Job:
    """One block on its way. Its repr, which a cluster may log, has no hidden check in it."""

    position: int
    task: LabTask
    trial: int
    cells: tuple[WireVariant, ...]
    places: tuple[int, ...]
    seed: int
    shared: bool
    grader: Grader | None = field(repr=False)

    @classmethod
    def of(cls, block: Block, seed: int, shared: bool, grader: Grader | None) -> Job:
        """A block made ready to go."""
        cells = tuple(WireVariant.of(variant) for variant in block.cells)
        return cls(
            block.position, block.task, block.trial, cells, block.places, seed, shared, grader
        )


def work(job: Job) -> list[Record | Failure]:
    """Measure one block, in whatever process this is.

    Its variants share one memory of calls, which ends with the block. Errors are `Failure`s.
    """
    return blocking(_work(job))


async def _work(job: Job) -> list[Record | Failure]:
    variants = tuple(cell.live() for cell in job.cells)
    block = Block(job.position, job.task, job.trial, variants, job.places)
    python, grader, resources = _place()
    with CallMemory() as memory:
        recall_for = sharing(memory, job.shared)
        bench = Bench(job.grader or grader, python, recall_for, job.seed, resources)
        return [
            await run_cell(bench, block, variant, place)
            for variant, place in zip(block.cells, block.places, strict=True)
        ]


def _packed(model: BaseChatModel) -> ModelSpec | BaseChatModel:
    return ModelSpec.of(model) if isinstance(model, ChatNVIDIA) else model


def _unpacked(model: ModelSpec | BaseChatModel) -> BaseChatModel:
    return model.made() if isinstance(model, ModelSpec) else model


def _place() -> tuple[Interpreter, Grader, Resources]:
    """What all blocks of a process share."""
    with _lock:
        if not _places:
            grader = SandboxGrader.usual()
            _places.append((grader.python, grader, Resources()))
        return _places[0]


_lock = threading.RLock()
_models: dict[str, BaseChatModel] = {}
_places: list[tuple[Interpreter, Grader, Resources]] = []
