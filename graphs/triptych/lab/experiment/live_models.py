"""The models of an experiment, each made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.errors import LabError, TriptychError
from triptych.lab.words import Experiment, Variant
from triptych.models import chat_model
from triptych.models.catalogue import find


class Models:
    """Makes the models that variants name.

    Args:
        experiment: Whose variants.
        given: Name to ready model, in place of the catalogue's; "" is for variants without a name.
    """

    def __init__(self, experiment: Experiment, given: Mapping[str, BaseChatModel]) -> None:
        self._experiment, self._given = experiment, given
        self._made: dict[tuple[str | None, ...], BaseChatModel] = {}

    def check(self, variant: Variant, stage_model: str | None = None) -> None:
        """Refuse, without starting anything, what cannot be made.

        Raises:
            UnknownModelError: The catalogue has no such name.
        """
        name = self._name(variant, stage_model)
        ready = (name or "") in self._given
        if name is not None and variant.base_url is None and not ready:
            find(name)

    def of(self, variant: Variant, stage_model: str | None = None) -> BaseChatModel:
        """The model of a variant, or of one stage of it.

        Raises:
            LabError: A parameter cannot be set on a ready model.
            ModelError: It cannot be made ready.
        """
        name = self._name(variant, stage_model)
        given = {p: v for p, v in variant.parameters.items() if v is not None}
        key = (name, variant.base_url, json.dumps(given, sort_keys=True, default=str))
        if key not in self._made:
            self._made[key] = self._make(name, variant.base_url, given)
        return self._made[key]

    def _name(self, variant: Variant, stage_model: str | None) -> str | None:
        return stage_model or variant.model or self._experiment.model

    def _make(self, name: str | None, url: str | None, given: dict[str, Any]) -> BaseChatModel:
        ready = self._given.get(name or "")
        if ready is not None:
            return _with(ready, given)
        try:
            if url is not None:
                return chat_model(base_url=url, model=name, **given)
            return chat_model(name, **given)
        except TriptychError:
            raise
        except (TypeError, ValueError) as error:  # of LangChain's class, for a wrong value
            said = str(error).splitlines()[0]
            raise LabError(f"The parameters cannot be set: {said}", "Correct them.") from None


def _with(model: BaseChatModel, given: Mapping[str, Any]) -> BaseChatModel:
    for name in given:
        if name not in type(model).model_fields:
            raise LabError(
                f"The model given for this variant has no '{name}'.",
                "Set it where the model is made.",
            )
    return model.model_copy(update=dict(given)) if given else model
