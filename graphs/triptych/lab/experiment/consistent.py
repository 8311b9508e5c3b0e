"""What the schema of an experiment cannot say: fields that must agree with each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from triptych.errors import LabError
from triptych.lab.words import Experiment
from triptych.models.catalogue.entry import Parameters
from triptych.models.catalogue.names import nearest

Key = tuple[str, ...]

Where = Callable[[Key], str]
"""From a key of the definition to what an error about it begins with, such as ``exp.yaml:12: ``."""

NAME = r"[A-Za-z0-9._-]+"
"""A variant's name."""

PARAMETERS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(hint | None)
    for name, hint in get_type_hints(Parameters).items()
    if name != "seed"
}
"""What a variant may set of a model, and what each may be."""


def nowhere(key: Key) -> str:
    """The place of a definition that came from no file."""
    return ""


def consistent(experiment: Experiment, where: Where = nowhere) -> str:
    """Refuse a definition that contradicts itself.

    Args:
        experiment: The definition.
        where: Places an error.

    Returns:
        The baseline's name.

    Raises:
        LabError: A variant's name or parameter is none, its address holds a password, or a field
            names no variant.
    """
    names = list(experiment.variants)
    for name, variant in experiment.variants.items():
        if not re.fullmatch(NAME, name):
            raise LabError(
                f"{where(('variants', name))}'{name}' is no name for a variant.",
                "Use letters, digits, '.', '_' and '-'.",
            )
        if re.match(r"[^/?#]*//[^/?#]*@", variant.base_url or ""):
            raise LabError(
                f"{where(('variants', name, 'base_url'))}variant '{name}': base_url holds a name "
                "or a password, and the definition is copied into the run's folder.",
                "Leave out what stands before '@'; a key is taken from the environment.",
            )
        for parameter, value in variant.parameters.items():
            _refuse_parameter(name, parameter, value, where)
    baseline = experiment.baseline or names[0]
    if baseline not in names:
        raise LabError(
            f"{where(('baseline',))}there is no variant '{baseline}' to be the baseline.",
            f"Variants: {', '.join(names)}.",
        )
    for k in experiment.k:
        if not 1 <= k <= experiment.trials:
            raise LabError(
                f"{where(('k',))}pass@{k} cannot be told from {experiment.trials} trials.",
                "Give k from 1 to 'trials'.",
            )
    if experiment.ablate is not None and experiment.ablate not in set(names) - {baseline}:
        raise LabError(
            f"{where(('ablate',))}there is no candidate '{experiment.ablate}' to take apart.",
            f"Candidates: {', '.join(n for n in names if n != baseline) or 'none'}.",
        )
    return baseline


def _refuse_parameter(variant: str, parameter: str, value: object, where: Where) -> None:
    place = where(("variants", variant, "parameters", parameter))
    if parameter == "seed":
        raise LabError(
            f"{place}variant '{variant}' has a seed of its own: the same task and trial have the "
            "same seed in all variants.",
            "Set the experiment's 'seed'.",
        )
    if parameter not in PARAMETERS:
        raise LabError(
            f"{place}variant '{variant}': there is no parameter '{parameter}'.",
            f"Did you mean {nearest(parameter, list(PARAMETERS))}?",
        )
    try:
        PARAMETERS[parameter].validate_python(value, strict=True)
    except ValidationError as error:
        said = error.errors(include_url=False, include_context=False)[0]["msg"]
        raise LabError(
            f"{place}variant '{variant}': the parameter '{parameter}' cannot be {value!r}: "
            f"{said[:1].lower()}{said[1:]}.",
            "Correct it.",
        ) from None
