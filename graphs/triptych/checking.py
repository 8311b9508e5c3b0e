"""What a draft and a review are held against before they count."""

from __future__ import annotations

from triptych.errors import InputError
from triptych.state import Evidence, Review, Task

CHARACTERS_PER_TOKEN = 6
"""Code and English take 3 to 4 characters a token; above this no tokenizer of ours gets, so what
is refused here could not have been sent."""


def request_fits(task: Task, context: int | None) -> None:
    """Refuse a task that cannot fit the model's context, before anything is spent.

    Args:
        task: Request and files; blank requests are refused too.
        context: The model's context in tokens; None if it is not known.

    Raises:
        InputError: with both sizes.
    """
    if not task.request.strip():
        raise InputError("The request is empty.", "Say what to write or to change.")
    size = len(task.request) + sum(len(p) + len(t) for p, t in task.files.items())
    if context is not None and size > context * CHARACTERS_PER_TOKEN:
        raise InputError(
            f"The request and its files have {size:,} characters, more than fit the model's "
            f"context of {context:,} tokens.",
            "Shorten the request, name fewer files, or choose a model with a longer context.",
        )


def quotes(review: Review, files: dict[str, str]) -> Review:
    """The review without the findings whose quote stands nowhere in the files.

    A finding that points at no line of the draft cannot be acted on. If none is left of a review
    that asked for changes, it says nothing either way: that is a review that failed.
    """
    texts = [" ".join(text.split()) for text in files.values()]
    kept = [
        finding
        for finding in review.findings
        if (quote := " ".join(finding.quote.split())) and any(quote in text for text in texts)
    ]
    if review.verdict == "changes" and not kept:
        return Review(error="its findings quote no line of the draft")
    return review.model_copy(update={"findings": kept})


def describe(evidence: Evidence | None, *, only_failures: bool = False) -> str:
    """What the checks showed, in words for a model."""
    if evidence is None:
        return ""
    results = evidence.failures if only_failures else evidence.results
    return "\n\n".join(
        f"{r.status}: {r.source or r.name}" + (f"\n{r.detail}" if r.detail else "") for r in results
    )
