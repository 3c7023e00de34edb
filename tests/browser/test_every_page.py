"""Every page at 390 and 1280 px: no violation of WCAG 2.2 AA, nothing outside the Content-Security-Policy, no sideways scroll."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize, sync_playwright
from werkzeug.routing import Rule

from app.web.guards import Guard, GuardKind, guard_of_endpoint
from tests.browser.chromium import EXECUTABLE, FLAGS
from tests.browser.test_door import AXE, serving
from tests.browser.world import make_world
from tests.factories import (
    PASSWORD,
)
from tests.integration.guards.walking import Walk

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
FILES = (".ics", ".pdf", ".svg", ".css", ".png", ".json", ".csv", "/html", "/healthz", "/readyz")
PUBLIC = (GuardKind.PUBLIC, GuardKind.OWN_LINK)
CONTACT = (GuardKind.CONTACT,)
STAFF = (GuardKind.STAFF, GuardKind.EVENT_STAFF, GuardKind.SIGNED_IN)


def pages(app: Flask, values: dict[str, str], kinds: tuple[GuardKind, ...]) -> Iterator[str]:
    """The address of each page that can be read, with the arguments of a world that has one of everything."""

    def wanted(rule: Rule) -> bool:
        guard = guard_of_endpoint(app, rule.endpoint)
        return guard is not None and guard.kind in kinds and "GET" in (rule.methods or set())

    for rule in app.url_map.iter_rules():
        if wanted(rule) and rule.endpoint != "static":
            own = {"code": "other"} if "/reasons/" in rule.rule else {}
            path = Walk(rule, "GET", Guard(GuardKind.PUBLIC)).path({**values, **own})
            if not path.endswith(FILES) and not path.startswith("/api/"):
                yield path


def look(page: Page, address: str, width: int) -> list[str]:
    """What is wrong with one page at one width."""
    problems: list[str] = []

    def note(line: str) -> None:
        if "Content Security Policy" in line or "Uncaught" in line:
            problems.append(line)

    page.on("console", lambda message: note(message.text))
    page.on("pageerror", lambda error: note(f"Uncaught {error}"))
    page.set_viewport_size(ViewportSize(width=width, height=844))
    answer = page.goto(address)
    if answer is None or not (answer.headers.get("content-type") or "").startswith("text/html"):
        return []
    if answer.status >= 500:
        problems.append(f"status {answer.status}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        problems.append(f"{wide} px wide on a screen of {width}")
    found = Axe().run(page, options=AXE)
    if found.violations_count:
        problems.append(found.generate_report())
    return [f"{address} at {width} px: {problem}" for problem in problems]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("kinds", "locale"), [(PUBLIC, "fr-FR"), (STAFF, "fr-FR"), (CONTACT, "fr-FR"), (PUBLIC, "en-GB")]
)
def test_every_page_is_accessible_and_fits(
    sqlite_app: Flask, kinds: tuple[GuardKind, ...], locale: str, width: int
) -> None:
    world = make_world(sqlite_app)
    with serving(sqlite_app) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        context = browser.new_context(locale=locale)
        if kinds == STAFF:
            page = context.new_page()
            page.goto(f"{url}/login")
            page.locator("[name=email]").fill(world.owner)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("[name=password]").press("Enter")
            page.wait_for_url(lambda address: "/login" not in address)
        if kinds == CONTACT:
            page = context.new_page()
            page.goto(url + world.way_in)
            page.locator("main form button[type=submit]").click()
            page.wait_for_url("**/my/structure")
        problems: list[str] = []
        seen = 0
        for path in sorted(set(pages(sqlite_app, world.values, kinds))):
            page = context.new_page()
            problems += look(page, url + path, width)
            page.close()
            seen += 1
        browser.close()
    assert seen >= (3 if kinds == CONTACT else 10)
    assert problems == [], "\n".join(problems)
