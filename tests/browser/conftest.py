"""One Chromium for all tests of pages: each test has a context of its own in it, with its own cookies, cache and storage."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import EXECUTABLE, FLAGS


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """It has no camera. Who needs one launches `chromium.browser_type` with flags of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def nothing_stays_open(chromium: Browser) -> Iterator[None]:
    """A test that fails leaves nothing behind for the next one."""
    yield
    for context in chromium.contexts:
        context.close()
