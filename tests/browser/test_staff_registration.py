"""Registering somebody at the desk: the places follow who is chosen, with JavaScript at once, without by a button."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts.enums import Role
from app.core.db import db
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.queries import EventRow
from tests.browser.chromium import axe_report
from tests.browser.test_door import serving
from tests.factories import DAY_ONE, PASSWORD, forum, make_event, make_member, make_organiser

pytestmark = pytest.mark.browser


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    """One wave of 60 without classes, one of 20 for anybody."""
    ends = forum().waves[1].ends_at
    waves = (
        WaveDraft(DAY_ONE, forum().waves[0].ends_at, 60, allotments=(AllotmentDraft("school", None, 0),)),
        WaveDraft(forum().waves[1].starts_at, ends, 20),
    )
    return make_event(make_organiser(), forum(waves=waves))


@pytest.fixture
def manager(event: EventRow) -> str:
    _, email = make_member(event.organiser_id, Role.MANAGER)
    db.session.remove()
    return email


@contextmanager
def opened(chromium: Browser, url: str, event: EventRow, manager: str, *, javascript: bool = True) -> Iterator[Page]:
    """The form, by somebody who is logged in; its first audience are the schools."""
    with chromium.new_context(locale="en-GB", java_script_enabled=javascript) as context:
        page = context.new_page()
        page.goto(f"{url}/login?next=/manage/events/{event.slug}/registrations/new")
        page.locator("[name=email]").fill(manager)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("**/registrations/new")
        yield page


def test_the_places_follow_who_is_chosen(sqlite_app: Flask, chromium: Browser, event: EventRow, manager: str) -> None:
    with serving(sqlite_app) as url, opened(chromium, url, event, manager) as page:
        participants = page.locator("[name='headcount.participants']")
        expect(page.locator("#places")).to_contain_text("60 places")
        expect(page.get_by_role("button", name="Refresh the places")).to_be_hidden()
        expect(participants).to_be_hidden()
        page.locator("[name='contact.name']").fill("Manon Lambert")
        page.locator("[name=waves]").nth(1).check()
        page.locator("[name=kind][value=group]").check(force=True)
        expect(participants).to_be_visible()
        expect(page.locator("#places")).to_contain_text("No classes")
        participants.fill("28")
        participants.blur()
        expect(page.locator("#places-for")).to_have_text("Places for: Schools, a group of 28.")
        expect(page.locator("#places")).to_contain_text("20 places: not enough")
        expect(page.locator("[name=waves]").nth(1)).to_be_checked()
        assert axe_report(page) == ""
        page.locator("[name=audience]").select_option("job_seeker")
        expect(page.locator("#places")).to_contain_text("60 places")
        expect(page.locator("[name='contact.name']")).to_have_value("Manon Lambert")
        page.locator("[name='contact.name']").press("Enter")  # registers: it does not only refresh
        expect(page.locator(".error-summary")).to_be_visible()


def test_without_javascript_a_button_refreshes_the_places(
    sqlite_app: Flask, chromium: Browser, event: EventRow, manager: str
) -> None:
    with serving(sqlite_app) as url, opened(chromium, url, event, manager, javascript=False) as page:
        page.locator("[name=kind][value=group]").check(force=True)
        page.locator("[name='headcount.participants']").fill("28")
        page.locator("[name='contact.name']").fill("Manon Lambert")
        page.get_by_role("button", name="Refresh the places").click()
        expect(page.locator("#places")).to_contain_text("No classes")
        expect(page.locator("#places")).to_contain_text("20 places: not enough")
        expect(page.locator("[name='contact.name']")).to_have_value("Manon Lambert")
        expect(page.locator(".error-summary")).to_have_count(0)
        page.locator("[name='contact.name']").press("Enter")
        expect(page.locator(".error-summary")).to_be_visible()
