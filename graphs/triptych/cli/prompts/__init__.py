"""``triptych prompts``: look at the templates, try them, release them, and check a folder of them.

Nothing heavy is imported here or by the modules imported here; a command that needs more, such as
the lab or LangChain, imports it when it runs.
"""

from __future__ import annotations

import typer

from triptych.cli.prompts import changing, channels, interop, listing, showing
from triptych.cli.prompts.asked import epilog

app = typer.Typer(
    name="prompts",
    help="""The versioned prompt templates.

    A SELECTOR is a name (its production version), name@1.0.0, name@~=1.0, name@staging,
    name@sha256:ab12…, name.line@0.1.0, or a path such as ./mine.md.
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)

app.command("list", epilog=epilog("triptych prompts list", "triptych prompts list | cut -f1"))(
    listing.list_
)
app.command(epilog=epilog("triptych prompts show code", "triptych prompts show plan@1.0.0 --json"))(
    showing.show
)
app.command(
    epilog=epilog(
        'triptych prompts render code --var request="Add two numbers."',
        "triptych prompts render review --var-file request=task.txt --var-file code=add.py --json",
        'triptych prompts render plan --var request="Add two numbers." --count',
    )
)(showing.render)
app.command(
    epilog=epilog(
        "triptych prompts diff plan@1.0.0 plan@_next --prompts mine",
        'triptych prompts diff review review.mine --var request="Add two numbers."',
        "triptych prompts diff plan@production plan@staging --exit-code",
    )
)(showing.diff)
app.command(
    epilog=epilog(
        "triptych prompts new review --prompts mine",
        "triptych prompts new review.strict --prompts mine",
        "triptych prompts new review --from review.strict@0.2.0",
    )
)(changing.new)
app.command(
    epilog=epilog(
        "triptych prompts release review --prompts mine",
        'triptych prompts release review --bump minor --changelog "Asks for the input."',
    )
)(changing.release)
app.command(
    epilog=epilog(
        "triptych prompts promote review@1.1.0 --to production --because lab-review",
        'triptych prompts promote review@1.1.0 --to staging --why "To try it."',
    )
)(channels.promote)
app.command(
    epilog=epilog(
        "triptych prompts rollback review",
        'triptych prompts rollback review --channel staging --why "It was slower."',
    )
)(channels.rollback)
app.command(
    epilog=epilog(
        "triptych prompts export code --to prompty --out code.prompty",
        "triptych prompts export code --to promptfoo > promptfoo.yaml",
    )
)(interop.export)
app.command(
    "import",
    epilog=epilog(
        "triptych prompts import code.prompty --from prompty --name code.theirs --prompts mine",
        "triptych prompts import prompt.json --from langchain --name summary",
    ),
)(interop.import_)
app.command(
    epilog=epilog(
        "triptych prompts lint",
        "triptych prompts lint mine",
        "triptych prompts lint --write-lock   (adds new versions to prompts.lock)",
    )
)(listing.lint)
