"""Running untrusted code: a sandbox, and what verifying a draft in it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triptych.sandbox.base import Limits, Result, Sandbox
    from triptych.sandbox.checks import verify
    from triptych.sandbox.commands import check_command_exists
    from triptych.sandbox.examples import find_examples
    from triptych.sandbox.interpreter import Interpreter
    from triptych.sandbox.opening import open_sandbox

_HOMES = {
    "Limits": "base",
    "Result": "base",
    "Sandbox": "base",
    "open_sandbox": "opening",
    "verify": "checks",
    "check_command_exists": "commands",
    "find_examples": "examples",
    "Interpreter": "interpreter",
}

__all__ = [
    "Interpreter",
    "Limits",
    "Result",
    "Sandbox",
    "check_command_exists",
    "find_examples",
    "open_sandbox",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"triptych.sandbox.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
