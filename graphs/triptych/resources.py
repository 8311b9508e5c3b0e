"""What the nodes of a graph work with: models, templates, sandbox and interpreter, made once."""

from __future__ import annotations

import asyncio
import os
from typing import Any, NamedTuple

from langchain_core.language_models import BaseChatModel

from triptych.blocking import detached
from triptych.errors import PromptError, SandboxError
from triptych.models import (
    Entry,
    Price,
    chat_model,
    default_name,
    destination,
    entries,
    entry_at,
    find,
    lookup,
)
from triptych.prompts import BUILT_IN, Template, library
from triptych.sandbox import Interpreter, Sandbox, open_sandbox
from triptych.state import Options, Stage, Strategy


class Resources:
    """Resolves the options of a run to live objects, and keeps them for the next run.

    Args:
        model: A ready chat model, or a name, for runs whose options name none.
    """

    def __init__(self, model: BaseChatModel | str | None = None) -> None:
        self._given = model
        entries()  # read the catalogue now: in a run that would be I/O on the event loop
        self._models: dict[tuple[str | None, str | None], BaseChatModel] = {}
        self._selected: dict[tuple[Any, ...], dict[str, Template]] = {}
        self._prices: dict[int, tuple[BaseChatModel, Price | None]] = {}
        self._places: dict[tuple[Any, ...], Place] = {}
        self._templates: dict[str, Template] = {}  # by hash: what a run recorded, as it was then

    async def model(self, options: Options, stage: Stage | None = None) -> BaseChatModel:
        """The chat model of a stage.

        Raises:
            ModelError: if it cannot be made ready.
        """
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
        if id(model) not in self._prices:
            entry = entry_of(model)
            # Kept with its model, or another one might get its id.
            self._prices[id(model)] = (model, entry.price if entry else None)
        return self._prices[id(model)][1]

    def _name(self, options: Options, stage: Stage | None = None) -> str | None:
        """The name that a model was asked for by: the stage's, the run's or the graph's."""
        own = options.models.get(stage) if stage else None
        return own or options.model or (self._given if isinstance(self._given, str) else None)

    async def templates(self, options: Options) -> dict[str, Template]:
        """The template of each stage, as the options select them.

        Raises:
            PromptError: if a selector names none.
        """
        key = (options.prompts_dir, *sorted(selectors(options).items()))
        if key not in self._selected:
            chosen = await asyncio.to_thread(
                lambda: library(options.prompts_dir).select(selectors(options))
            )
            self._templates |= {t.sha256: t for t in chosen.values()}
            if any(t.layer != BUILT_IN for t in chosen.values()):
                return chosen  # a user's own may be edited between two runs
            self._selected[key] = chosen
        return self._selected[key]

    async def template(self, options: Options, ref: dict[str, Any]) -> Template:
        """The very template that a run recorded when it started.

        Raises:
            PromptError: if it has changed or gone since (a run resumed much later).
        """
        kept = self._templates.get(ref["sha256"])
        if kept is not None:
            return kept
        chosen = library(options.prompts_dir)
        template = await asyncio.to_thread(chosen.get, ref["selector"])
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


def _place(options: Options) -> Place:
    interpreter = Interpreter.probe(options.python)
    try:
        return Place(open_sandbox(options.sandbox), "", interpreter)
    except SandboxError as error:
        return Place(None, str(error), interpreter)


def entry_of(model: BaseChatModel) -> Entry | None:
    """What the catalogue knows of a model; None for one it does not list."""
    name, url = str(getattr(model, "model", "")), str(getattr(model, "base_url", ""))
    return entry_at(url, name) or lookup(name)


def selectors(options: Options) -> dict[str, str]:
    """The templates that the options name, by stage."""
    return {str(stage): selector for stage, selector in options.prompts.items()}


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


def _make(name: str | None, base_url: str | None) -> BaseChatModel:
    if base_url is not None:
        return chat_model(base_url=base_url, model=name)
    return chat_model(name)


__all__ = ["Resources", "destination", "entry_of", "model_name", "selectors", "strategy_for"]
