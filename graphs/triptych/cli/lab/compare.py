"""``triptych lab compare``: one prompt against another, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from triptych.cli.lab.asked import (
    AsJson,
    AtOnce,
    BaseUrl,
    Cluster,
    DryRun,
    Limit,
    Model,
    Tasks,
    Yes,
    agreed,
    epilog,
    measured,
    previewed,
    reported,
    strategy_of,
    tell,
    tell_start,
)

if TYPE_CHECKING:
    from triptych.lab.experiment.live import Resolved

EPILOG = epilog(
    "triptych lab compare review@production ./my-review.md --tasks humaneval --limit 40",
    "triptych lab compare code@1.0.0 code@_next --prompts mine --tasks ./tasks.jsonl --trials 5",
    "triptych lab compare plan ./plan.md --tasks humaneval --strategy plan=always --dry-run",
    more="""Exit codes:

\b
  0    B is better
  1    it is not: worse, or as good within the margin
  2    an error in the input or the set-up
  3    undecided: the difference is too small for so few tasks, or cells are missing
  4    you said no to the preview
  130  Ctrl-C; what was measured is kept, and the same command goes on
""",
)


def compare(  # noqa: PLR0913 - one parameter is one option
    before: Annotated[str, typer.Argument(metavar="A", help="The prompt in use: the baseline.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
    *,
    tasks: Tasks,
    limit: Limit = None,
    take: Annotated[
        Literal["all", "odd", "even"], typer.Option(help="Tasks by position, from 0.")
    ] = "all",
    stage: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="plan, code, repair or review. [default: of the files]"),
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Annotated[
        str | None,
        typer.Option(metavar="K=V,…", help="Such as review=decide,repairs=1; for both."),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, max=100, help="Repetitions of each task, each with its seed.")
    ] = 1,
    margin: Annotated[
        float, typer.Option(min=0, max=0.99, help="The loss of pass rate that would not matter.")
    ] = 0.02,
    prompts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder whose prompts win over all others.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it is kept. [default: lab-STAGE-HASH]"),
    ] = None,
    cluster: Cluster = None,
    at_once: AtOnce = None,
    no_gate: Annotated[
        bool, typer.Option("--no-gate", help="Exit with 0 whatever comes out.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Is prompt B better than prompt A, on what, and what does it cost?

    A and B are selectors (review@production, review@1.0.0, ./my-review.md). Both are tried on the
    same tasks, graded by checks that no run sees. A stage that the model's own strategy never asks
    is switched on in both, which is said. The same command goes on after an interruption, and with
    a larger --limit or --trials measures what is new.
    """
    from triptych.lab.experiment.compare import comparison
    from triptych.lab.experiment.resolving import resolve
    from triptych.lab.tasks.sets import source

    experiment = comparison(
        before,
        after,
        tasks=source(tasks, limit=limit, take=take),
        stage=stage,
        model=model,
        base_url=base_url,
        strategy=strategy_of(strategy),
        trials=trials,
        margin=margin,
        prompts_dir=str(prompts) if prompts else None,
        concurrency=at_once,
    )
    tell_start(model, base_url)
    resolved = resolve(experiment)
    folder = out or _folder(resolved)
    cells = previewed(resolved, folder, dry_run=dry_run, as_json=as_json)
    if dry_run:
        return
    agreed(resolved, cells, yes=yes)
    result = reported(measured(resolved, folder, cluster=cluster), as_json=as_json)
    if no_gate:
        return
    from triptych.lab.analysis.gate import gate

    decided = gate(result, require="better")
    tell(decided.why)
    raise typer.Exit(decided.exit_code)


def _folder(resolved: Resolved) -> Path:
    """One for each question: the same prompts, tasks and settings find their cells again."""
    import hashlib
    import json

    from triptych.lab.experiment.fingerprint import fingerprint
    from triptych.state import to_json

    whole: dict[str, Any] = to_json(fingerprint(resolved))
    names = list(resolved.experiment.variants)
    told = {key: whole[key] for key in ("task_set", "margin", "share_calls", "seed")}
    told["variants"] = {name: whole["variants"][name] for name in names}
    told["source"] = to_json(resolved.experiment.tasks.model_copy(update={"limit": None}))
    text = json.dumps(told, sort_keys=True)
    stage = resolved.experiment.name.removeprefix("compare-")
    return Path(f"lab-{stage}-{hashlib.sha256(text.encode()).hexdigest()[:8]}")
