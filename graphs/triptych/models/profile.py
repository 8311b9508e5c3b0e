"""What LangChain's `profile` of a model says, from the catalogue."""

from __future__ import annotations

from langchain_core.language_models.model_profile import ModelProfile

from triptych.models import catalogue


def profile(base_url: str, model: str) -> ModelProfile | None:
    """The profile of a model at an address; None for one that the catalogue does not list."""
    entry = catalogue.entry_at(base_url, model)
    if entry is None:
        return None
    abilities = entry.abilities
    made = ModelProfile(
        text_inputs=True,
        text_outputs=True,
        image_inputs="image" in abilities.inputs,
        audio_inputs="audio" in abilities.inputs,
        video_inputs="video" in abilities.inputs,
        pdf_inputs="file" in abilities.inputs,
        tool_calling=abilities.tools != "none",
        structured_output=abilities.structured != "prompt",
    )
    if entry.context:
        made["max_input_tokens"] = entry.context
    if entry.output_limit:
        made["max_output_tokens"] = entry.output_limit
    return made
