"""The grader of this house: each kind of hidden check, always inside the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triptych.errors import LabError
from triptych.lab.grading.command import grade_command
from triptych.lab.grading.function import grade_function
from triptych.lab.grading.grade import Grade, bare_interpreter
from triptych.lab.tasks.task import Hidden, HiddenCheck, HiddenCommand
from triptych.sandbox import Interpreter, Sandbox, open_sandbox


@dataclass(frozen=True)
class SandboxGrader:
    """Grades in a sandbox.

    Attributes:
        sandbox: Where.
        python: With which interpreter; see `bare_interpreter`.
    """

    sandbox: Sandbox
    python: Interpreter

    @classmethod
    def usual(cls) -> SandboxGrader:
        """The one of measuring: in bubblewrap, with the bare interpreter.

        Raises:
            SandboxError: There is no sandbox on this machine.
        """
        return cls(open_sandbox("bwrap"), bare_interpreter())

    async def __call__(self, files: Mapping[str, str], hidden: Hidden) -> Grade:
        """See `Grader`."""
        if isinstance(hidden, HiddenCheck):
            return await grade_function(files, hidden, self.sandbox, self.python)
        if isinstance(hidden, HiddenCommand):
            return await grade_command(files, hidden, self.sandbox, self.python)
        raise LabError(
            f"There is no grader for a hidden check of the kind {type(hidden).__name__}.",
            "Give a HiddenCheck or a HiddenCommand, or your own Grader.",
        )
