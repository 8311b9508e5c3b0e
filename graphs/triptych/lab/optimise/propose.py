"""Another wording, asked of a model by the prompt `reflect`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from triptych.blocking import blocking
from triptych.lab.measuring.calls import CallMemory
from triptych.prompts import Template

FENCE = re.compile(r"^(`{3,})[^`\n]*\n(.*)^\1`*[ \t]*$", re.MULTILINE | re.DOTALL)
"""From the first fence to the last one that closes it: a prompt may speak of fences itself."""


class Proposer:
    """Asks a model for another body of a prompt.

    Its answers are remembered, so that a search that was ended goes the same way again to where it
    stopped, without asking.

    Args:
        model: Who proposes.
        reflect: The template of the question.
        stage: Whose prompt it is.
        variables: Names that have to stay in it.
        memory: The file of its answers.

    Attributes:
        fault: The error that it could not get over, if there was one.
    """

    def __init__(
        self,
        model: BaseChatModel,
        reflect: Template,
        *,
        stage: str,
        variables: Sequence[str],
        memory: Path,
    ) -> None:
        self._model, self._reflect = model, reflect
        self._stage, self._variables, self._memory = stage, list(variables), memory
        self.fault: Exception | None = None

    def __call__(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """See GEPA's `ProposalFn`: component to its new text; the old one where none was found."""
        return {
            name: self.propose(candidate[name], list(reflective_dataset[name]))
            for name in components_to_update
        }

    def propose(self, body: str, examples: Sequence[Mapping[str, Any]]) -> str:
        """A new body, or the old one if the answer holds none.

        Raises:
            ModelError: The model could not be asked.
        """
        try:
            messages = self._reflect.render(
                stage=self._stage, current=body, variables=self._variables, examples=list(examples)
            )
            answer = blocking(self._ask(messages))
        except Exception as error:  # GEPA would log it and try the next
            self.fault = error
            raise
        return proposed(answer) or body

    async def _ask(self, messages: Any) -> str:
        with CallMemory(self._memory) as memory:
            model: Any = self._model
            recalling = getattr(model, "recalling", None)
            if recalling is not None:
                model = recalling(memory.recall(0, "reflect"))
            answer = await model.ainvoke(messages)
        return str(answer.text)


def proposed(answer: str) -> str:
    """The body in an answer: what stands in its fenced block; empty if there is none."""
    found = FENCE.search(answer.replace("\r\n", "\n"))
    return found[2].strip("\n") + "\n" if found and found[2].strip() else ""
