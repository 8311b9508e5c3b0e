"""A proposed body of a prompt, made a template or refused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from triptych.errors import PromptError
from triptych.prompts.copies import body_of, renamed, with_body
from triptych.prompts.library import Library
from triptych.prompts.loading import from_text
from triptych.prompts.template import Template
from triptych.prompts.yamledit import put_in_front

PLACE = "0-the-ids-go-here-0"


@dataclass(frozen=True)
class Wordings:
    """Makes templates of proposed bodies: the same prompt, inputs and outputs, other words.

    Attributes:
        source: The prompt that is to become better.
        line: Its line that proposals are of, such as ``code.gepa``.
        library: Where partials are found.
    """

    source: Template
    line: str
    library: Library

    @property
    def body(self) -> str:
        """The source's own body."""
        return body_of(self.source.text)

    def template(self, body: str) -> Template:
        """A proposed body as a template.

        Raises:
            PromptError: It does not load, drops or invents an input, leaves out a shared part, or
                opens other roles than the source does.
        """
        text = with_body(renamed(self.source, self.line, self.library), body)
        made = from_text(text, origin="proposal", library=self.library)
        roles = [message.role for message in made.messages]
        wanted = [message.role for message in self.source.messages]
        if roles != wanted:
            raise PromptError(
                f"The proposal has the roles {', '.join(roles)}.", f"Keep {', '.join(wanted)}."
            )
        if missing := set(self.source.partials) - set(made.partials):
            raise PromptError(
                f"The proposal leaves out {', '.join(sorted(missing))}.", "Keep what is included."
            )
        return made

    def working_copy(self, body: str, changelog: str, trained_on: Sequence[str]) -> str:
        """The text of a working copy: it says what it was searched on, which a promotion looks at.

        Args:
            body: A body that `template` takes.
            changelog: What is new in it.
            trained_on: Ids of the tasks that the search has used.
        """
        made = self.template(body)
        text = put_in_front(made.text, ("metadata", "changelog"), changelog, made.path)
        # Those of a source that was searched for itself: they stand in the parent.
        text = re.sub(r"^ +trained_on: \[.*\]\n", "", text, count=1, flags=re.MULTILINE)
        text = put_in_front(text, ("metadata", "trained_on"), PLACE, made.path)
        front, _, rest = text.partition(PLACE)
        return front + json.dumps(list(trained_on), ensure_ascii=False) + rest
