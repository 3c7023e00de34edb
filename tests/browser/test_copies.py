"""The copy of an event, typed while the answer to the day before is on its way; and a long list on a telephone."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Route, expect

from app.events.queries import EventRow
from tests.browser.chromium import axe_report
from tests.browser.test_list import DESK, PHONE, desk
from tests.factories import make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class

pytestmark = pytest.mark.browser


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    made = make_event(make_organiser())
    add_class(made, "3e A")
    make_registration(made, person_draft(made))
    return made


def test_a_title_typed_while_the_days_come_back_stays(sqlite_app: Flask, chromium: Browser, event: EventRow) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        asks_days = route.request.method == "POST" and "hx-request" in route.request.headers
        held.append(route) if asks_days else route.continue_()

    with desk(sqlite_app, chromium, event, viewport=DESK) as (page, base):
        page.goto(f"{base}/clone")
        page.route("**/clone", hold)
        with page.expect_request(lambda request: request.method == "POST"):
            page.locator("#first_day").fill("2028-03-07")
            page.locator("#first_day").blur()
        page.locator("#title_fr").fill("Essai du jour")
        shown: Any = page.locator("#shown")
        held[0].continue_()
        expect(shown).to_have_value("2028-03-07")
        expect(page.locator("#title_fr")).to_have_value("Essai du jour")
        expect(page.locator("#preview")).to_contain_text("7 March 2028")
        page.get_by_role("button", name="Make the copy").click()
        page.wait_for_url("**/edit")
        page.goto(f"{page.url}/basics")
        expect(page.locator("#title_fr")).to_have_value("Essai du jour")


def test_a_row_of_the_list_is_short_on_a_telephone(sqlite_app: Flask, chromium: Browser, event: EventRow) -> None:
    with desk(sqlite_app, chromium, event, viewport=PHONE) as (page, base):
        page.goto(f"{base}/registrations")
        heights = page.locator(".list-cards tbody tr").evaluate_all("rows => rows.map(row => row.offsetHeight)")
        assert len(heights) == 2
        assert max(heights) < 150
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert axe_report(page) == ""
