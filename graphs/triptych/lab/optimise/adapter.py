"""Between GEPA's search and the lab: a candidate is a prompt's body, a score a hidden verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triptych.errors import PromptError
from triptych.lab.optimise.cells import Cells
from triptych.lab.optimise.feedback import Trace, examples
from triptych.lab.optimise.propose import Proposer
from triptych.lab.optimise.wording import Wordings
from triptych.lab.tasks.task import LabTask


class Adapter:
    """GEPA's one way to the lab (`gepa.core.adapter.GEPAAdapter`).

    Args:
        stage: The one component of a candidate.
        wordings: Makes templates of bodies.
        cells: Runs them.
        proposer: Asks for new ones.
    """

    def __init__(self, stage: str, wordings: Wordings, cells: Cells, proposer: Proposer) -> None:
        self._stage, self._wordings, self._cells = stage, wordings, cells
        self.propose_new_texts = proposer
        self.refused: dict[str, str] = {}

    def evaluate(
        self, batch: list[LabTask], candidate: dict[str, str], capture_traces: bool = False
    ) -> Any:
        """Run a candidate on tasks.

        A body that is no template scores nothing, without a call, and the reason is its feedback.

        Args:
            batch: Tasks of the training or selection part.
            candidate: Stage to body.
            capture_traces: Whether the runs themselves are wanted, too.

        Returns:
            GEPA's `EvaluationBatch`: a score of 1 or 0 for each task.

        Raises:
            LabError: A cell cannot be measured, or a task may not be used.
        """
        from gepa.core.adapter import EvaluationBatch

        traces = self._traces(batch, candidate[self._stage])
        return EvaluationBatch(
            outputs=[trace.record for trace in traces],
            scores=[trace.score for trace in traces],
            trajectories=traces if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What the proposer is told of the runs."""
        told = examples(eval_batch.trajectories)
        return dict.fromkeys(components_to_update, told)

    def _traces(self, tasks: Sequence[LabTask], body: str) -> list[Trace]:
        try:
            template = self._wordings.template(body)
        except PromptError as error:
            self.refused[body] = str(error)
            return [Trace(task, None, str(error)) for task in tasks]
        records = self._cells.run(template, tasks)
        return [Trace(task, record) for task, record in zip(tasks, records, strict=True)]
