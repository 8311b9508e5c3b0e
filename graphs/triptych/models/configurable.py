"""A model some of whose fields a call's config sets."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.configurable import RunnableConfigurableFields


class Configurable(RunnableConfigurableFields):  # type: ignore[type-arg]
    """What ``configurable_fields`` of a chat model returns.

    LangChain's own builds the model anew from its fields alone: its key, certificates, time limits
    and retries, which are no fields, are lost.
    """

    def _prepare(
        self, config: RunnableConfig | None = None
    ) -> tuple[Runnable[Any, Any], RunnableConfig]:
        made, config = super()._prepare(config)
        if made is self.default:
            return made, config
        model: Any = self.default
        return model.model_copy(update={name: getattr(made, name) for name in self.fields}), config
