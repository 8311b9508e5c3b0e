"""All that a run has shown so far, as one object."""

from __future__ import annotations

import hashlib
import json

from triptych.lab.analysis.compare import compare_all, compare_parts
from triptych.lab.analysis.steadiness import course, noise
from triptych.lab.analysis.summary import summaries
from triptych.lab.analysis.table import table
from triptych.lab.folder import RunFolder
from triptych.lab.frozen import Fingerprint
from triptych.lab.records import Record
from triptych.lab.results import Comparison, Result
from triptych.lab.stages.ablation import ablation_rows
from triptych.lab.stages.checks import checks_rows
from triptych.lab.stages.costs import stage_rows
from triptych.lab.stages.repairs import repair_rows
from triptych.lab.stages.reviews import review_rows


def result(run: RunFolder) -> Result:
    """The result of a run, finished or not.

    On an unfinished, a grown or an early-ending run the verdicts are those of a method that allows
    looks before the end.

    Args:
        run: Its folder.

    Raises:
        LabError: A record does not belong to the experiment, or numpy and scipy are missing.

    Example:
        >>> from triptych.lab import RunFolder, result
        >>> found = result(RunFolder.open(Path("runs/review")))  # doctest: +SKIP
        >>> found.comparisons[0].verdict  # doctest: +SKIP
        'better'
    """
    frozen = run.fingerprint
    records = [_lean(record) for record in run.records()]
    cells = table(records, frozen, run.failures())
    comparisons = compare_all(cells, frozen)
    parts = compare_parts(cells, frozen)
    return Result(
        name=frozen.name,
        task_set=frozen.task_set,
        model=", ".join(dict.fromkeys(v.model.name for v in frozen.variants.values())),
        planned=cells.planned.total(),
        finished=cells.finished,
        errors=cells.errors.total(),
        complete=cells.whole or (frozen.stop_early and _decided(comparisons)),
        variants=summaries(cells),
        comparisons=comparisons,
        noise=noise(cells),
        drift=course(cells),
        stages=stage_rows(records),
        checks=checks_rows(records),
        reviews=review_rows(records),
        repairs=repair_rows(records),
        ablation=ablation_rows(frozen, parts),
        fingerprint_sha256=fingerprint_sha256(frozen),
    )


def fingerprint_sha256(frozen: Fingerprint) -> str:
    """What identifies an experiment: the hash of all that must not change within its record."""
    kept = frozen.model_dump(mode="json", exclude={"description", "made_with"})
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _decided(comparisons: tuple[Comparison, ...]) -> bool:
    decided = [one.verdict in ("better", "worse", "not-worse") for one in comparisons]
    return bool(decided) and all(decided)


def _lean(record: Record) -> Record:
    """Without its texts: ten thousand of them fit into memory."""
    drafts = [draft.model_copy(update={"files": {}, "failures": []}) for draft in record.drafts]
    return record.model_copy(update={"patch": "", "plan": None, "drafts": drafts})
