"""Planning, code generation and review as one LangGraph state machine over ChatNVIDIA.

Everything public is imported on first use, so that `import triptych` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triptych.chains import coder, planner, repairer, reviewer
    from triptych.graph import build_graph
    from triptych.models import ChatNVIDIA, chat_model
    from triptych.running import arun, run
    from triptych.state import Budget, Evidence, Options, Outcome, Plan, Review, Strategy, Task

_HOMES = {
    "triptych.chains": ("coder", "planner", "repairer", "reviewer"),
    "triptych.graph": ("build_graph",),
    "triptych.models": ("ChatNVIDIA", "chat_model"),
    "triptych.running": ("arun", "run"),
    "triptych.state": (
        "Budget", "Evidence", "Options", "Outcome", "Plan", "Review", "Strategy", "Task",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "Budget",
    "ChatNVIDIA",
    "Evidence",
    "Options",
    "Outcome",
    "Plan",
    "Review",
    "Strategy",
    "Task",
    "__version__",
    "arun",
    "build_graph",
    "chat_model",
    "coder",
    "planner",
    "repairer",
    "reviewer",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'triptych' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
