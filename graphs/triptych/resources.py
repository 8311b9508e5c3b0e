"""What the nodes of a graph work with: models, templates, sandbox and interpreter, made once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from triptych.blocking import detached
from triptych.chain import CURE, Wanted, selected, wanted
from triptych.errors import PromptError, SandboxError
from triptych.models import (
    Entry,
    Price,
    chat_model,
    default_name,
    entries,
    entry_at,
    find,
    lookup,
)
from triptych.prompts import BUILT_IN, Template, library
from triptych.prompts.layers import VARIABLE, layers
from triptych.sandbox import Interpreter, Sandbox, open_sandbox
from triptych.state import STAGES, Options, Stage, Strategy

Templates = Mapping[Stage, Template] | Sequence[Template]
"""Ready templates: by stage, or each for the stage of its own name."""

_ALL = frozenset(STAGES)


class Pick(NamedTuple):
    """A template, and the selector that finds this very one again."""

    template: Template
    selector: str


class Resources:
    """Resolves the options of a run to live objects, and keeps them for the next run.

    Args:
        model: A ready chat model, or a name, for runs whose options name none.
        models: Ready chat models of single stages; they win over the names in the options.
        templates: Ready templates; they win over the selectors in the options.

    Raises:
        PromptError: if a ready template is for no stage.
    """

    def __init__(
        self,
        model: BaseChatModel | str | None = None,
        models: Mapping[Stage, BaseChatModel] | None = None,
        templates: Templates = (),
    ) -> None:
        self._given = model
        self._staged = dict(models or {})
        entries()  # read the catalogue now: in a run that would be I/O on the event loop
        self._models: dict[tuple[str | None, str | None], BaseChatModel] = {}
        self._selected: dict[tuple[Any, ...], dict[str, Pick]] = {}
        self._prices: dict[tuple[str, str], Price | None] = {}
        self._places: dict[tuple[Any, ...], Place] = {}
        self._templates: dict[str, Template] = {}  # by hash: what a run recorded, as it was then
        self._pinned: dict[str, Pick] = {}
        self._pin(templates)

    def beside(
        self,
        model: BaseChatModel | str | None = None,
        models: Mapping[Stage, BaseChatModel] | None = None,
        templates: Templates = (),
    ) -> Resources:
        """Resources of another run, which share with these what was made once: the interpreter
        and the sandbox, models by name, templates and prices.

        Args:
            model: As for these; None for theirs.
            models: As for these, put over theirs.
            templates: As for these, put over theirs.
        """
        made = copy(self)
        made._given = self._given if model is None else model
        made._staged = {**self._staged, **(models or {})}
        made._pinned = dict(self._pinned)
        made._pin(templates)
        return made

    def _pin(self, templates: Templates) -> None:
        by_stage = templates if isinstance(templates, Mapping) else {t.name: t for t in templates}
        for stage in by_stage:
            if stage not in STAGES:
                raise PromptError(f"A ready template is for {stage!r}, which is no stage.", CURE)
        self.keep({stage: ready(template) for stage, template in by_stage.items()})

    def keep(self, picked: Mapping[Any, Pick]) -> None:
        """Use these templates from now on, whatever the options say."""
        self._pinned |= picked
        self._templates |= {pick.template.sha256: pick.template for pick in picked.values()}

    async def model(self, options: Options, stage: Stage | None = None) -> BaseChatModel:
        """The chat model of a stage.

        Raises:
            ModelError: if it cannot be made ready.
        """
        if stage in self._staged:
            return self._staged[stage]
        name = self._name(options, stage)
        if name is None and options.base_url is None and isinstance(self._given, BaseChatModel):
            return self._given
        key = (name, options.base_url)
        if key in self._models:
            return self._models[key]
        # Making one may start a server or bring a file: never on the event loop.
        made = await detached(lambda: _make(name, options.base_url))
        entry = None if options.base_url else entry_of(made)
        if entry is None or entry.kind != "local":
            # The local server is shared already, and started again where it has died.
            self._models[key] = made
        return made

    def entry(self, options: Options) -> Entry | None:
        """What the catalogue knows of the run's model, without making it ready.

        Raises:
            UnknownModelError: if the options name a model that it does not list.
        """
        name = self._name(options)
        if options.base_url is not None:
            return entry_at(options.base_url, name or "") or lookup(name or "")
        if name is None and isinstance(self._given, BaseChatModel):
            return entry_of(self._given)
        return find(name or default_name())

    def price(self, model: BaseChatModel) -> Price | None:
        """What its tokens cost, as the catalogue said when a run first asked; None if unknown."""
        key = _known(model)
        if key not in self._prices:
            entry = entry_of(model)
            self._prices[key] = entry.price if entry else None
        return self._prices[key]

    def _name(self, options: Options, stage: Stage | None = None) -> str | None:
        """The name that a model was asked for by: the stage's, the run's or the graph's."""
        own = options.models.get(stage) if stage else None
        return own or options.model or (self._given if isinstance(self._given, str) else None)

    async def templates(self, asked: Wanted) -> dict[str, Pick]:
        """The template of each stage: the ready one, or as it is selected.

        Raises:
            PromptError: if a selector names none.
        """
        if self._pinned.keys() >= _ALL:
            return self._pinned
        given = {s: ready(p) for s, p in asked.stages.items() if isinstance(p, Template)}
        named = {s: p for s, p in asked.stages.items() if isinstance(p, str)}
        key = (asked.dir, os.environ.get(VARIABLE), asked.set, *sorted(named.items()))
        picked = self._selected.get(key)
        if picked is None:
            chosen, only_ours = await asyncio.to_thread(_chosen, asked)
            picked = {s: Pick(t, _exact(named.get(s, ""), t)) for s, t in chosen.items()}
            if only_ours:  # a user's own may be edited, or come to be, between two runs
                self._selected[key] = picked
        picked = {**picked, **given, **self._pinned}
        self._templates |= {pick.template.sha256: pick.template for pick in picked.values()}
        return picked

    async def template(self, options: Options, ref: dict[str, Any]) -> Template:
        """The very template that a run recorded when it started.

        Raises:
            PromptError: if it has changed or gone since (a run resumed much later).
        """
        kept = self._templates.get(ref["sha256"])
        if kept is not None:
            return kept
        template = await asyncio.to_thread(
            lambda: library(options.prompts_dir).get(ref["selector"])
        )
        if template.sha256 != ref["sha256"]:
            raise PromptError(
                f"The prompt {ref['selector']} has changed since this run started.",
                "Start the run anew, or put the old text back.",
            )
        self._templates[template.sha256] = template
        return template

    async def place(self, options: Options) -> Place:
        """Where the drafts of a run are checked.

        Raises:
            InputError: if the interpreter does not exist or is no Python.
        """
        key = (options.sandbox, options.python, os.environ.get("VIRTUAL_ENV"))
        if key not in self._places:
            found = await asyncio.to_thread(_place, options)
            if found.sandbox is None:
                return found  # it may be mended before the next run
            self._places[key] = found
        return self._places[key]


class Place(NamedTuple):
    """Where drafts are checked: a sandbox, or None and why there is none; and the user's Python."""

    sandbox: Sandbox | None
    why_not: str
    interpreter: Interpreter


def _chosen(asked: Wanted) -> tuple[dict[str, Template], bool]:
    """The templates, and whether no folder of a user's has a say in them."""
    chosen = selected(asked)
    only_ours = len(layers(asked.dir)) == 1 and all(t.layer == BUILT_IN for t in chosen.values())
    return chosen, only_ours


def _place(options: Options) -> Place:
    interpreter = Interpreter.probe(options.python)
    try:
        return Place(open_sandbox(options.sandbox), "", interpreter)
    except SandboxError as error:
        return Place(None, str(error), interpreter)


def entry_of(model: BaseChatModel) -> Entry | None:
    """What the catalogue knows of a model; None for one it does not list."""
    url, name = _known(model)
    return entry_at(url, name) or lookup(name)


def _known(model: BaseChatModel) -> tuple[str, str]:
    """What the catalogue knows a model by: where it is asked, and its name there."""
    return str(getattr(model, "base_url", "")), str(getattr(model, "model", ""))


def asked_prompts(options: Options, config: Mapping[str, Any]) -> Wanted:
    """Which prompts a run is to use, by its options, its config and the `using` around it.

    Raises:
        PromptError: see `wanted`.
    """
    own = options.prompt_set if "prompt_set" in options.model_fields_set else None
    return wanted(config, call=options.prompts, set=own, dir=options.prompts_dir)


def strategy_for(entry: Entry | None, options: Options) -> Strategy:
    """The model's own strategy, with the fields that the options set put over it.

    Args:
        entry: The model's, with what was measured best for it; None for the general default.
        options: `Strategy(drafts=2)` changes the number of drafts and nothing else.
    """
    own = entry.strategy if entry else {}
    asked = options.strategy.model_dump(exclude_unset=True) if options.strategy else {}
    return Strategy.model_validate({**own, **asked})


def model_name(model: BaseChatModel) -> str:
    """The name that a model is asked for by."""
    return str(getattr(model, "model", None) or type(model).__name__)


def ready(template: Template) -> Pick:
    """The pick of a template that is there already, perhaps of no file: found by its hash."""
    return Pick(template, f"{template.full_name}@sha256:{template.sha256}")


def _exact(selector: str, template: Template) -> str:
    """The selector that finds this very template again: its path, or its name and version."""
    return selector if selector.endswith(".md") else template.reference


def _make(name: str | None, base_url: str | None) -> BaseChatModel:
    if base_url is not None:
        return chat_model(base_url=base_url, model=name)
    return chat_model(name)
