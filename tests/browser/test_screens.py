"""The wall board and a stand's live page as a screen, a tablet and a phone show them, and how they go on by themselves."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import update

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft, StopDraft
from app.events.models import Event, Wave
from app.events.operations.stands import close_stand, open_stand
from app.events.queries import EventRow
from tests.browser.chromium import axe_report
from tests.browser.test_door import serving
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280, 1920)
LOOKS_AGAIN = 21_000
"""Milliseconds after which a live page has looked again."""
SOON = DAY_ONE + timedelta(minutes=10, seconds=56)
"""Five seconds later the minute is over: pages look again then, no earlier."""


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    """Six spaces, two pages of the board; three classes, and a plan in force."""
    spaces = tuple(SpaceDraft(f"Salle {number}", 70) for number in range(1, 7))
    stops = tuple(StopDraft(f"Étape {number}", 20, space=f"Salle {number}") for number in range(1, 7))
    made = make_event(make_organiser(), led_forum(spaces=spaces, stops=stops))
    for letter in "ABC":
        add_class(made, f"3e {letter}")
    make_plan(made)
    set_clock(sqlite_app.extensions, SOON)
    return made


def stand_of(event: EventRow) -> str:
    with transaction():
        token = open_stand(event.id, event.spaces[0].id, by=SYSTEM, now=NOW)
    db.session.remove()
    return f"/stands/{token}"


def be_late(event: EventRow) -> None:
    with transaction():
        db.session.execute(update(Wave).where(Wave.id == event.waves[0].id).values(late_minutes=15))
        raised = {"revision": Event.revision + 1, "version": Event.version + 1}
        db.session.execute(update(Event).where(Event.id == event.id).values(raised))
    db.session.remove()


def look_at_widths(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size(ViewportSize(width=width, height=1080 if width == 1920 else 844))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_report(page) == "", width


def test_the_board_fits_a_large_screen_and_turns_its_pages(
    sqlite_app: Flask, chromium: Browser, event: EventRow
) -> None:
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.goto(f"{url}/events/{event.slug}/board")
        expect(page.get_by_role("heading", name="Salle 1")).to_be_visible()
        look_at_widths(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080
        expect(page.get_by_text("Page 2 sur 2")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("heading", name="Salle 6")).to_be_visible()
        expect(page.get_by_role("heading", name="Salle 1")).to_have_count(0)
        page.get_by_role("link", name="Tout afficher").click()
        expect(page.get_by_role("heading", name="Salle 1")).to_be_visible()
        expect(page.get_by_role("heading", name="Salle 6")).to_be_visible()


def test_the_board_goes_on_without_a_script(sqlite_app: Flask, chromium: Browser, event: EventRow) -> None:
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{url}/events/{event.slug}/board")
        expect(page.get_by_text("Page 1 sur 2")).to_be_visible()
        page.wait_for_url("**/board?page=2", timeout=30_000)
        expect(page.get_by_text("Page 2 sur 2")).to_be_visible()


def test_a_stand_sees_a_delay_loses_the_server_and_finds_it_again(
    sqlite_app: Flask, chromium: Browser, event: EventRow
) -> None:
    link = stand_of(event)
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.clock.install()
        page.goto(url + link)
        expect(page.get_by_role("heading", name="Salle 1")).to_be_visible()
        look_at_widths(page)
        be_late(event)
        page.clock.fast_forward(LOOKS_AGAIN)
        expect(page.get_by_text("a 15 min de retard")).to_be_visible(timeout=30_000)
        lost = page.get_by_text("Le serveur ne répond pas")
        context.set_offline(True)
        page.clock.fast_forward(LOOKS_AGAIN)
        expect(lost).to_be_visible(timeout=30_000)
        context.set_offline(False)
        page.clock.fast_forward(LOOKS_AGAIN)
        expect(lost).to_be_hidden(timeout=30_000)
        with transaction():
            close_stand(event.id, event.spaces[0].id, by=SYSTEM, now=NOW)
        db.session.remove()
        page.clock.fast_forward(LOOKS_AGAIN)
        expect(page.get_by_role("heading", name="Salle 1")).to_have_count(0, timeout=30_000)
