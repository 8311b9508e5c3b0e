"""A template as a LangChain prompt: a Runnable from a dict of values to chat messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts.chat import BaseChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from langchain_core.utils.pydantic import create_model_v2
from pydantic import BaseModel, InstanceOf

from triptych.errors import PromptError
from triptych.prompts.problems import nearest
from triptych.prompts.stamp import prompt_metadata
from triptych.prompts.template import Template

_MESSAGE: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}
_TYPE: dict[str, Any] = {"string": str, "list": list[Any], "object": dict[str, Any]}


def as_runnable(template: Template) -> PromptRunnable:
    """The same as `PromptRunnable.of`."""
    return PromptRunnable.of(template)


def messages_of(template: Template, values: Mapping[str, Any]) -> list[BaseMessage]:
    """The chat messages of a template filled with values; what it does not declare is left out.

    Raises:
        PromptError: A value is missing or of the wrong kind.
    """
    known = {name: values[name] for name in template.inputs if name in values}
    return [_MESSAGE[role](content=text) for role, text in template.render(**known)]


class PromptRunnable(BaseChatPromptTemplate):
    """A `Template` as a Runnable; make one with `of`.

    Like every LangChain prompt it takes from its input what it declares and leaves the rest
    alone, so that it can stand behind a step that passes more along. (`Template.render` is
    strict.) Its runs carry the template's reference and hash as metadata.

    Example:
        >>> from triptych.prompts import library
        >>> prompt = as_runnable(library().get("code"))
        >>> prompt.invoke({"request": "Add two numbers."}).to_messages()[0].type
        'system'
    """

    template: InstanceOf[Template]

    @classmethod
    def of(cls, template: Template) -> PromptRunnable:
        """The Runnable of a template."""
        inputs = template.inputs.values()
        return cls(
            template=template,
            input_variables=[i.name for i in inputs if i.required],
            optional_variables=[i.name for i in inputs if not i.required],
            input_types={i.name: reduce(or_, (_TYPE[k] for k in i.kinds)) for i in inputs},
            metadata=dict(prompt_metadata(template)),
        )

    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """Fill in the values.

        Args:
            **kwargs: Values by name; what the template does not declare is left alone.

        Raises:
            PromptError: A value is missing or of the wrong kind.
        """
        return messages_of(self.template, self._merge_partial_and_user_variables(**kwargs))

    def partial(self, **kwargs: str | Callable[[], str]) -> PromptRunnable:
        """The same prompt with some values given already.

        Raises:
            PromptError: The template declares no such input.
        """
        for name in kwargs:
            if name not in self.template.inputs:
                raise PromptError(
                    f"{self.template.reference} has no input '{name}'.",
                    nearest(name, self.template.inputs),
                )
        made = self.model_copy()
        made.input_variables = [v for v in self.input_variables if v not in kwargs]
        made.optional_variables = [v for v in self.optional_variables if v not in kwargs]
        made.partial_variables = {**self.partial_variables, **kwargs}
        return made

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """A pydantic model of the values it takes, with their defaults."""
        fields = {name: (self.input_types[name], ...) for name in self.input_variables} | {
            name: (self.input_types[name], self.template.inputs[name].default)
            for name in self.optional_variables
        }
        return create_model_v2("PromptInput", field_definitions=fields)

    def pretty_repr(self, html: bool = False) -> str:
        """The messages, not filled in."""
        return "\n\n".join(f"{m.role}:\n{m.source}" for m in self.template.messages)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """False: a template is saved as its reference and hash, never as a manifest."""
        return False

    @property
    def _prompt_type(self) -> str:
        return "triptych"

    def _validate_input(self, inner_input: Any) -> dict[str, Any]:
        # LangChain's own check raises a KeyError with advice about braces; ours is `render`'s.
        if isinstance(inner_input, dict):
            return inner_input
        return super()._validate_input(inner_input)
