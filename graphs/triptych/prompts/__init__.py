"""Versioned prompt templates: loaded, selected, rendered, and stamped into every run.

    >>> from triptych.prompts import library
    >>> template = library().get("code")
    >>> messages = template.render(request="Write a function that adds two numbers.")

The files stand in the top-level ``prompts/``; ``prompts/README.md`` there says how to write one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triptych.prompts.library import Library, library
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from triptych.prompts.runnable import PromptRunnable, as_runnable
    from triptych.prompts.stamp import run_metadata

__all__ = ["Library", "PromptRunnable", "Template", "as_runnable", "library", "run_metadata"]


def __getattr__(name: str) -> Any:
    # LangChain takes seconds to import; the shell's `prompts` commands never need it.
    if name in ("PromptRunnable", "as_runnable"):
        from triptych.prompts import runnable

        return getattr(runnable, name)
    if name == "run_metadata":
        from triptych.prompts.stamp import run_metadata

        return run_metadata
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
