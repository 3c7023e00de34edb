"""The calendar of one's own page before and after a postponing, read again by ical.js as a calendar program does."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, sync_playwright

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift, to_local, to_utc
from app.flows.postponing import postpone_event
from tests.browser.chromium import FLAGS
from tests.factories import DAY_ONE, NOW, PARIS, make_event, make_organiser, make_registration, person_draft

ICAL_JS = Path(__file__).parents[2] / "vendor" / "ical.js" / "ical.js"
READ = """content => {
    const calendar = new ICAL.Component(ICAL.parse(content));
    for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
    return calendar.getAllSubcomponents('vevent').map(found => {
        const event = new ICAL.Event(found);
        return {uid: event.uid, starts: event.startDate.toJSDate().toISOString(), sequence: event.sequence,
                status: found.getFirstPropertyValue('status')};
    });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = browser.new_page(timezone_id="Asia/Tokyo")
        page.add_script_tag(type="module", content=f"{ICAL_JS.read_text()}\nwindow.ICAL = ICALmodule;")
        page.wait_for_function("window.ICAL !== undefined")
        yield page
        browser.close()


def postpone(event: EventRow, dates: NewDates) -> None:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=NOW)


def utc(local: datetime) -> str:
    """As JavaScript writes it."""
    return f"{to_utc(local, PARIS):%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.mark.browser
def test_the_entry_moves_rests_and_comes_back_under_its_own_name(page: Page, sqlite_app: Flask) -> None:
    event = make_event(make_organiser())
    made = make_registration(event, person_draft(event))
    client = sqlite_app.test_client()

    def read(address: str) -> dict[str, Any]:
        with sqlite_app.app_context():
            content = client.get(address).text
        found: list[dict[str, Any]] = page.evaluate(READ, content)
        (entry,) = found
        return entry

    def both() -> tuple[dict[str, Any], dict[str, Any]]:
        db.session.rollback()
        return read(f"/r/{made.token}.ics"), read(f"/events/{event.slug}.ics")

    seen = [both()]
    for dates in (Shift(120), DATE_TO_COME, Shift(14)):
        postpone(event, dates)
        seen.append(both())
    days = [0, 120, 120, 134]
    starts = [utc(to_local(DAY_ONE, PARIS) + timedelta(days=number)) for number in days]
    for entries in zip(*seen, strict=True):
        assert len({entry["uid"] for entry in entries}) == 1
        assert [entry["starts"] for entry in entries] == starts
        assert [entry["status"] for entry in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED"]
        numbers = [entry["sequence"] for entry in entries]
        assert numbers == sorted(set(numbers))
