"""From the state of a run, finished or not, to what the caller gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triptych import decide
from triptych.state import (
    Draft,
    EndStatus,
    Options,
    Outcome,
    Plan,
    PromptRef,
    Strategy,
    Usage,
)
from triptych.workspace import unified


def conclude(state: Mapping[str, Any], status: EndStatus, reason: str) -> Outcome:
    """The outcome of a run whose state is `state`, however far it came.

    Args:
        state: The graph's state (plain JSON); keys that a run has not reached may be missing.
        status: How it ended.
        reason: Why, in one sentence.
    """
    options = Options.model_validate(state.get("options") or {})
    strategy = options.strategy or Strategy()
    drafts = [Draft.model_validate(d) for d in state.get("drafts") or []]
    top = decide.best(drafts, strategy)
    files = state.get("files") or {}
    plan = state.get("plan")
    return Outcome(
        status=status,
        reason=reason,
        request=state.get("request", ""),
        model=state.get("model", ""),
        plan=Plan.model_validate(plan) if plan else None,
        best=top.id if top else None,
        drafts=drafts,
        patch=unified(files, {**files, **top.files}) if top else "",
        usage=Usage.model_validate(state.get("usage") or {}),
        strategy=strategy,
        prompts={
            stage: PromptRef.model_validate({k: ref[k] for k in PromptRef.model_fields})
            for stage, ref in (state.get("prompts") or {}).items()
        },
    )
