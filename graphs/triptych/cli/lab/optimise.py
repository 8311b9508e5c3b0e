"""``triptych lab optimise``: search a better wording of one prompt, and judge what was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from triptych.cli import interrupt
from triptych.cli.lab.asked import (
    BaseUrl,
    DryRun,
    Limit,
    Model,
    Tasks,
    Yes,
    agreed,
    epilog,
    strategy_of,
    tell,
    tell_start,
)

if TYPE_CHECKING:
    from triptych.lab.optimise.journal import Journal
    from triptych.lab.optimise.setup import Search
    from triptych.lab.records import Failure, Record
    from triptych.lab.results import GateResult
    from triptych.prompts import Template

EPILOG = epilog(
    "triptych lab optimise code --tasks humaneval --calls 300 --prompts my-prompts",
    "triptych lab optimise review --tasks ./tasks.jsonl --reflector nvidia/llama-3.3-70b-instruct",
    "triptych lab optimise code --tasks humaneval --dry-run",
    more="""Exit codes:

\b
  0    the wording that was found is better on the held-out tasks: it may be used
  1    none was found, or it is worse
  2    an error in the input or the set-up
  3    undecided on the held-out tasks
  4    you said no before it began
  130  Ctrl-C; the same command goes on
""",
)


def optimise(  # noqa: PLR0913 - one parameter is one option
    stage: Annotated[Literal["plan", "code", "repair", "review"], typer.Argument(metavar="STAGE")],
    *,
    tasks: Tasks,
    limit: Limit = None,
    calls: Annotated[int, typer.Option(min=1, metavar="N", help="Most task runs.")] = 300,
    prompt: Annotated[
        str, typer.Option(metavar="SELECTOR", help="Where to start. [default: the one in use]")
    ] = "",
    line: Annotated[str, typer.Option(metavar="NAME", help="The line of what is found.")] = "gepa",
    reflector: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model that proposes. [default: the same]"),
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Annotated[
        str | None, typer.Option(metavar="K=V,…", help="Such as review=decide,repairs=1.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split and the search.")] = 0,
    prompts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Gets what is found. [default: your config folder]"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="[default: lab-optimise-STAGE]")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Search a better wording of one stage's prompt with GEPA, then let the lab judge it.

    The tasks are parted by family: on a quarter a model is told what failed and proposes another
    wording, a quarter ranks the proposals, and the rest is put away until the end. The winner is
    released as a version of the line STAGE.gepa, which no channel names, and compared with the
    prompt as it is on the tasks that were put away. Nothing uses it
    yet: a line of a set does, and the end says which.
    """
    folder = out or Path(f"lab-optimise-{stage}")
    from triptych.lab.optimise.setup import set_up
    from triptych.lab.tasks.sets import source

    tell_start(model, base_url)
    search = set_up(
        stage,
        source(tasks, limit=limit),
        prompt=prompt,
        line=line,
        model=model,
        base_url=base_url,
        reflector=reflector,
        strategy=strategy_of(strategy),
        prompts_dir=str(prompts) if prompts else None,
        seed=seed,
    )
    _preview(search, calls)
    if dry_run:
        return
    agreed(search.resolved, calls, yes=yes)
    try:
        with interrupt.stoppable(lambda: True, lambda: tell("stopping…")):
            raise typer.Exit(_all_of_it(search, folder, calls, prompts))
    except KeyboardInterrupt:
        tell(f"Stopped. What was run is kept in {folder}; the same command goes on from it.")
        raise typer.Exit(interrupt.INTERRUPTED) from None


def _all_of_it(search: Search, out: Path, calls: int, prompts: Path | None) -> int:
    from triptych.lab.optimise.referee import contest, judge, released
    from triptych.lab.optimise.search import search_for

    journal = search_for(search, out, calls=calls, on_cell=_told)
    _pool(journal)
    if not journal.winner:
        return 1
    winner = released(search, journal, out)
    tell(f"released: {winner.reference}, which no channel names")
    run, decided = judge(contest(search, winner), out, on_record=_told)
    from triptych.lab.analysis.result import result
    from triptych.lab.report.terminal import markdown

    typer.echo(markdown(result(run)), nl=False)
    tell(f"report: {run.path / 'report.html'}")
    _verdict(decided, search, winner, prompts)
    return decided.exit_code


def _preview(search: Search, calls: int) -> None:
    from triptych.lab.stats.planning import mde

    parts = search.split
    held_out = len(parts.held_out.ids)
    tell(f"{search.source.reference}: the wording to beat")
    tell(
        f"  tasks     {len(parts.train)} to learn from, {len(parts.selection)} to choose by, "
        f"{held_out} put away for the verdict"
    )
    tell(f"  runs      at most {calls} in the search, then {2 * held_out} and some for the verdict")
    tell(f"  can see   differences from {mde(parts.held_out.units, 1):.0%} on (with 80% power)")


def _told(item: Record | Failure) -> None:
    from triptych.lab.measuring.progress import told

    tell(told(item))


def _pool(journal: Journal) -> None:
    first, *others = journal.pool
    n = len(journal.selection)
    tell(f"{journal.source} passes {first.selection_score * n:.0f} of the {n} selection tasks.")
    best = max((one.selection_score for one in others), default=0.0)
    if not journal.winner:
        tell(f"No better wording was found: {len(others)} were taken into the pool.")
    else:
        tell(f"The best of {len(others)} others passes {best * n:.0f}.")


def _verdict(decided: GateResult, search: Search, winner: Template, prompts: Path | None) -> None:
    tell(decided.why)
    if not decided.passed:
        return
    where = f" --prompts {prompts}" if prompts else ""
    defaults = winner.path.parents[1] / "sets" / "default.yaml"
    tell(f"No run uses it yet, because '{winner.name}' alone means no line. To use it, write")
    tell(f"  {search.stage}: {winner.reference}")
    tell(f"into {defaults}. Or make it the next version of '{winner.name}':")
    tell(f"  triptych prompts new {winner.name} --from {winner.reference}{where}")
    tell(f"  triptych prompts release {winner.name} --changelog 'Found by GEPA.'{where}")
    tell("and measure and promote that, on tasks that were not searched on.")
