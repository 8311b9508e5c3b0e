"""The page in Chromium: what a reader, a keyboard and a hostile record do with it."""

from __future__ import annotations

import csv
import io
import random
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from record_kit import fingerprint_of, record
from report_kit import made_up, reported

from triptych.lab.folder import RunFolder
from triptych.lab.records import Record
from triptych.state import Finding, Plan


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("run") / "run", tasks=60, again=0.25, families=12)


def active(page: Any) -> str:
    """What the focused element is called, with its row."""
    return str(
        page.evaluate(
            """() => { const e = document.activeElement; const row = e.closest('tr');
            const name = e.getAttribute('aria-label') || e.id;
            return row ? row.firstChild.title + ' ' + name : name }"""
        )
    )


def test_the_verdict_stands_in_the_window_title_and_on_top(browse, run: Path) -> None:
    page = browse(run)

    card = page.locator(".card")
    assert card.count() == 1
    assert card.locator("h3").inner_text() in page.title()
    assert "interval" in card.inner_text()


def test_the_keyboard_alone_opens_a_pair_and_comes_back_to_its_cell(browse, run: Path) -> None:
    page = browse(run)
    page.locator("#clear").focus()
    while "task-" not in active(page):
        page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    cell = active(page)
    assert cell.startswith("task-2 b: ")

    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert page.locator("#pair-title").inner_text() == "task-2 (family-2)"
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")

    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    assert active(page) == cell


def test_after_walking_from_pair_to_pair_the_focus_is_where_one_has_got_to(browse, run) -> None:
    page = browse(run)
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")

    for _ in range(30):
        page.locator("#next").click()
    page.wait_for_function("byId('pair-title').textContent.startsWith('task-30 ')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")

    assert active(page).startswith("task-30 a:")


def test_home_end_and_pages_move_over_the_whole_table(browse, run: Path) -> None:
    page = browse(run)
    page.locator("#matrix tbody th").first.focus()

    page.keyboard.press("Control+End")
    assert active(page).startswith("task-59 tokens:")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    assert "task-" in active(page)
    assert not active(page).startswith("task-59")
    page.keyboard.press("Control+Home")
    assert active(page).startswith("task-0")


def test_the_focus_outlives_that_its_row_is_scrolled_away(browse, run: Path) -> None:
    page = browse(run)
    page.locator("#matrix tbody th").first.focus()

    page.evaluate("byId('window').scrollTop = 1e6")
    page.wait_for_selector("tr[data-row='59']")
    assert active(page).startswith("task-0")
    page.keyboard.press("ArrowDown")
    assert active(page).startswith("task-1")


def test_roles_and_names_are_those_a_screen_reader_needs(browse, run: Path) -> None:
    page = browse(run)

    filters = page.locator("#filters").aria_snapshot()
    assert '- searchbox "Find"' in filters
    assert '- combobox "Show"' in filters
    grid = page.locator("#matrix").aria_snapshot()
    assert '- grid "Task by task"' in grid
    assert '- columnheader "task"' in grid
    assert 'gridcell "a: passed"' in grid or 'gridcell "a: failed"' in grid
    effects = page.locator(".effects").aria_snapshot()
    assert '- table "Difference of pass rates against a"' in effects
    assert '- rowheader "b"' in effects
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")
    pair = page.locator("dialog").aria_snapshot()
    assert '- dialog "task-0 (family-0)"' in pair
    for name in ("Outcome", "Drafts, evidence and review", "Plan"):
        assert f'- region "{name}"' in pair
    assert '- button "Close"' in pair


def test_rows_are_counted_for_those_that_cannot_see_them(browse, run: Path) -> None:
    page = browse(run)

    assert page.locator("#matrix").get_attribute("aria-rowcount") == "61"
    assert page.locator("#matrix tbody tr[data-row='3']").get_attribute("aria-rowindex") == "5"


CONTRAST = """() => {
  const part = (c) => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (text) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = text;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = (c) => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2]);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c[3] === 255) return c;
    }
    return [255, 255, 255];
  };
  const out = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    const text = walk.currentNode.data.trim();
    if (!text || !e.checkVisibility() || e.closest('script, style, :disabled')) continue;
    const style = getComputedStyle(e);
    const svg = e.closest('svg');
    const a = light(rgb(svg ? style.fill : style.color));
    const b = light(ground(svg ? svg.parentElement : e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    out.push([ratio, text.slice(0, 30), e.tagName + '.' + e.getAttribute('class')]);
  }
  return out.sort((x, y) => x[0] - y[0]);
}"""
"""The contrast of each visible text with its ground, as WCAG 2 reckons it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(browse, run: Path, scheme: str) -> None:
    page = browse(run, color_scheme=scheme)
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")

    found = page.evaluate(CONTRAST)

    assert len(found) > 300
    assert [one for one in found if one[0] < 4.5] == []


def test_the_scheme_can_be_chosen_against_that_of_the_system(browse, run: Path) -> None:
    page = browse(run, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.locator("#theme").select_option("dark")

    assert page.evaluate(ground) != light


def test_an_address_brings_back_filters_order_and_pair(browse, run: Path) -> None:
    page = browse(run)
    page.locator("#show").select_option("differ")
    page.locator("#find").fill("family-1")
    page.locator("[data-sort='difference']").click()
    rows = page.locator("#matrix tbody").inner_text()
    page.locator("#matrix tbody td").nth(1).click()
    page.wait_for_selector("dialog[open]")
    title = page.locator("#pair-title").inner_text()
    page.wait_for_function("location.hash.includes('pair=')")
    address = page.evaluate("location.hash")

    again = browse(run, address)

    again.wait_for_selector("dialog[open]")
    assert again.locator("#pair-title").inner_text() == title
    again.keyboard.press("Escape")
    assert again.locator("#matrix tbody").inner_text() == rows
    assert again.locator("#find").input_value() == "family-1"
    assert again.locator("[aria-sort='descending']").inner_text().startswith("difference")
    again.wait_for_function("!location.hash.includes('pair=')")


def test_back_closes_the_pair(browse, run: Path) -> None:
    page = browse(run)
    page.locator("#matrix tbody td").first.click()
    page.wait_for_function("location.hash.includes('pair=')")

    page.go_back()

    page.wait_for_selector("dialog", state="hidden")


def test_an_address_of_something_else_opens_nothing(browse, run: Path) -> None:
    page = browse(run, "#pair=nobody/0/a/b&show=nothing&sort=nothing&family=%E0%A4%A")

    assert not page.locator("dialog").is_visible()
    assert page.locator("#shown").inner_text().startswith("All 60 tasks")


def test_a_filter_shows_the_tasks_that_are_like_that(browse, run: Path) -> None:
    page = browse(run)
    cells = {(r.task, r.variant): r.passed for r in RunFolder.open(run).records()}
    won = sum(cells[f"task-{n}", "b"] and not cells[f"task-{n}", "a"] for n in range(60))

    page.locator("#show").select_option("won")

    assert page.locator("#shown").inner_text().startswith(f"{won} of 60 tasks:")
    assert page.locator("#matrix tbody td.gain").count() == won


def test_what_is_downloaded_is_the_record(browse, run: Path) -> None:
    page = browse(run)
    records = list(RunFolder.open(run).records())

    with page.expect_download() as saved:
        page.locator("#save-records").click()
    lines = Path(saved.value.path()).read_text().splitlines()
    assert [Record.model_validate_json(line) for line in lines] == records
    with page.expect_download() as saved:
        page.locator("#save-csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text())))
    assert [(row["task"], row["variant"], row["passed"]) for row in rows] == [
        (r.task, r.variant, str(int(r.passed))) for r in records
    ]
    with page.expect_download() as saved:
        page.locator("#save-result").click()
    assert Path(saved.value.path()).read_text() == (run / "result.json").read_text()


def test_nothing_that_a_record_holds_becomes_markup(browse, tmp_path: Path) -> None:
    bad = "</script><img src=x onerror='window.pwned=1'><b>{{script}}</b>\u2028]]>"
    draft = record("t", "b", "failed").drafts[0]
    hostile = draft.model_copy(
        update={
            "files": {bad: bad},
            "failures": [bad],
            "detail": bad,
            "error": bad,
            "findings": [Finding(quote=bad, failure=bad)],
        }
    )
    frozen = fingerprint_of(tasks=1).model_copy(
        update={"tasks": {bad: "0" * 64}, "description": bad, "task_set": bad}
    )
    plan = Plan(summary=bad, steps=[bad])
    more = {"family": bad, "reason": bad, "plan": plan, "prompts": {"code": bad}}
    made = [
        record(bad, "a", "passed", **more),
        record(bad, "b", "failed", **more).model_copy(update={"drafts": [hostile]}),
    ]
    page = browse(reported(tmp_path, made, frozen))

    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")

    assert page.locator("img, .card b, dialog p b").count() == 0
    assert page.evaluate("window.pwned") is None
    assert page.locator("#pair-body").inner_text().count("onerror='window.pwned=1'") >= 8
    assert "onerror" in page.locator(".description").inner_text()


def test_a_script_that_is_not_the_pages_own_is_not_run(chromium: Any, run: Path) -> None:
    page = chromium.new_page()
    page.goto((run / "report.html").as_uri())

    ran = page.evaluate("""() => { const s = document.createElement('script');
        s.textContent = 'window.foreign = 1'; document.body.append(s); return window.foreign }""")

    assert ran is None
    page.close()


def test_the_code_of_both_stands_side_by_side_with_its_differences(browse, tmp_path: Path) -> None:
    def made(variant: str, text: str) -> Record:
        cell = record("task-0", variant, "passed")
        draft = cell.drafts[0].model_copy(update={"files": {"solution.py": text}})
        return cell.model_copy(update={"drafts": [draft]})

    left = "import os\n\ndef f(x):\n    return x + 1\n# old\n"
    right = "import os\n\ndef f(x):\n    y = x\n    return y + 1\n"
    run = reported(tmp_path, [made("a", left), made("b", right)], fingerprint_of(tasks=1))
    page = browse(run)
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")

    assert page.locator(".diff del").all_inner_texts() == ["    return x + 1", "# old"]
    assert page.locator(".diff ins").all_inner_texts() == ["    y = x", "    return y + 1"]
    page.set_viewport_size({"width": 600, "height": 800})
    page.wait_for_selector(".diff.one")
    assert page.locator(".diff.one ins").count() == 2


def test_any_two_texts_come_whole_out_of_their_difference(browse, run: Path) -> None:
    chance = random.Random(5)
    texts = [[chance.choice("abcd") for _ in range(chance.randrange(12))] for _ in range(400)]
    both = list(zip(texts[::2], texts[1::2], strict=True))

    steps = browse(run).evaluate("both => both.map(([a, b]) => diffLines(a, b))", both)

    for (left, right), found in zip(both, steps, strict=True):
        assert [left[i] for _, i, _ in found if i is not None] == left
        assert [right[j] for _, _, j in found if j is not None] == right
        assert all(left[i] == right[j] for kind, i, j in found if kind == "same")
        same = sum(kind == "same" for kind, _, _ in found)
        assert (
            same
            >= SequenceMatcher(None, left, right, autojunk=False).ratio()
            * (len(left) + len(right))
            / 2
            - 1e-9
        )


def test_texts_too_long_to_be_compared_at_once_are_shown_whole(browse, run: Path) -> None:
    page = browse(run)

    assert page.evaluate("diffLines(Array(2001).fill('a'), Array(2001).fill('b'))") is None
    shown = page.evaluate(
        "diffTable('x.py', 'a\\n'.repeat(2001), 'b\\n'.repeat(2001), true).textContent"
    )
    assert "too long to be compared" in shown
    assert shown.count("b\n") == 2001


def test_a_narrow_screen_is_not_scrolled_sideways(browse, run: Path) -> None:
    page = browse(run)

    page.set_viewport_size({"width": 360, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")
    assert page.evaluate("byId('pair-body').scrollWidth <= byId('pair-body').clientWidth")


def test_half_a_record_says_so_and_shows_what_there_is(browse, tmp_path: Path) -> None:
    run = made_up(tmp_path, tasks=40, missing=0.2)
    finished = sum(1 for _ in RunFolder.open(run).records())
    page = browse(run)

    top = page.locator(".masthead").inner_text()
    assert f"{finished} of 80 cells; verdict by the always-valid method" in top
    page.locator("#show").select_option("missing")
    page.locator("#matrix tbody td").first.click()
    page.wait_for_selector("dialog[open]")
    assert "Not measured." in page.locator("dialog").inner_text()
