"""Which sandboxes there are, by name."""

from __future__ import annotations

from typing import Literal

from triptych.errors import SandboxError
from triptych.sandbox.bare import Bare
from triptych.sandbox.base import Sandbox
from triptych.sandbox.bwrap import Bwrap


def open_sandbox(name: Literal["bwrap", "none"] = "bwrap") -> Sandbox:
    """Open the sandbox of that name, tried once on this machine.

    Args:
        name: "bwrap", or "none" for limits without any protection.

    Returns:
        A sandbox that can be shared by all callers.

    Raises:
        SandboxError: bwrap cannot work here, or there is no such sandbox; with its cure.
    """
    if name == "bwrap":
        return Bwrap.open()
    if name == "none":
        return Bare()
    raise SandboxError(f"There is no sandbox called {name!r}.", "Use 'bwrap' or 'none'.")
