"""The page in a real browser: Debian's Chromium, with a profile of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser for the tests of one file, which must all be synchronous."""
    path = shutil.which("chromium")
    if path is None:
        why = "Chromium is not installed (Debian, Ubuntu: apt install chromium)."
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=path,
            args=ARGUMENTS,
            headless=True,
            accept_downloads=True,
            viewport={"width": 1280, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture
def browse(chromium: Any) -> Iterator[Open]:
    """Opens the report of a folder, and fails the test if the page complains or asks for more."""
    pages: list[Any] = []
    complaints: list[str] = []

    def opened(folder: Path, hash: str = "", **media: Any) -> Any:
        page = chromium.new_page()
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        asked = (folder / "report.html").as_uri()
        page.on("request", lambda request: _note(request.url, asked, complaints))
        if media:
            page.emulate_media(**media)
        page.goto(asked + hash)
        page.wait_for_selector("#matrix tbody tr[data-row]")
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []


def _note(url: str, asked: str, complaints: list[str]) -> None:
    if not url.startswith((asked, "data:,", "blob:")):
        complaints.append(f"the page asked for {url}")
