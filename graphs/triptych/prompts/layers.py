"""Where prompts come from, and which folder wins.

An argument, then ``$TRIPTYCH_PROMPTS``, then the user's config folder, then the built-in one. A
folder that merely lies in the working directory is never read: a repository that one works on
must not bring prompts along.
"""

from __future__ import annotations

import os
from pathlib import Path

from triptych.errors import PromptError
from triptych.prompts.folder import BUILT_IN, LOCK, Folder

VARIABLE = "TRIPTYCH_PROMPTS"


def built_in_folder() -> Path:
    """The folder of the built-in prompts.

    In a checkout, editable installs included, it is the top-level ``prompts/``; in a wheel the
    same files stand in the package.
    """
    here = Path(__file__).resolve()
    checkout = here.parents[3] / "prompts"
    if here.parents[2].name == "graphs" and (checkout / LOCK).is_file():
        return checkout
    return here.parents[1] / "_prompts"


def user_folder() -> Path:
    """The folder of the user's own prompts, whether it exists or not."""
    from platformdirs import user_config_path

    return user_config_path("triptych") / "prompts"


def layers(overlay: str | Path | None = None) -> tuple[Folder, ...]:
    """All folders that are read, the one that wins first.

    Args:
        overlay: A folder that the caller names.

    Raises:
        PromptError: The named folder, or the one in ``$TRIPTYCH_PROMPTS``, does not exist.
    """
    found = []
    named = {"the argument": overlay, f"${VARIABLE}": os.environ.get(VARIABLE)}
    for origin, given in named.items():
        if not given:
            continue
        path = Path(given).expanduser()
        if not path.is_dir():
            raise PromptError(
                f"The prompt folder '{given}' of {origin} does not exist.",
                "Create it, or name another.",
            )
        found.append(Folder(path, str(path)))
    own = user_folder()
    if own.is_dir():
        found.append(Folder(own, str(own)))
    return (*found, Folder(built_in_folder(), BUILT_IN))


def working_layers(named: str | Path | None = None) -> tuple[Folder, ...]:
    """The folders as `layers` has them, with the one that is written to as the first.

    That is the folder that is named, else the one of ``$TRIPTYCH_PROMPTS``, else the user's own,
    whether it exists or not; the built-in one only if it is named.

    Args:
        named: A folder that the caller names.

    Raises:
        PromptError: The named folder, or the one in ``$TRIPTYCH_PROMPTS``, does not exist.
    """
    built_in = Folder(built_in_folder(), BUILT_IN)
    if named is not None and Path(named).expanduser().resolve() == built_in.path:
        return (built_in,)
    found = layers(named)
    if named is None and not os.environ.get(VARIABLE) and len(found) == 1:
        own = user_folder()
        return (Folder(own, str(own)), *found)
    return found
