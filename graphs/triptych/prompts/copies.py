"""Working copies: made from a template, tried, and released under a number that is frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triptych.errors import PromptError
from triptych.prompts.disk import write_whole
from triptych.prompts.folder import CHANNELS, Folder, version_key
from triptych.prompts.front import NAME, VERSION, WORKING_COPY, split_front
from triptych.prompts.library import Library
from triptych.prompts.loading import from_text, read_text
from triptych.prompts.lock import lockable, write_lock
from triptych.prompts.moves import pointed
from triptych.prompts.problems import NAME_FORM, fault
from triptych.prompts.selector import PRODUCTION
from triptych.prompts.template import Template
from triptych.prompts.versions import PARTS, Part, bumped, least_bump, shortfall
from triptych.prompts.yamledit import put_in_front


def body_of(text: str) -> str:
    """The messages of a template's text, with their role lines and without the front matter.

    Raises:
        PromptError: The front matter is wrong.
    """
    return split_front(text, Path("text"))[1]


def with_body(text: str, body: str) -> str:
    """A template's text with other messages under the same front matter.

    Args:
        text: The template's text.
        body: The messages, with their role lines.

    Raises:
        PromptError: The front matter of `text` is wrong.
    """
    own = body_of(text)
    return f"{text[: len(text) - len(own)]}{body}"


def renamed(source: Template, name: str, library: Library) -> str:
    """A template's text as a working copy of the same or of another prompt.

    Args:
        source: The template; what it was made from, if it is itself no released one.
        name: The prompt, with its line, that the copy is of.
        library: Where the source's own reference has to mean the source.

    Raises:
        PromptError: The name is none, or it is a line and nothing released is there to be its
            parent.
    """
    if not NAME.fullmatch(name):
        raise PromptError(f"'{name}' is no name for a prompt.", NAME_FORM)
    parent = _parent(source, library)
    if "." in name and not parent:
        raise PromptError(
            f"A line needs a parent, and {source.reference} in {source.path} is not released.",
            "Make it from a released version: --from plan@1.0.0",
        )
    values = {("name",): name, ("version",): WORKING_COPY, ("metadata", "changelog"): ""}
    if parent:
        values["parent",] = parent
    text = source.text
    for keys, value in values.items():
        text = put_in_front(text, keys, value, source.path)
    return text


def new(folder: Folder, library: Library, name: str, text: str) -> Path:
    """Put a working copy into a folder.

    Args:
        folder: The folder.
        library: A library that holds it.
        name: The prompt, with its line.
        text: The template's text, as `renamed` makes it.

    Returns:
        Its file.

    Raises:
        PromptError: There is one already, or the text is no template of that name.
    """
    path = folder.path / name / f"{WORKING_COPY}.md"
    if path.exists():
        raise PromptError(
            f"There is a working copy already: {path}", "Edit it, release it or remove it."
        )
    made = from_text(text, origin=str(path), library=library)
    if made.full_name != name:
        raise PromptError(f"The text is of '{made.full_name}', not of '{name}'.")
    write_whole(path, text)
    return path


def release(
    folder: Folder, library: Library, name: str, *, bump: str = "", changelog: str = ""
) -> Template:
    """Give a working copy its number: its file, then the lock, then the copy is removed.

    What the bare name means stays: where the new version would be what it means, and another was
    so far, that one is written into the folder's ``channels.yaml`` as production.

    Killed at any point, the same call ends what was begun.

    Args:
        folder: The folder that has the working copy.
        library: A library that holds it.
        name: The prompt, with its line.
        bump: ``patch``, ``minor``, ``major`` or a version; empty for the least that what changed
            allows.
        changelog: What is new; empty if the copy says it.

    Raises:
        PromptError: There is no copy, nothing changed, the step is too small, the changelog is
            missing, or something else in the folder is wrong. Nothing is written then.
    """
    copy = folder.path / name / f"{WORKING_COPY}.md"
    if not copy.is_file():
        raise PromptError(
            f"There is no working copy {copy}", f"Make one: triptych prompts new {name}"
        )
    text = read_text(copy)
    if changelog:
        text = put_in_front(text, ("metadata", "changelog"), changelog, copy)
    made = from_text(text, origin=str(copy), library=library)
    if made.full_name != name:
        raise fault(copy, 1, f"the front matter says '{made.full_name}', the folder '{name}'.")
    released = library.released(name)
    old = library.exact(name, released[-1]) if released else None
    if old is None or not _begun(old, text, folder):
        if not str(made.metadata.get("changelog") or "").strip():
            raise fault(
                copy, 1, f"{name} has no changelog.",
                "Say what is new: --changelog TEXT, or under 'metadata: {changelog: …}'.",
            )  # fmt: skip
        version = _number(old, made, bump)
        text = put_in_front(text, ("version",), version, copy)
        lockable(folder, library)
        from_text(text, origin=str(copy), library=library)  # no locked reference of another
        _keep_meaning(folder, library, name)
        write_whole(folder.path / name / f"{version}.md", text)
    else:
        version = old.version
    write_lock(folder, library)
    copy.unlink()
    return library.exact(name, version)


def _keep_meaning(folder: Folder, library: Library, name: str) -> None:
    """Write down what a bare name means, where a newer version in the folder would change it."""
    below = Library(library.folders[library.folders.index(folder) :])
    said = PRODUCTION in folder.channels().get(name, {})
    if not said and below.released(name):
        text = pointed(folder, name, PRODUCTION, below.get(name).version)
        write_whole(folder.path / CHANNELS, text)


def _begun(old: Template, text: str, folder: Folder) -> bool:
    """True if the newest release is this working copy's, and only the end of it is missing."""
    return old.path.is_relative_to(folder.path) and old.text == put_in_front(
        text, ("version",), old.version, old.path
    )


def _parent(source: Template, library: Library) -> str:
    try:
        known = library.get(source.reference).sha256 == source.sha256
    except PromptError:
        known = False
    return source.reference if known and source.version != WORKING_COPY else source.parent


def _number(old: Template | None, made: Template, bump: str) -> str:
    if bump and bump not in PARTS and not VERSION.fullmatch(bump):
        raise PromptError(
            f"'{bump}' is no step.", "Write patch, minor, major, or a version such as 1.2.0."
        )
    if old is None:
        if VERSION.fullmatch(bump):
            return bump
        return "0.1.0" if made.line else "1.0.0"
    if _same(old, made):
        raise PromptError(
            f"Nothing has changed since {old.reference}.", "Edit the working copy first."
        )
    least = least_bump(old, made)
    version = bump if VERSION.fullmatch(bump) else bumped(old.version, _part(bump) or least)
    if version_key(version) <= version_key(old.version):
        raise PromptError(
            f"{version} is not after {old.version}.", f"The next is {bumped(old.version, least)}."
        )
    why = shortfall(old, made, version)
    if why:
        raise PromptError(
            f"{version} is too small a step from {old.reference}: {why}.",
            f"The least is {bumped(old.version, least)} ({least}).",
        )
    return version


def _part(bump: str) -> Part | None:
    return next((part for part in PARTS if part == bump), None)


def _same(old: Template, made: Template) -> bool:
    """True if they differ in number, parent and changelog at most."""
    return body_of(old.text) == body_of(made.text) and _fronts(old) == _fronts(made)


def _fronts(of: Template) -> dict[str, Any]:
    data = dict(split_front(of.text, of.path)[0].yaml.data)
    metadata = {k: v for k, v in (data.pop("metadata", None) or {}).items() if k != "changelog"}
    partials = dict(of.partials)
    return {k: v for k, v in data.items() if k not in ("version", "parent")} | {
        "metadata": metadata, "partials": partials,
    }  # fmt: skip
