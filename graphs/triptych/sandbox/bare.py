"""No protection, only limits: for who asks for it by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triptych.sandbox.base import Limits, Result
from triptych.sandbox.environment import clean_environment
from triptych.sandbox.folder import fresh_folder
from triptych.sandbox.interpreter import Interpreter
from triptych.sandbox.process import run_process, with_rlimits


class Bare:
    """The sandbox "none": a fresh folder, a clean environment, rlimits and wall time.

    The code can read and write all that the user can, and reach the network.
    """

    async def run(
        self,
        argv: Sequence[str],
        files: Mapping[str, str],
        *,
        python: Interpreter | None,
        limits: Limits,
        stdin: str = "",
    ) -> Result:
        """See `Sandbox.run`."""
        async with fresh_folder(files) as folder:
            home = folder / "home"
            home.mkdir()
            return await run_process(
                with_rlimits(argv, limits),
                cwd=str(folder / "files"),
                env=clean_environment(python, str(home)),
                limits=limits,
                stdin=stdin,
            )
