"""Where the user's own catalogue stands.

It is a list like Triptych's own: a row with a new alias is a model of the user's, a row with a
known one changes what it names, and null takes a parameter away. ::

    - alias: box
      id: mistralai/Devstral-2-123B-Instruct-2512
      base_url: http://10.0.0.5:8000/v1
      api_key_env: BOX_KEY          # the variable's name, never the key
      context: 131072
    - alias: devstral
      parameters: {temperature: 0.3, seed: null}
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from triptych.errors import InputError

VARIABLE = "TRIPTYCH_CATALOGUE"


def path() -> Path:
    """The file: TRIPTYCH_CATALOGUE, or ``catalogue.yaml`` in the system's place for settings."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else _usual()


@cache
def _usual() -> Path:
    import platformdirs

    return platformdirs.user_config_path("triptych") / "catalogue.yaml"


def stamp() -> tuple[Path, int, int] | None:
    """What tells one state of the file from another; None if there is no file.

    Raises:
        InputError: If TRIPTYCH_CATALOGUE names a file that is not there: a slip in it would
            otherwise go unseen.
    """
    where = path()
    try:
        found = where.stat()
    except FileNotFoundError:
        if os.environ.get(VARIABLE):
            raise InputError(
                f"{VARIABLE} names {where}, and there is no such file.",
                "Make it (an empty one will do), or unset the variable.",
            ) from None
        return None
    except OSError as error:
        raise unreadable(where, error) from None
    return where, found.st_mtime_ns, found.st_size


def read(where: Path) -> str:
    """Its text.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        return where.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(where, error) from None


def unreadable(where: Path, error: OSError | UnicodeDecodeError) -> InputError:
    """The error for a file that cannot be read or written."""
    reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
    return InputError(f"The catalogue {where} cannot be used: {reason}.", "Mend it or remove it.")
