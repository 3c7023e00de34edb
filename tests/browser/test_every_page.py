"""Every page at 390 and 1280 px: no violation of WCAG 2.2 AA, nothing outside the Content-Security-Policy, no sideways scroll."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, ViewportSize, sync_playwright
from werkzeug.routing import Rule

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from app.web.guards import Guard, GuardKind, guard_of_endpoint
from tests.browser.chromium import EXECUTABLE, FLAGS
from tests.browser.test_door import AXE, serving
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.guards.walking import Walk

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
FILES = (".ics", ".pdf", ".svg", ".css", ".png", ".json", ".csv", "/html", "/healthz", "/readyz")
PUBLIC = (GuardKind.PUBLIC, GuardKind.OWN_LINK)
STAFF = (GuardKind.STAFF, GuardKind.EVENT_STAFF, GuardKind.SIGNED_IN)


def pages(app: Flask, values: dict[str, str], kinds: tuple[GuardKind, ...]) -> Iterator[str]:
    """The address of each page that can be read, with the arguments of a world that has one of everything."""

    def wanted(rule: Rule) -> bool:
        guard = guard_of_endpoint(app, rule.endpoint)
        return guard is not None and guard.kind in kinds and "GET" in (rule.methods or set())

    for rule in app.url_map.iter_rules():
        if wanted(rule) and rule.endpoint != "static":
            path = Walk(rule, "GET", Guard(GuardKind.PUBLIC)).path(values)
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
@pytest.mark.parametrize(("kinds", "locale"), [(PUBLIC, "fr-FR"), (STAFF, "fr-FR"), (PUBLIC, "en-GB")])
def test_every_page_is_accessible_and_fits(
    sqlite_app: Flask, kinds: tuple[GuardKind, ...], locale: str, width: int
) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id, forum(asks_statistics=True))
    make_event(organiser_id, publish=False)
    class_ = get_registration(make_registration(event, class_draft(event)).id)
    gone = make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    account_id, owner = make_member(organiser_id, Role.OWNER)
    values = {
        "slug": event.slug,
        "reference": class_.reference,
        "token": class_.token,
        "code": class_.ticket.code,
        "account_id": str(account_id),
    }
    db.session.remove()
    with serving(sqlite_app) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        context = browser.new_context(locale=locale)
        if kinds == STAFF:
            page = context.new_page()
            page.goto(f"{url}/login")
            page.locator("[name=email]").fill(owner)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("[name=password]").press("Enter")
            page.wait_for_url(lambda address: "/login" not in address)
        problems: list[str] = []
        seen = 0
        for path in sorted(set(pages(sqlite_app, values, kinds))):
            page = context.new_page()
            problems += look(page, url + path, width)
            page.close()
            seen += 1
        browser.close()
    assert seen > 10
    assert problems == [], "\n".join(problems)
