"""How Chromium is started for tests, and what is asked of a page."""

import os

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

EXECUTABLE = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Chromium takes the last --disable-features alone: first what Playwright turns off for its own sake, then the page that each
# window keeps ready under its address bar, which nobody sees here and which cost as much as the pages that are tested.
UNUSED = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "PreloadTopChromeWebUI",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
    "SpareRendererForSitePerProcess",
]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(UNUSED)}",
    "--use-fake-ui-for-media-stream",  # nobody is there to be asked for the camera
]
# What axe looks for, and that it describes only what is wrong: most of its time went into describing what is right.
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def follow(page: Page, to_press: Locator) -> None:
    """Press what leads to another page and wait until that page is there.

    A click alone comes back while the former page still stands, or none does: what is looked at then is not what was meant.
    """
    with page.expect_navigation():
        to_press.click()


def axe_report(page: Page) -> str:
    """What axe finds wrong on the page as it stands; empty when nothing is."""
    page.wait_for_load_state()  # a click that led here comes back while nothing stands here yet
    axe = Axe()
    if page.evaluate("!window.axe"):
        page.evaluate(axe.axe_script)
    found = AxeResults(page.evaluate("(options) => axe.run(options)", AXE))
    return found.generate_report() if found.violations_count else ""
