"""A scripted model that answers right where its prompt has the magic words, and proposes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_kit import SINGLE, number_in, reply, right, task

from triptych import chat_model
from triptych.lab.grading.grade import Grade
from triptych.lab.optimise.setup import Search, set_up
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.task import TaskSet
from triptych.prompts import library
from triptych.prompts.copies import body_of

MAGIC = "Mind the hidden example."
BODY = body_of(library().get("code").text)
BETTER = BODY.replace("readable code.", f"readable code. {MAGIC}")
HARMLESS = BODY.replace("readable code.", "readable and short code.")


def text_of(body: dict[str, Any]) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"])


def is_proposal(body: dict[str, Any]) -> bool:
    return "Write a better wording" in text_of(body)


class Script:
    """Answers a coder's calls by whether the magic is in the prompt, a reflector's by `proposals`.

    The last proposal is repeated.
    """

    def __init__(self, *proposals: str) -> None:
        self.proposals = list(proposals)
        self.asked = 0

    def __call__(self, body: dict[str, Any]) -> str:
        if is_proposal(body):
            self.asked += 1
            new = self.proposals[min(self.asked, len(self.proposals)) - 1]
            return f"````\n{new}\n````"
        if MAGIC in text_of(body):
            return right(body)
        number = number_in(body)  # right in the shown example only
        return reply(f"def add{number}(x):\n    return {number + 2}")


def sums(count: int = 60) -> TaskSet:
    return task_set((task(n) for n in range(count)), name="sums")


def search_at(url: str, tasks: TaskSet | None = None, *, folder: Path | None = None) -> Search:
    model = chat_model(base_url=url, model="scripted", temperature=0)
    return set_up(
        "code",
        tasks or sums(),
        strategy=SINGLE,
        prompts_dir=None if folder is None else str(folder),
        models={"": model},
    )


async def quick(files: Any, hidden: Any) -> Grade:
    """Grades the sums without a sandbox: the right ones add."""
    good = any("return x +" in text for text in files.values())
    return Grade("passed" if good else "failed", "" if good else "AssertionError")
