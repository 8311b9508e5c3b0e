"""``triptych lab run``: a whole experiment from its YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli.lab.asked import (
    AsJson,
    AtOnce,
    Cluster,
    DryRun,
    Limit,
    Yes,
    agreed,
    epilog,
    measured,
    previewed,
    reported,
    tell_start,
)

if TYPE_CHECKING:
    from triptych.lab.words import Experiment

EPILOG = epilog(
    "triptych lab run experiment.yaml --out first-try",
    "triptych lab run experiment.yaml --out first-try --dry-run",
    "triptych lab run experiment.yaml --out first-try --cluster tcp://10.0.0.2:8786",
    more="docs/schemas/experiment.schema.json says what EXPERIMENT.yaml holds.",
)


def run(
    definition: Annotated[Path, typer.Argument(metavar="EXPERIMENT.yaml", exists=False)],
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it is kept. [default: lab-NAME]"),
    ] = None,
    cluster: Cluster = None,
    limit: Limit = None,
    at_once: AtOnce = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Measure the cells (task × variant × trial) that DIR does not hold yet, then report.

    Each cell is on the disk as it ends: after Ctrl-C, a crash or a power cut the same command goes
    on where it stopped, and with more tasks or trials it measures what is new. An experiment that
    differs otherwise from what DIR was made with is refused. Progress goes to standard error.
    """
    from triptych.lab.experiment.reading import places, read_experiment
    from triptych.lab.experiment.resolving import resolve

    experiment = _changed(read_experiment(definition), limit, at_once)
    folder = out or Path(f"lab-{experiment.name}")
    first = next(iter(experiment.variants.values()))
    tell_start(first.model or experiment.model, first.base_url)
    resolved = resolve(experiment, base=definition.parent, where=places(definition))
    cells = previewed(resolved, folder, dry_run=dry_run, as_json=as_json)
    if dry_run:
        return
    agreed(resolved, cells, yes=yes)
    text = definition.read_text(encoding="utf-8-sig")
    reported(measured(resolved, folder, cluster=cluster, definition=text), as_json=as_json)


def _changed(experiment: Experiment, limit: int | None, at_once: int | None) -> Experiment:
    changes: dict[str, object] = {}
    if limit is not None:
        changes["tasks"] = experiment.tasks.model_copy(update={"limit": limit})
    if at_once is not None:
        changes["concurrency"] = at_once
    return experiment.model_copy(update=changes)
