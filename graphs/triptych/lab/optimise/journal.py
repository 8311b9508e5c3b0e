"""What a search was and came to: `optimise.json`, written before its first call."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field

from triptych.errors import LabError
from triptych.lab.experiment.seen import seen_model
from triptych.lab.folder import write_whole
from triptych.lab.frozen import LiveModel
from triptych.lab.optimise.setup import Search
from triptych.state import Strategy, Word

JOURNAL = "optimise.json"


class Tried(Word):
    """One wording that GEPA kept in its pool."""

    body: str
    selection_score: float = Field(description="Share of the selection tasks that it passes.")


class Journal(Word):
    """A search as it is written down."""

    schema_version: int = 1
    stage: str
    source: str = Field(description="Reference of the prompt as it was.")
    source_sha256: str
    line: str
    task_set: str
    task_version: str = ""
    train: dict[str, str] = Field(description="Id to sha256, of the tasks it learns from.")
    selection: dict[str, str] = Field(description="Of those that rank the proposals.")
    held_out: list[str] = Field(description="Put away before the search began.")
    model: LiveModel
    prompts: dict[str, str] = Field(
        default_factory=dict, description="Each stage that is asked to the hash of its prompt."
    )
    models: dict[str, LiveModel] = Field(
        default_factory=dict, description="Each stage that is asked to its model."
    )
    reflector: LiveModel
    reflect: str = Field(description="Hash of the prompt that asks for proposals.")
    strategy: Strategy
    seed: int = 0
    calls: int = Field(description="The most task runs; tasks that were run before count again.")
    cells: int = Field(default=0, description="Task runs that were made.")
    pool: list[Tried] = Field(default_factory=list, description="The source's own body first.")
    refused: dict[str, str] = Field(
        default_factory=dict, description="Proposed body to why it is no template."
    )
    winner: str = Field(default="", description="The best body; empty: none better was found.")
    released: str = Field(default="", description="Reference of the winner's release.")


def begin(out: Path, search: Search, calls: int) -> Journal:
    """The journal of a search, written down, or the one that is there and says the same.

    Args:
        out: The search's folder.
        search: The search.
        calls: The most task runs.

    Raises:
        LabError: The folder is of another search, and the error says what differs; or its winner
            is released, and another number of runs might find another.
    """
    (variant,) = search.resolved.variants
    asked = sorted(variant.asks)
    new = Journal(
        stage=search.stage,
        source=search.source.reference,
        source_sha256=search.source.sha256,
        line=search.wordings.line,
        task_set=search.resolved.tasks.name,
        task_version=search.resolved.tasks.version,
        train={task.id: task.sha256 for task in search.split.train},
        selection={task.id: task.sha256 for task in search.split.selection},
        held_out=list(search.split.held_out.ids),
        model=seen_model(variant.model_of(search.stage)),
        prompts={stage: variant.templates[stage].sha256 for stage in asked},
        models={stage: seen_model(variant.model_of(stage)) for stage in asked},
        reflector=seen_model(search.reflector),
        reflect=search.reflect.sha256,
        strategy=variant.strategy,
        seed=search.seed,
        calls=calls,
    )
    path = out / JOURNAL
    if not path.exists():
        write(out, new)
        return new
    old = _read(path)
    frozen = set(Journal.model_fields) - {"calls", "cells", "pool", "refused", "winner", "released"}
    changed = [name for name in sorted(frozen) if getattr(old, name) != getattr(new, name)]
    if changed:
        raise LabError(
            f"{out} is of another search: {', '.join(changed)} differ.",
            "Put it back as it was, or name another --out.",
        )
    if old.released and calls != old.calls:
        raise _spent(out, old)
    return old.model_copy(update={"calls": calls})


def found(out: Path, journal: Journal, winner: str) -> Journal:
    """The journal with a winner; a released one is not replaced.

    Raises:
        LabError: Another was released, which the held-out tasks have judged.
    """
    if journal.released and winner != journal.winner:
        raise _spent(out, journal)
    return journal.model_copy(update={"winner": winner})


def _spent(out: Path, journal: Journal) -> LabError:
    return LabError(
        f"The search in {out} has ended: with --calls {journal.calls} it found {journal.released}, "
        "and its held-out tasks are opened to judge that one. They can judge no second.",
        f"Take --calls {journal.calls} to see it again, or begin anew: another --seed and --out.",
    )


def write(out: Path, journal: Journal) -> None:
    """Write it whole."""
    write_whole(out / JOURNAL, json.dumps(journal.model_dump(mode="json"), indent=2) + "\n")


def _read(path: Path) -> Journal:
    try:
        return Journal.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise LabError(
            f"{path} is no journal of a search: {str(error).splitlines()[0]}",
            "Name another --out.",
        ) from None
