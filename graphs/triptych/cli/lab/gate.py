"""``triptych lab gate``: whether a change may go through."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from triptych.cli.lab.asked import AsJson, Junit, epilog, tell

EPILOG = epilog(
    "triptych lab gate first-try",
    "triptych lab gate first-try --require better --max-tokens 1.2 --junit gate.xml",
    more="""Exit codes:

\b
  0    what is required holds
  1    it does not: the variant is worse, or a cost is above its limit
  2    an error in the input or the set-up
  3    undecided: too few tasks to say, or cells are missing
""",
)


def gate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of a run.")],
    *,
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which candidate, if there are several.")
    ] = None,
    require: Annotated[
        Literal["better", "not-worse"], typer.Option(help="The least verdict.")
    ] = "not-worse",
    max_tokens: Annotated[
        float | None,
        typer.Option(min=0, metavar="TIMES", help="The most against the baseline, such as 1.2."),
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=0, metavar="TIMES", help="Likewise, of the model's time.")
    ] = None,
    max_money: Annotated[
        float | None, typer.Option(min=0, metavar="TIMES", help="Likewise, of the price.")
    ] = None,
    junit: Junit = None,
    as_json: AsJson = False,
) -> None:
    """Hold a run against a requirement; the exit code says whether it is met.

    Only reads DIR. A limit of costs is passed only where the whole interval is above it; where
    just the point is, the answer is undecided.
    """
    import dataclasses

    from triptych.lab.analysis.gate import gate as decide
    from triptych.lab.analysis.result import result
    from triptych.lab.folder import RunFolder, write_whole

    run = RunFolder.open(folder)
    found = result(run)
    decided = decide(
        found,
        variant=variant,
        require=require,
        max_tokens=max_tokens,
        max_seconds=max_seconds,
        max_money=max_money,
    )
    if junit is not None:
        from triptych.lab.report.junit import junit as as_xml

        tell(f"JUnit: {write_whole(junit, as_xml(found, run, decided))}")
    if as_json:
        from triptych.lab.report.writing import plain_json

        typer.echo(plain_json(dataclasses.asdict(decided)), nl=False)
    else:
        word = {0: "passed", 1: "failed"}.get(decided.exit_code, "undecided")
        typer.echo(f"{word}: {decided.requirement}")
        typer.echo(decided.why)
    raise typer.Exit(decided.exit_code)
