"""One node's calls to a model: metered, inside the budget, stamped with their prompt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langgraph.config import get_config

from triptych import events
from triptych.errors import BadOutputError, ModelError
from triptych.models import Price
from triptych.resources import Resources
from triptych.state import Draft, Stage, Usage, to_json
from triptych.usage import Meter, Metered
from triptych.view import View


class Step:
    """The model calls of one visit to a node."""

    def __init__(self, resources: Resources, view: View, stage: Stage, *, at_once: int = 1) -> None:
        self._at_once = at_once
        self._resources, self._view, self._stage = resources, view, stage
        self._meter = Meter()
        self._began = time.monotonic()
        self._price: Price | None = None

    async def ask(self, make: Any, given: dict[str, Any], **parameters: Any) -> Any:
        """Call the chain that `make` builds.

        Raises:
            ModelError: if the endpoint fails, the answer is unusable or the time is up.
        """
        view, stage = self._view, self._stage
        model = await self._resources.model(view.options, stage)
        self._price = self._resources.price(model)
        template = await self._resources.template(view.options, view.prompts[stage])
        chain = make(Metered(self._bind(model, parameters), self._meter), template)
        try:
            async with asyncio.timeout(view.seconds_left):
                return await chain.ainvoke(given, get_config())
        except TimeoutError as error:
            raise ModelError(
                f"The time budget of {view.options.budget.seconds:g} s was spent during {stage}."
            ) from error

    async def write(
        self,
        make: Any,
        given: dict[str, Any],
        draft: Draft,
        base: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> Draft | ModelError:
        """Call a chain that writes code, and make its answer a draft.

        Returns:
            The draft, with its `error` set if the answer held no code; or the endpoint's error.
        """
        events.emit(events.Drafting(draft=draft.id, origin=draft.origin))
        if draft.id:
            model = await self._resources.model(self._view.options, self._stage)
            seed = (getattr(model, "seed", None) or 0) + draft.id
            parameters["seed"] = seed
            draft = draft.model_copy(update={"seed": seed})
        try:
            proposal = await self.ask(make, given, **parameters)
        except BadOutputError as error:
            made = draft.model_copy(update={"error": str(error), "reply": error.partial})
        except ModelError as error:
            return error
        else:
            files = {**(base or {}), **proposal.files}
            made = draft.model_copy(update={"files": files, "reply": proposal.reply})
        events.emit(events.Drafted(draft=made))
        return made

    def total(self) -> Usage:
        """The run's usage with this step's calls and time added."""
        seconds = time.monotonic() - self._began
        return self._meter.add_to(self._view.usage, seconds, self._price, self._stage)

    def usage(self) -> dict[str, Any]:
        """`total` as JSON."""
        return to_json(self.total())

    def _bind(self, model: BaseChatModel, parameters: dict[str, Any]) -> Any:
        """The model with the call's parameters, and no more tokens than the budget has left.

        The calls of a wave share what is left. Prompts are counted after the call, not before.
        """
        limit = self._view.options.budget.tokens
        if limit is not None:
            left = max((limit - self._view.usage.tokens) // self._at_once, 1)
            own = getattr(model, "max_tokens", None)
            parameters = {**parameters, "max_tokens": min(left, own) if own else left}
        bound: Runnable[Any, Any] = model.bind(**parameters) if parameters else model
        return bound
