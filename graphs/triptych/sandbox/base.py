"""The seam: what a sandbox is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from triptych.sandbox.interpreter import Interpreter

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Upper limits of one run in a sandbox.

    Attributes:
        wall_seconds: Seconds by the clock, from the start of the process.
        cpu_seconds: Whole seconds of processor time of each process.
        memory_bytes: Bytes of memory of all processes together, and of private data of each.
        processes: Processes alive at the same time.
        file_bytes: Bytes of the largest file, and of all that is printed.
        disk_bytes: Bytes that may be added to the work folder, and bytes of the temporary folder.
        output_bytes: Bytes kept of each of stdout and stderr: the head and the tail.
    """

    wall_seconds: float = 20.0
    cpu_seconds: int = 20
    memory_bytes: int = 1024 * MIB
    processes: int = 64
    file_bytes: int = 64 * MIB
    disk_bytes: int = 256 * MIB
    output_bytes: int = 64 * 1024


@dataclass(frozen=True)
class Result:
    """What one run in a sandbox did.

    Attributes:
        exit_code: The command's own; 128 plus the signal's number where one ended it.
        stdout: What it printed, cut in the middle to `Limits.output_bytes`.
        stderr: The same of its errors.
        timed_out: True if it was stopped at the wall time.
        truncated: True if stdout or stderr was cut.
        killed_by: The limit that ended it ("wall time", "CPU time", "memory", "processes",
            "output", "file size"), or None.
        seconds: Wall time that it took.
    """

    exit_code: int
    stdout: str
    stderr: str
    timed_out: bool = False
    truncated: bool = False
    killed_by: str | None = None
    seconds: float = 0.0


class Sandbox(Protocol):
    """Runs one command on a fresh copy of some files, which is gone afterwards."""

    async def run(
        self,
        argv: Sequence[str],
        files: Mapping[str, str],
        *,
        python: Interpreter | None,
        limits: Limits,
        stdin: str = "",
    ) -> Result:
        """Write `files` to a fresh work folder, run `argv` in it and clean up.

        Args:
            argv: The command and its arguments; no shell reads them.
            files: Relative path to text.
            python: The interpreter whose packages the command may read; None for none.
            limits: Upper limits of the run.
            stdin: What the command reads from its standard input.

        Returns:
            What the run did. A command that cannot be started is a result with exit code 126
            or 127, not an error.

        Raises:
            InputError: A path in `files` is absolute, leaves the folder or clashes with another.
            SandboxError: The sandbox itself could not be set up.
        """
        ...
