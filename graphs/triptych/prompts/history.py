"""What can be wrong with where a prompt comes from and where its channels went."""

from __future__ import annotations

from collections.abc import Iterator

from triptych.errors import PromptError
from triptych.prompts.folder import CHANNELS, Folder
from triptych.prompts.front import NAME, VERSION
from triptych.prompts.library import Library
from triptych.prompts.loading import read_text
from triptych.prompts.moves import MOVES, latest, moves
from triptych.prompts.problems import fault
from triptych.prompts.schema import FILES, text_of
from triptych.prompts.selector import PRODUCTION
from triptych.prompts.template import Template


def descent(made: Template, folder: Folder, library: Library) -> Iterator[PromptError]:
    """What is wrong with a template's parent, or with its being a line."""
    if made.line and made.name not in library.names():
        yield fault(
            made.path, 1, f"'{made.full_name}' is a line of '{made.name}', which there is not.",
            "Give it a name of its own, without a dot.",
        )  # fmt: skip
    if not made.parent:
        if made.line:
            yield fault(
                made.path, 1, f"'{made.full_name}' is a line and names no parent.",
                f"Say what it was made from: parent: {made.name}@1.0.0",
            )  # fmt: skip
        return
    name, _, version = made.parent.partition("@")
    if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        yield fault(
            made.path, 1, f"parent '{made.parent}' is no exact reference.",
            f"Name one released version: {made.name}@1.0.0",
        )  # fmt: skip
        return
    try:
        parent = library.get(made.parent)
        library.ancestry(made)
    except PromptError as error:
        yield fault(made.path, 1, f"parent '{made.parent}': {error.message}", error.cure)
        return
    home = next(f for f in library.folders if f.layer == parent.layer)
    if home is not folder and made.parent not in home.lock():
        yield fault(
            made.path, 1, f"parent '{made.parent}' is in no lock, and may change.",
            "Release it there, or take one of this folder.",
        )  # fmt: skip


def channel_moves(folder: Folder, library: Library) -> Iterator[PromptError]:
    """Where a folder's channels and their recorded moves disagree."""
    path = folder.path / MOVES
    try:
        channels, all_of_them = folder.channels(), moves(folder)
    except PromptError as error:
        if error.message.startswith(str(path)):
            yield error  # one of channels.yaml is told by its own rule
        return
    for number, each in enumerate(all_of_them, 1):
        bare = each.kind == "promote" and each.comparison is None and not each.why
        if bare and each.channel == PRODUCTION:
            yield fault(
                path, number, f"the move of '{each.name}' to {each.after} gives no reason.",
                "A move of production has a comparison, or says why there is none.",
            )  # fmt: skip
    for (name, channel), each in latest(all_of_them).items():
        pointer = channels.get(name, {}).get(channel)
        now = pointer.value if pointer else "nothing"
        if now != each.after:
            yield fault(
                pointer.path if pointer else folder.path / CHANNELS, pointer.line if pointer else 1,
                f"{channel} of '{name}' is {now}, and its last move went to {each.after}.",
                f"Move it by command: triptych prompts promote {name}@… --to {channel}",
            )  # fmt: skip
            continue
        try:
            target = library.exact(name, each.after)
        except PromptError:
            continue  # told where the channel is looked at
        if target.sha256 != each.sha256:
            yield fault(
                target.path, 1, f"'{target.reference}' is not what {channel} was moved to.",
                "Put the released text back.",
            )  # fmt: skip


def editor_schemas(folder: Folder) -> Iterator[PromptError]:
    """Schemas for editors that are not what this version of the code says."""
    for name, make in FILES.items():
        path = folder.path / "_schemas" / name
        if path.is_file() and read_text(path) != text_of(make()):
            yield fault(
                path, 1, "the schema is not that of this version.", "Copy the built-in one."
            )
