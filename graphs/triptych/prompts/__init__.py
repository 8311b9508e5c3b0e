"""Versioned prompt templates: loaded, selected, rendered, and stamped into every run.

    >>> from triptych.prompts import library
    >>> template = library().get("code")
    >>> messages = template.render(request="Write a function that adds two numbers.")

The files stand in the top-level ``prompts/``; ``prompts/README.md`` there says how to write one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triptych.prompts.ambient import using
from triptych.prompts.folder import BUILT_IN
from triptych.prompts.library import Library, library
from triptych.prompts.loading import from_text
from triptych.prompts.template import Template

if TYPE_CHECKING:
    from triptych.prompts.runnable import PromptRunnable, as_runnable, messages_of
    from triptych.prompts.stamp import prompt_metadata, run_metadata

__all__ = [
    "BUILT_IN",
    "Library",
    "PromptRunnable",
    "Template",
    "as_runnable",
    "from_text",
    "library",
    "messages_of",
    "prompt_metadata",
    "run_metadata",
    "using",
]


def __getattr__(name: str) -> Any:
    # LangChain takes seconds to import; the shell's `prompts` commands never need it.
    if name in ("PromptRunnable", "as_runnable", "messages_of"):
        from triptych.prompts import runnable

        return getattr(runnable, name)
    if name in ("prompt_metadata", "run_metadata"):
        from triptych.prompts import stamp

        return getattr(stamp, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
