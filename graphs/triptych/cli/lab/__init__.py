"""``triptych lab``: measure prompts, models and strategies on tasks with hidden checks."""

from __future__ import annotations

import typer

from triptych.cli.lab import compare, gate, optimise, report, run, tasks

app = typer.Typer(
    name="lab",
    help="""Measure: variants of prompts, models and strategies, on tasks with hidden checks.

    `compare` answers the everyday question in one command; `run` measures a whole experiment;
    `report` and `gate` read what was measured; `optimise` looks for a better wording.
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("compare", epilog=compare.EPILOG)(compare.compare)
app.command("run", epilog=run.EPILOG)(run.run)
app.command("report", epilog=report.EPILOG)(report.report)
app.command("gate", epilog=gate.EPILOG)(gate.gate)
app.command("optimise", epilog=optimise.EPILOG)(optimise.optimise)
app.add_typer(tasks.app, name="tasks")
