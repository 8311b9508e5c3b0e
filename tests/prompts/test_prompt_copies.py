"""From a template to a working copy, and from that to a release."""

from pathlib import Path

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts import copies
from triptych.prompts.copies import body_of, new, release, renamed
from triptych.prompts.library import Library
from triptych.prompts.lint import lint
from triptych.prompts.lock import write_lock


@pytest.fixture
def plan(shelf: Shelf) -> Shelf:
    shelf.put("plan@1.0.0")
    shelf.file("channels.yaml", "plan: {production: 1.0.0}\n")
    write_lock(shelf.folder, shelf.library)
    return shelf


def copy(shelf: Shelf, name: str = "plan", source: str = "plan@1.0.0") -> Path:
    books = shelf.library
    return new(shelf.folder, books, name, renamed(books.get(source), name, books))


def edit(path: Path, old: str = "{{ request }}", to: str = "{{ request }} now") -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, to))


def release_(shelf: Shelf, name: str = "plan", **more: str) -> str:
    more.setdefault("changelog", "It says now.")
    return release(shelf.folder, shelf.library, name, **more).reference


class TestNew:
    """A working copy names what it was made from, and nothing is new in it yet."""

    def test_copy(self, plan: Shelf) -> None:
        assert copy(plan) == plan.path / "plan/_next.md"
        made = plan.library.get("plan@_next")
        assert made.parent == "plan@1.0.0"
        assert made.metadata["changelog"] == ""
        assert body_of(made.text) == body_of(plan.library.get("plan@1.0.0").text)

    def test_line(self, plan: Shelf) -> None:
        copy(plan, "plan.terse")
        made = plan.library.get("plan.terse@_next")
        assert (made.full_name, made.parent) == ("plan.terse", "plan@1.0.0")

    def test_of_a_working_copy_the_parent_is_that_ones_parent(self, plan: Shelf) -> None:
        copy(plan)
        copy(plan, "plan.terse", "plan@_next")
        assert plan.library.get("plan.terse@_next").parent == "plan@1.0.0"

    def test_of_a_file(self, plan: Shelf, tmp_path: Path) -> None:
        mine = Shelf(tmp_path / "x").put("plan@0.5.0")
        copy(plan, "other", str(mine))
        assert plan.library.get("other@_next").parent == ""
        with pytest.raises(PromptError, match="A line needs a parent"):
            copy(plan, "plan.mine", str(mine))

    def test_a_second_one_is_refused(self, plan: Shelf) -> None:
        path = copy(plan)
        edit(path)
        with pytest.raises(PromptError, match="There is a working copy already"):
            copy(plan)
        assert "now" in path.read_text()

    @pytest.mark.parametrize("name", ["Plan", "../plan", "a.b.c", "a/b", "", "_partials"])
    def test_a_name_that_is_none_writes_nothing(self, plan: Shelf, name: str) -> None:
        before = set(plan.path.rglob("*"))
        with pytest.raises(PromptError, match="is no name for a prompt"):
            copy(plan, name)
        assert set(plan.path.rglob("*")) == before

    def test_a_text_of_another_name_is_refused(self, plan: Shelf) -> None:
        text = plan.library.get("plan@1.0.0").text
        with pytest.raises(PromptError, match="of 'plan', not of 'code'"):
            new(plan.folder, plan.library, "code", text)


class TestRelease:
    """The copy becomes a version that is frozen."""

    def test_least_step(self, plan: Shelf) -> None:
        edit(copy(plan))
        assert release_(plan) == "plan@1.1.0"
        made = plan.library.get("plan@1.1.0")
        assert made.text.startswith("---\nname: plan\nversion: 1.1.0\n")
        assert made.metadata["changelog"] == "It says now."
        assert plan.folder.lock()["plan@1.1.0"]["closure"] == made.sha256
        assert not (plan.path / "plan/_next.md").exists()
        assert lint(plan.folder, plan.library).problems == []

    def test_a_channel_does_not_move(self, plan: Shelf) -> None:
        edit(copy(plan))
        release_(plan)
        assert plan.library.get("plan").reference == "plan@1.0.0"

    def test_a_second_release_of_what_is_in_no_channel_moves_nothing(self, plan: Shelf) -> None:
        copy(plan, "summary")
        release_(plan, "summary")
        assert plan.library.get("summary").reference == "summary@1.0.0"
        assert "summary" not in plan.folder.channels()
        edit(copy(plan, "summary", "summary@1.0.0"))
        assert release_(plan, "summary") == "summary@1.1.0"
        assert plan.library.get("summary").reference == "summary@1.0.0"
        assert lint(plan.folder, plan.library).problems == []

    @pytest.mark.parametrize(
        ("bump", "reference"),
        [("minor", "plan@1.1.0"), ("major", "plan@2.0.0"), ("1.5.0", "plan@1.5.0")],
    )
    def test_asked_for(self, plan: Shelf, bump: str, reference: str) -> None:
        edit(copy(plan))
        assert release_(plan, bump=bump) == reference

    @pytest.mark.parametrize("bump", ["patch", "1.0.5"])
    def test_less_than_the_least_is_refused(self, plan: Shelf, bump: str) -> None:
        edit(copy(plan))
        with pytest.raises(PromptError, match=r"too small a step .* The least is 1\.1\.0 \(minor"):
            release_(plan, bump=bump)
        assert plan.library.versions("plan") == ["1.0.0", "_next"]

    def test_another_schema_forces_a_major(self, plan: Shelf) -> None:
        edit(copy(plan), "required: true", "default: hello")
        with pytest.raises(PromptError, match=r"'request' is optional now\. The least is 2\.0\.0"):
            release_(plan, bump="minor")
        assert release_(plan) == "plan@2.0.0"

    @pytest.mark.parametrize(
        ("bump", "match"), [("1.0.0", "is not after 1.0.0"), ("much", "'much' is no step")]
    )
    def test_no_step(self, plan: Shelf, bump: str, match: str) -> None:
        edit(copy(plan))
        with pytest.raises(PromptError, match=match):
            release_(plan, bump=bump)

    def test_nothing_changed(self, plan: Shelf) -> None:
        copy(plan)
        with pytest.raises(PromptError, match=r"Nothing has changed since plan@1\.0\.0"):
            release_(plan)

    def test_no_changelog(self, plan: Shelf) -> None:
        edit(copy(plan))
        with pytest.raises(PromptError, match="plan has no changelog"):
            release_(plan, changelog="")
        assert (plan.path / "plan/_next.md").exists()

    def test_no_copy(self, plan: Shelf) -> None:
        with pytest.raises(PromptError, match="There is no working copy"):
            release_(plan)

    def test_a_line_begins_at_0_1_0_and_another_prompt_at_1_0_0(self, plan: Shelf) -> None:
        copy(plan, "plan.terse")
        copy(plan, "summary")
        assert release_(plan, "plan.terse") == "plan.terse@0.1.0"
        assert release_(plan, "summary") == "summary@1.0.0"
        assert lint(plan.folder, plan.library).problems == []

    def test_in_an_overlay_it_goes_on_from_the_built_in_version(
        self, plan: Shelf, over: Shelf
    ) -> None:
        books = Library((over.folder, plan.folder))
        edit(new(over.folder, books, "plan", renamed(books.get("plan"), "plan", books)))
        made = release(over.folder, books, "plan", changelog="Mine.")
        assert (made.reference, made.layer) == ("plan@1.1.0", str(over.path))
        assert books.get("plan").reference == "plan@1.0.0"
        assert (over.path / "channels.yaml").read_text() == "plan: {production: 1.0.0}\n"
        assert list(over.folder.lock()) == ["plan@1.1.0"]
        assert plan.folder.versions("plan").keys() == {"1.0.0"}

    def test_something_else_that_is_wrong_stops_it_before_anything_is_written(
        self, plan: Shelf
    ) -> None:
        edit(copy(plan))
        path = plan.path / "plan/1.0.0.md"
        path.write_text(path.read_text() + "Changed.\n")
        with pytest.raises(PromptError, match=r"'plan@1\.0\.0' is released, and its content has"):
            release_(plan)
        assert plan.library.versions("plan") == ["1.0.0", "_next"]


@pytest.mark.parametrize("at", ["write_lock", "unlink"])
def test_killed_on_the_way_the_same_command_ends_it(
    plan: Shelf, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(copy(plan))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if at == "write_lock":
            patch.setattr(copies, "write_lock", die)
        else:
            patch.setattr(Path, "unlink", lambda _, missing_ok=False: missing_ok or die())
        with pytest.raises(KeyboardInterrupt):
            release_(plan)
    assert (plan.path / "plan/1.1.0.md").is_file()
    assert release_(plan) == "plan@1.1.0"
    assert plan.library.versions("plan") == ["1.0.0", "1.1.0"]
    assert lint(plan.folder, plan.library).problems == []
