"""Who hears of retries in a stream: LangChain gives `_stream` no run manager to tell them."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.utils.uuid import uuid7


def listened(
    config: RunnableConfig | None, own: Any, kind: type[Any]
) -> tuple[RunnableConfig, Any | None]:
    """The config of a call with the run's id settled, and a run manager of that id.

    Args:
        config: As the caller gave it.
        own: The model's own callbacks.
        kind: `CallbackManagerForLLMRun` or its async twin.

    Returns:
        The config for LangChain's own `stream`, and the manager; None where nobody listens.
    """
    config = ensure_config(config)
    manager = CallbackManager.configure(config.get("callbacks"), own)
    if not manager.handlers:
        return config, None
    run_id = config.get("run_id") or uuid7()
    run_manager = kind(
        run_id=run_id,
        handlers=manager.handlers,
        inheritable_handlers=[],
        parent_run_id=manager.parent_run_id,
        tags=manager.tags,
    )
    return {**config, "run_id": run_id}, run_manager
