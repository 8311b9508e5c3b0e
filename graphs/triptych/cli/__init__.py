"""The shell's face: ``triptych run | graph | prompts | models | lab | doctor``.

Nothing heavy is imported here or by the modules imported here: help and the tables of prompts and
models come in a fraction of a second (LangChain and LangGraph take several).
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from triptych import __version__
from triptych.cli import doctor, graph, lab, models, prompts, run
from triptych.cli.interrupt import INTERRUPTED
from triptych.errors import TriptychError

INPUT_ERROR = 2
"""Exit code of an error in the input or the set-up; a wrong option has it too."""

FAULT = 70
"""Exit code of a fault in triptych itself (EX_SOFTWARE); Python's own is that of "needs-work"."""

BROKEN_PIPE = 141
"""Exit code where nobody reads our output: 128 and the number of the signal, as shells have it."""


class Shell(TyperGroup):
    """The group of all commands; what they raise on purpose becomes words and an exit code here."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except TriptychError as error:
            typer.echo(f"error: {error.message}", err=True)
            if error.cure:
                typer.echo(error.cure, err=True)
            raise typer.Exit(INPUT_ERROR) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            # Whoever read our output has gone; Python would complain when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(BROKEN_PIPE) from error


# Plain help: rich's takes twice the time to come up, and folds the lines of examples.
app = typer.Typer(
    name="triptych",
    cls=Shell,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="""Examples:

    \b
      triptych run "a function slugify(text); slugify('A b') == 'a-b'"
      triptych run "make the test pass" --file calc.py --file test_calc.py --check "pytest -q"
      triptych doctor
      triptych models list
      triptych prompts show code
      triptych graph --out picture.svg
    """,
)
app.command("run", epilog=run.EPILOG)(run.run)
app.command("graph", epilog=graph.EPILOG)(graph.graph)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(prompts.app, name="prompts")
app.add_typer(models.app, name="models")
app.add_typer(lab.app, name="lab")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"triptych {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Plan, write, check and review code with a language model.

    Without a key and without a server it works on this machine: an embedded model is brought
    (491 MB) on the first run. With NVIDIA_API_KEY set, requests go to NVIDIA's hosted Devstral.
    """


def main() -> None:
    """Run the command ``triptych``."""
    try:
        app()
    except Exception:
        traceback.print_exc()
        typer.echo("This is a fault in triptych: please report it with the lines above.", err=True)
        sys.exit(FAULT)


__all__ = ["app", "main"]
