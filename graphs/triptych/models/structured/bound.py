"""A model with arguments bound to it, which stay bound when tools or a form come on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import _ChatModelBinding
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from triptych.models import tools as rooms


class Bound(_ChatModelBinding):  # type: ignore[no-redef]
    """What ``bind`` of a chat model returns.

    LangChain's own hands ``bind_tools`` and ``with_structured_output`` to the model inside, and
    what was bound before is lost: ``model.bind(stop=...).with_structured_output(Plan)`` sends no
    stop.
    """

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Any = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """See `triptych.models.tools.bound`."""
        return self.bind(**rooms.bound(tools, tool_choice, strict, parallel_tool_calls, **kwargs))

    def with_thinking_mode(self, enabled: bool = True, **kwargs: Any) -> Runnable[Any, Any]:
        """See `ChatNVIDIA.with_thinking_mode`."""
        return self.bind(thinking_mode=enabled, **kwargs)

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        """See `triptych.models.structured.structured`."""
        from triptych.models.structured import structured

        return structured(self, schema, **kwargs)
