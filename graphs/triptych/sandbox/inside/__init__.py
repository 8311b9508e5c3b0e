"""Scripts that the user's own interpreter runs inside the sandbox, never imported here.

They use the standard library of Python 3.8 and newer only, and are written to a folder beside
the draft's files: a draft that is called json.py or pytest.py stands in the way of none of them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

FOLDER = ".triptych"
SCRIPTS = ("triptych_harness", "triptych_steps", "triptych_judge", "triptych_pytest")


@lru_cache
def scripts() -> dict[str, str]:
    """The scripts' texts, under the paths that they have in the work folder."""
    here = files(__package__)
    return {
        f"{FOLDER}/{name}.py": here.joinpath(f"{name}.py").read_text("utf-8") for name in SCRIPTS
    }
