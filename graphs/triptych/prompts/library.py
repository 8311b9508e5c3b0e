"""The library: all folders of prompts as one, and the choice among what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from triptych.errors import PromptError
from triptych.prompts.folder import Folder, Pointer, version_key
from triptych.prompts.front import WORKING_COPY
from triptych.prompts.layers import layers
from triptych.prompts.loading import digest, load, read_text
from triptych.prompts.problems import fault, nearest
from triptych.prompts.selector import PRODUCTION, Selector, parse
from triptych.prompts.template import Template
from triptych.prompts.versions import bumped


def library(overlay: str | Path | None = None) -> Library:
    """The prompts of this installation, with the user's own over them.

    Args:
        overlay: A folder whose prompts win over all others.

    Raises:
        PromptError: A folder that was named does not exist.

    Example:
        >>> library().get("plan@1.0.0").reference
        'plan@1.0.0'
    """
    return Library(layers(overlay))


class Library:
    """Templates by selector, from a stack of folders.

    Args:
        folders: The folders, the one that wins first, the built-in one last.
    """

    def __init__(self, folders: tuple[Folder, ...]) -> None:
        self.folders = folders

    def get(self, selector: str) -> Template:
        """The template that a selector names.

        Args:
            selector: See `triptych.prompts.selector.parse`. A bare name means its production
                channel in the first folder that says something of it, or the newest version
                there if that folder has one and names no channel for it. (`release` names
                one where the meaning would change.)

        Raises:
            PromptError: The selector is malformed, nothing answers to it (the error offers the
                nearest name that does), or the file it names is wrong.
        """
        wanted = parse(selector)
        if wanted.kind == "path":
            path = Path(wanted.value).expanduser()
            if not path.is_file():
                raise PromptError(f"There is no prompt file '{path}'.", "Check the path.")
            found = (self.find_partial(), self.find_schema())
            made = load(read_text(path), path, str(path), *found)
            self.refuse_shadow(made.reference, path, made.text)
            return made
        self._check_name(wanted)
        choose: Mapping[str, Callable[[Selector], Template]] = {
            "bare": self._by_bare_name,
            "version": self._by_version,
            "range": self._by_range,
            "channel": self._by_channel,
            "hash": self._by_hash,
        }
        return choose[wanted.kind](wanted)

    def select(
        self, overrides: Mapping[str, str] | None = None, set_name: str = "default"
    ) -> dict[str, Template]:
        """The templates of a run, one a stage.

        Args:
            overrides: Stage to selector, winning over the set.
            set_name: The set, ``sets/<name>.yaml``; a folder above the built-in one may name
                only the stages that it changes.

        Raises:
            PromptError: There is no such set or stage, or a selector in it is wrong.
        """
        pointers: dict[str, Pointer] = {}
        for folder in reversed(self.folders):
            pointers.update(folder.stages(set_name))
        if not pointers:
            known = [name for folder in self.folders for name in folder.sets()]
            raise PromptError(f"There is no set '{set_name}' of prompts.", nearest(set_name, known))
        chosen = {}
        for stage, selector in (overrides or {}).items():
            if stage not in pointers:
                raise PromptError(
                    f"The set '{set_name}' has no stage '{stage}'.", nearest(stage, pointers)
                )
            chosen[stage] = self.get(selector)
        for stage, pointer in pointers.items():
            if stage not in chosen:
                chosen[stage] = self.follow(pointer, pointer.value)
        return {stage: chosen[stage] for stage in pointers}

    def templates(self) -> list[Template]:
        """Every version of every prompt, by name and version; a shadowed file is left out.

        Raises:
            PromptError: A file is wrong.
        """
        return [
            self.exact(name, version) for name in self.names() for version in self.versions(name)
        ]

    def versions(self, name: str) -> list[str]:
        """All versions of one prompt, oldest first; the working copy last if there is one."""
        found = {version for folder in self.folders for version in folder.versions(name)}
        return sorted(found, key=version_key)

    def released(self, name: str) -> list[str]:
        """`versions` without the working copy."""
        return [version for version in self.versions(name) if version != WORKING_COPY]

    def names(self) -> list[str]:
        """All names, with lines."""
        return sorted({name for folder in self.folders for name in folder.names()})

    def channels(self, name: str) -> dict[str, str]:
        """Channel to version of one prompt, as a selector would find them."""
        return {c: p.value for c, p in self._channels(name).items()}

    def lines(self, name: str) -> list[str]:
        """The lines of a prompt, full names: ``plan.terse``.

        Args:
            name: The prompt, without a line.
        """
        return [full for full in self.names() if full.startswith(f"{name}.")]

    def ancestry(self, template: Template) -> list[str]:
        """References of what a template was made from: its parent, then the parent's parent.

        Raises:
            PromptError: A parent is missing, or the chain comes back to where it was.
        """
        found: list[str] = []
        while template.parent:
            if template.parent in (*found, template.reference):
                raise fault(
                    template.path, 1, f"'{template.parent}' is its own ancestor.",
                    "A parent is a version that was there before.",
                )  # fmt: skip
            found.append(template.parent)
            template = self.get(template.parent)
        return found

    # --- one way each of choosing -------------------------------------------------------------

    def _by_bare_name(self, wanted: Selector) -> Template:
        for folder in self.folders:
            pointer = folder.channels().get(wanted.name, {}).get(PRODUCTION)
            if pointer is not None:
                return self.follow(pointer, f"{wanted.name}@{pointer.value}")
            released = folder.released(wanted.name)
            if released:
                return self.exact(wanted.name, released[-1])
        raise PromptError(
            f"The prompt '{wanted.name}' has no released version.",
            f"Ask for its working copy: {wanted.name}@{WORKING_COPY}",
        )

    def _by_version(self, wanted: Selector) -> Template:
        return self.exact(wanted.name, wanted.value)

    def _by_range(self, wanted: Selector) -> Template:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            inside = SpecifierSet(wanted.value)
        except InvalidSpecifier:
            raise PromptError(
                f"'{wanted.value}' in '{wanted.text}' is no range.", "Write one such as ~=1.0."
            ) from None
        released = self.released(wanted.name)
        matching = [v for v in released if v in inside]
        if not matching:
            raise PromptError(
                f"No version of '{wanted.name}' is in '{wanted.value}'.",
                f"Known: {', '.join(released) or 'none'}.",
            )
        return self.exact(wanted.name, matching[-1])

    def _by_channel(self, wanted: Selector) -> Template:
        known = self._channels(wanted.name)
        if wanted.value not in known:
            raise PromptError(
                f"'{wanted.name}' has no channel '{wanted.value}'.", nearest(wanted.value, known)
            )
        pointer = known[wanted.value]
        return self.follow(pointer, f"{wanted.name}@{pointer.value}")

    def _by_hash(self, wanted: Selector) -> Template:
        all_versions = [self.exact(wanted.name, v) for v in self.versions(wanted.name)]
        found = [t for t in all_versions if t.sha256.startswith(wanted.value)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(f"{t.version} {t.sha256[:12]}" for t in all_versions)
        what = "several versions" if found else "no version"
        raise PromptError(f"'{wanted.text}' is the hash of {what}.", f"Known: {known}.")

    # --- what they share ----------------------------------------------------------------------

    def _check_name(self, wanted: Selector) -> None:
        if any((folder.path / wanted.name).is_dir() for folder in self.folders):
            return
        names = self.names()
        base, _, line = wanted.name.partition(".")
        if line and base in names:
            raise PromptError(
                f"The prompt '{base}' has no line '{line}'.",
                nearest(wanted.name, [n for n in names if n.partition(".")[0] == base]),
            )
        raise PromptError(f"There is no prompt '{wanted.name}'.", nearest(wanted.name, names))

    def _channels(self, name: str) -> dict[str, Pointer]:
        found: dict[str, Pointer] = {}
        for folder in reversed(self.folders):
            found.update(folder.channels().get(name, {}))
        return found

    def follow(self, pointer: Pointer, selector: str) -> Template:
        """What a line of a set or of ``channels.yaml`` points at.

        Args:
            pointer: The line, for errors.
            selector: What it asks for.

        Raises:
            PromptError: It cannot be had; the error names the pointer's file and line.
        """
        try:
            return self.get(selector)
        except PromptError as error:
            raise fault(pointer.path, pointer.line, error.message, error.cure) from None

    def exact(self, name: str, version: str) -> Template:
        """One version, from the first folder that has it.

        Raises:
            PromptError: No folder has it, or its file is wrong.
        """
        for place, folder in enumerate(self.folders):
            path = folder.versions(name).get(version)
            if path is not None:
                reference = f"{name}@{version}"
                text = read_text(path)
                self.refuse_shadow(reference, path, text)
                # A template never reads partials from above its own folder, so that an overlay
                # cannot change a built-in one from within.
                found = (self.find_partial(place), self.find_schema(place))
                made = load(text, path, folder.layer, *found, reference)
                locked = folder.lock().get(reference, {}).get("schema")
                return replace(made, schema_sha256=locked) if locked else made
        versions = self.versions(name)
        raise PromptError(f"'{name}' has no version {version}.", nearest(version, versions))

    def find_partial(self, place: int = 0) -> Callable[[str, Path, int], Path]:
        """What finds a template's partials: in its own folder, or in one below.

        Args:
            place: Which of the folders is the template's own.
        """

        def find(reference: str, asked_in: Path, line: int) -> Path:
            known: list[str] = []
            for folder in self.folders[place:]:
                partials = folder.partials()
                known.extend(partials)
                if reference in partials:
                    path = partials[reference]
                    self.refuse_shadow(f"_partials/{reference}", path, read_text(path))
                    return path
            raise fault(
                asked_in, line, f"there is no partial '{reference}'.", nearest(reference, known)
            )

        return find

    def find_schema(self, place: int = 0) -> Callable[[str], str]:
        """What finds the hash of an output schema as it is now; empty where there is none.

        Args:
            place: Which of the folders is the template's own.
        """

        def find(name: str) -> str:
            for folder in self.folders[place:]:
                path = folder.schemas().get(name)
                if path is not None:
                    return digest(read_text(path))
            return ""

        return find

    def refuse_shadow(self, reference: str, path: Path, text: str) -> None:
        """Refuse other bytes under a reference that the built-in lock froze.

        Args:
            reference: What the text calls itself.
            path: Where it stands.
            text: The text.

        Raises:
            PromptError: The reference is a locked built-in one, and the text is another.
        """
        built_in = self.folders[-1]
        if path.is_relative_to(built_in.path):
            return
        locked = built_in.lock().get(reference)
        if locked and digest(text) != locked["file"]:
            raise fault(
                path, 1, f"'{reference}' is a locked built-in version with other content.",
                self._way_out(reference, path),
            )  # fmt: skip

    def _way_out(self, reference: str, path: Path) -> str:
        """How to keep a text of one's own that calls itself what is locked."""
        name, _, version = reference.partition("@")
        if name.startswith("_partials/"):
            return f"Give yours another version: {bumped(version, 'minor')}.md"
        known = [version, *self.released(name)]
        free = bumped(known[-1], "minor")
        also = f" and call it {free}.md" if path.stem == version else ""
        return (
            f"Write 'version: {free}' into its front matter{also}; or take its text into a "
            f"working copy: triptych prompts new {name}"
        )
