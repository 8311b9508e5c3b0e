"""What a run's metadata says about the prompts that made it."""

from __future__ import annotations

from collections.abc import Mapping

from triptych.prompts.template import Template


def prompt_metadata(template: Template) -> dict[str, str]:
    """Metadata of a call made with one template: reference, hash and layer."""
    return {
        "prompt": template.reference,
        "prompt_sha256": template.sha256,
        "prompt_layer": template.layer,
    }


def run_metadata(templates: Mapping[str, Template]) -> dict[str, str]:
    """Metadata of a whole run, for ``config["metadata"]``.

    LangChain gives a prompt's own metadata to the prompt's run alone, so the graph's run has to
    carry that of every stage. Flat, because tracing backends filter by top-level keys.

    Args:
        templates: Stage to template, as `Library.select` returns them.

    Returns:
        ``prompt_<stage>``, ``prompt_<stage>_sha256`` and ``prompt_<stage>_layer`` of each.
    """
    return {
        key.replace("prompt", f"prompt_{stage}", 1): value
        for stage, template in templates.items()
        for key, value in prompt_metadata(template).items()
    }
