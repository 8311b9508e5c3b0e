"""What the nodes of a graph work with: models, templates, sandbox and interpreter, made once."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.blocking import detached
from triptych.errors import PromptError, SandboxError, UnknownModelError
from triptych.models import Entry, chat_model, default_name, destination, find
from triptych.prompts import Template, library
from triptych.sandbox import Interpreter, Sandbox, open_sandbox
from triptych.state import Options, Stage, Strategy


class Resources:
    """Resolves the options of a run to live objects, and keeps them for the next run.

    Args:
        model: A ready chat model, or a name, for runs whose options name none.
    """

    def __init__(self, model: BaseChatModel | str | None = None) -> None:
        self._given = model
        self._models: dict[tuple[str | None, str | None], BaseChatModel] = {}

    async def model(self, options: Options, stage: Stage | None = None) -> BaseChatModel:
        """The chat model of a stage.

        Raises:
            ModelError: if it cannot be made ready.
        """
        name = options.models.get(stage) if stage else None
        name = name or options.model
        if name is None and options.base_url is None and isinstance(self._given, BaseChatModel):
            return self._given
        name = name or (self._given if isinstance(self._given, str) else None)
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
        if options.base_url is not None:
            return known(options.model or "")
        if options.model is None and isinstance(self._given, BaseChatModel):
            return entry_of(self._given)
        return find(options.model or str(self._given or default_name()))

    def templates(self, options: Options) -> dict[str, Template]:
        """The template of each stage, as the options select them.

        Raises:
            PromptError: if a selector names none.
        """
        return library(options.prompts_dir).select(selectors(options))

    def template(self, options: Options, ref: dict[str, Any]) -> Template:
        """The very template that a run recorded when it started.

        Raises:
            PromptError: if it has changed or gone since (a run resumed much later).
        """
        template = library(options.prompts_dir).get(ref["selector"])
        if template.sha256 != ref["sha256"]:
            raise PromptError(
                f"The prompt {ref['selector']} has changed since this run started.",
                "Start the run anew, or put the old text back.",
            )
        return template

    def sandbox(self, options: Options) -> tuple[Sandbox | None, str]:
        """The sandbox for the checks, or None and why there is none on this machine."""
        try:
            return open_sandbox(options.sandbox), ""
        except SandboxError as error:
            return None, str(error)

    def interpreter(self, options: Options) -> Interpreter:
        """The Python that runs the checks.

        Raises:
            InputError: if it does not exist or is no Python.
        """
        return Interpreter.probe(options.python)


def entry_of(model: BaseChatModel) -> Entry | None:
    """What the catalogue knows of a model; None for one it does not list."""
    return known(str(getattr(model, "model", "")))


def known(name: str) -> Entry | None:
    """The catalogue's entry of a name; None for one it does not list."""
    try:
        return find(name)
    except UnknownModelError:
        return None


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
