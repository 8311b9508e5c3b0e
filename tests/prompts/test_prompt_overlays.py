"""Which folder wins, and what an overlay may not do."""

from pathlib import Path

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts import library
from triptych.prompts.layers import layers
from triptych.prompts.library import Library
from triptych.prompts.lock import write_lock


def test_order_is_argument_variable_config_built_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("argument", "variable", "config/triptych/prompts"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("TRIPTYCH_PROMPTS", str(tmp_path / "variable"))
    found = [folder.layer for folder in layers(tmp_path / "argument")]
    assert found == [
        str(tmp_path / "argument"), str(tmp_path / "variable"),
        str(tmp_path / "config/triptych/prompts"), "built-in",
    ]  # fmt: skip


def test_first_folder_that_has_the_version_wins_and_is_recorded(tmp_path: Path) -> None:
    first, second = Shelf(tmp_path / "1"), Shelf(tmp_path / "2")
    first.put("plan@3.0.0", "user:\nfirst {{ request }}")
    second.put("plan@3.0.0", "user:\nsecond {{ request }}")
    second.put("plan@3.1.0", "user:\nsecond {{ request }}")
    books = Library((first.folder, second.folder))
    assert books.get("plan@3.0.0").layer == str(tmp_path / "1")
    assert books.get("plan@3.0.0").render(request="r") == [("user", "first r")]
    assert books.get("plan@~=3.0").layer == str(tmp_path / "2")


def test_bare_name_means_the_overlays_newest_version(over: Shelf) -> None:
    over.put("plan@8.0.0")
    over.put("plan@9.0.0")
    over.put("plan@_next")
    assert library(over.path).get("plan").reference == "plan@9.0.0"
    assert library(over.path).get("code").layer == "built-in"


def test_overlays_channel_wins_for_a_bare_name(over: Shelf) -> None:
    over.put("plan@9.0.0")
    over.file("channels.yaml", "plan: {production: 1.0.0}\n")
    assert library(over.path).get("plan").reference == "plan@1.0.0"


def test_overlays_set_changes_only_the_stages_it_names(over: Shelf) -> None:
    over.put("code.short@0.1.0")
    over.file("sets/default.yaml", "code: code.short\n")
    chosen = library(over.path).select()
    assert chosen["code"].reference == "code.short@0.1.0"
    assert {t.layer for s, t in chosen.items() if s != "code"} == {"built-in"}
    assert list(chosen) == ["plan", "code", "repair", "review"]


def test_a_folder_in_the_working_directory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(tmp_path / "prompts").put("plan@9.0.0")
    Shelf(tmp_path / ".triptych" / "prompts").put("plan@9.0.0")
    Shelf(tmp_path).put("plan@9.0.0")
    monkeypatch.chdir(tmp_path)
    assert library().get("plan").layer == "built-in"


@pytest.mark.parametrize("origin", ["argument", "variable"])
def test_a_named_folder_that_does_not_exist_is_an_error(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if origin == "variable":
        monkeypatch.setenv("TRIPTYCH_PROMPTS", "/no/such")
    with pytest.raises(PromptError, match=r"'/no/such' of .* does not exist"):
        library("/no/such" if origin == "argument" else None)


class TestShadowing:
    """A locked built-in version cannot be replaced under its own reference."""

    @pytest.fixture
    def books(self, shelf: Shelf, over: Shelf) -> Library:
        shelf.put("plan@1.0.0", 'user:\n{{ request }}{% include "style@1.0.0" %}')
        shelf.put("plan@1.1.0", "user:\n{{ request }}")
        shelf.file("_partials/style/1.0.0.md", "Be brief.\n")
        write_lock(shelf.folder, shelf.library)
        return Library((over.folder, shelf.folder))

    def test_other_bytes_are_an_error(self, books: Library, over: Shelf) -> None:
        over.put("plan@1.1.0", "user:\nother {{ request }}")
        with pytest.raises(
            PromptError, match=r"mine/plan/1.1.0.md:1: .*locked.*call it 1\.2\.0\.md"
        ):
            books.get("plan@1.1.0")

    def test_same_bytes_are_none(self, books: Library, over: Shelf) -> None:
        over.put("plan@1.1.0", "user:\n{{ request }}")
        assert books.get("plan@1.1.0").layer == str(over.path)

    def test_neither_by_path(self, books: Library, over: Shelf) -> None:
        path = over.put("plan@1.1.0", "user:\nother {{ request }}")
        with pytest.raises(PromptError, match="locked built-in version"):
            books.get(str(path))

    def test_a_changed_copy_of_a_locked_one_is_told_how_to_go_on(
        self, books: Library, tmp_path: Path
    ) -> None:
        path = tmp_path / "my-plan.md"
        path.write_text(books.get("plan@1.1.0").text + "Be brief.\n")
        with pytest.raises(PromptError, match="locked built-in version") as caught:
            books.get(str(path))
        assert caught.value.cure == (
            "Write 'version: 1.2.0' into its front matter; or take its text into a working copy: "
            "triptych prompts new plan"
        )
        path.write_text(path.read_text().replace("version: 1.1.0", "version: 1.2.0"))
        assert books.get(str(path)).reference == "plan@1.2.0"

    def test_nor_through_a_partial(self, books: Library, over: Shelf) -> None:
        over.file("_partials/style/1.0.0.md", "Be rude.\n")
        assert books.get("plan@1.0.0").render(request="r.") == [("user", "r.Be brief.")]
        over.put("own@1.0.0", 'user:\n{{ request }}{% include "style@1.0.0" %}')
        with pytest.raises(PromptError, match=r"_partials/style/1\.0\.0\.md:1: .*locked"):
            books.get("own@1.0.0")

    def test_an_overlay_may_use_built_in_partials(self, books: Library, over: Shelf) -> None:
        over.put("own@1.0.0", 'user:\n{{ request }} {% include "style@1.0.0" %}')
        assert books.get("own@1.0.0").render(request="r.") == [("user", "r. Be brief.")]
