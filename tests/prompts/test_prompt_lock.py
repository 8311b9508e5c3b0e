"""What is released never changes."""

import pytest
from prompt_shelf import Shelf

from triptych.errors import PromptError
from triptych.prompts.lint import lint, open_folder
from triptych.prompts.lock import write_lock


@pytest.fixture
def locked(shelf: Shelf) -> Shelf:
    shelf.file("_partials/style/1.0.0.md", "Be brief.\n")
    shelf.put("plan@1.0.0", 'user:\n{{ request }} {% include "style@1.0.0" %}\n')
    write_lock(shelf.folder, shelf.library)
    return shelf


def told(shelf: Shelf) -> list[str]:
    return [str(p) for p in lint(shelf.folder, shelf.library).problems]


def test_first_lock_holds_all_that_is_there(locked: Shelf) -> None:
    made = locked.library.get("plan@1.0.0")
    lock = locked.folder.lock()
    assert lock["plan@1.0.0"] == {"file": made.file_sha256, "closure": made.sha256}
    assert list(lock) == ["_partials/style@1.0.0", "plan@1.0.0"]
    assert told(locked) == []


def test_a_new_version_is_added_and_the_old_lines_stay(locked: Shelf) -> None:
    before = (locked.path / "prompts.lock").read_text()
    locked.put("plan@1.1.0")
    locked.put("plan@_next")
    assert write_lock(locked.folder, locked.library) == ["plan@1.1.0"]
    assert (locked.path / "prompts.lock").read_text().startswith(before)
    assert write_lock(locked.folder, locked.library) == []


@pytest.mark.parametrize("place", ["plan/1.0.0.md", "_partials/style/1.0.0.md"])
def test_a_changed_release_is_refused_and_nothing_is_written(locked: Shelf, place: str) -> None:
    before = (locked.path / "prompts.lock").read_text()
    locked.put("plan@1.1.0")
    path = locked.path / place
    path.write_text(path.read_text() + "More.\n")
    with pytest.raises(PromptError, match=r"is released, and its content has changed. .* as a new"):
        write_lock(locked.folder, locked.library)
    assert (locked.path / "prompts.lock").read_text() == before
    assert any(f"{path}:1: " in line and "has changed" in line for line in told(locked))


def test_a_changed_default_is_a_changed_release(locked: Shelf) -> None:
    path = locked.path / "plan/1.0.0.md"
    path.write_text(path.read_text().replace("For a test", "For the test"))
    assert any("content has changed" in line for line in told(locked))


def test_a_file_that_is_gone_is_told_with_the_line_of_the_lock(locked: Shelf) -> None:
    (locked.path / "plan/1.0.0.md").unlink()
    assert any("prompts.lock:5: 'plan@1.0.0' is locked" in line for line in told(locked))


def test_an_unlocked_version_is_told(locked: Shelf) -> None:
    locked.put("plan@1.1.0")
    assert any("plan/1.1.0.md:1: 'plan@1.1.0' is not in prompts.lock" in p for p in told(locked))


def test_newlines_of_the_checkout_do_not_change_a_hash(locked: Shelf) -> None:
    for path in locked.path.rglob("*.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert told(locked) == []


def test_hash_covers_the_partials(shelf: Shelf) -> None:
    shelf.put("plan@1.0.0", 'user:\n{{ request }} {% include "style@1.0.0" %}\n')
    hashes = set()
    for text in ("Be brief.\n", "Be long.\n"):
        shelf.file("_partials/style/1.0.0.md", text)
        hashes.add(shelf.library.get("plan@1.0.0").sha256)
    assert len(hashes) == 2


def test_the_built_in_folder_is_clean() -> None:
    report = lint(*open_folder())
    assert [str(p) for p in report.problems] == []
    assert set(report.tokens) >= {"code@1.0.0", "plan@1.0.0", "repair@1.0.0", "review@1.0.0"}
