"""Registering and one's own page on a phone: what went wrong, or was done, is in sight and has the focus."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.core.db import db
from app.events.queries import EventRow
from app.registrations.operations import Registered
from tests.browser.test_door import PHONE, serving
from tests.factories import make_event, make_organiser, make_registration

pytestmark = pytest.mark.browser


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    return make_event(make_organiser())


@pytest.fixture
def made(event: EventRow) -> Registered:
    return make_registration(event)


@pytest.fixture
def page(sqlite_app: Flask, chromium: Browser, event: EventRow, made: Registered) -> Iterator[Page]:
    """A phone that reads English, in front of a running server; addresses are paths."""
    db.session.remove()
    with (
        serving(sqlite_app) as url,
        chromium.new_context(viewport=PHONE, locale="en-GB", base_url=url) as context,
    ):
        yield context.new_page()


def test_errors_of_a_step_have_the_focus(page: Page, event: EventRow) -> None:
    page.goto(f"/events/{event.slug}/register?audience=school")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("button", name="Continue", exact=True).click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport(ratio=1)


def test_button_says_the_time_that_is_chosen(page: Page, event: EventRow) -> None:
    page.goto(f"/events/{event.slug}/register?audience=job_seeker")
    page.locator("[name=kind][value=individual]").check(force=True)
    page.get_by_role("button", name="Continue", exact=True).click()
    page.locator("[name=is_15_or_older][value=yes]").check(force=True)
    page.get_by_role("button", name="Continue", exact=True).click()
    go_on = page.locator("#registration .btn-primary")
    expect(go_on).to_have_text("Continue")
    for place, hour in ((0, "9:00"), (1, "9:40")):
        page.locator("[name=waves]").nth(place).check(force=True)
        expect(go_on).to_have_text(f"Continue with {hour}\N{NO-BREAK SPACE}am")


def test_what_was_done_is_in_sight_with_the_focus(page: Page, made: Registered) -> None:
    page.goto(f"/r/{made.token}/change")
    page.locator("[name='headcount.participants']").fill("20")
    page.get_by_role("button", name="Keep this change").click()
    said = page.get_by_role("status").filter(has_text="It is changed.")
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport(ratio=1)
    page.goto(f"/r/{made.token}/cancel")
    page.get_by_role("button", name="Cancel for 22 people").click()
    said = page.get_by_role("status").filter(has_text="It is cancelled.")
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("img", name="QR code of the ticket")).to_have_count(0)
