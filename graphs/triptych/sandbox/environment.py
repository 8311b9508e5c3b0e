"""The whole environment that untrusted code sees: nothing of the caller's own."""

from __future__ import annotations

from triptych.sandbox.interpreter import SYSTEM_PATH, Interpreter


def clean_environment(python: Interpreter | None, home: str) -> dict[str, str]:
    """The variables of a run.

    Args:
        python: The interpreter whose commands come first on PATH.
        home: The folder that stands in for the home and for temporary files.
    """
    env = {
        "PATH": python.search_path if python else ":".join(SYSTEM_PATH),
        "HOME": home,
        "TMPDIR": home,
        "USER": "user",
        "LOGNAME": "user",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        # One thread each: as many checks run at once as there are processors.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    if python and python.user_base:
        env["PYTHONUSERBASE"] = python.user_base
    return env
