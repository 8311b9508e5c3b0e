"""The table of models: names, nearest names, and settings that the rest of the house accepts."""

import subprocess
import sys

import pytest

from triptych.errors import UnknownModelError
from triptych.models import catalogue
from triptych.state import Strategy


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("devstral", "mistralai/devstral-2-123b-instruct-2512"),
        ("mistralai/devstral-2-123b-instruct-2512", "mistralai/devstral-2-123b-instruct-2512"),
        ("local", "qwen2.5-coder-0.5b"),
        ("qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b"),
        ("local:qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b"),
        ("local:qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b"),
        (" Qwen2.5-Coder-1.5B ", "qwen2.5-coder-1.5b"),
    ],
)
def test_a_model_is_found_by_each_of_its_names(name, id_):
    assert catalogue.find(name).id == id_


@pytest.mark.parametrize(
    ("name", "near"), [("devstrall", "devstral"), ("qwen2.5-coder-1.5", "qwen2.5-coder-1.5b")]
)
def test_an_unknown_name_is_told_the_nearest_ones(name, near):
    with pytest.raises(UnknownModelError, match=f"Did you mean [^?]*{near}") as caught:
        catalogue.find(name)
    assert "triptych models list" in caught.value.cure


def test_a_name_like_no_other_is_told_some():
    with pytest.raises(UnknownModelError, match="devstral"):
        catalogue.find("%%%")


@pytest.mark.parametrize("entry", catalogue.entries().values(), ids=lambda e: e.alias)
def test_each_entry_fits_the_strategy_and_the_chat_class(entry):
    from triptych.models import ChatNVIDIA

    Strategy(**entry.strategy)
    model = ChatNVIDIA(base_url="http://h", model=entry.id, **entry.parameters)
    assert not model.model_kwargs  # an unknown parameter would have gone there
    assert entry.output_limit == model.max_tokens < entry.context


def test_the_catalogue_and_the_command_load_no_heavy_library():
    heavy = ("pydantic", "langchain_core", "aiohttp", "requests", "xllamacpp", "triptych.state")
    code = (
        "import sys, triptych.models.catalogue, triptych.cli.models;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
