"""Calendars as Thunderbird reads them: ical.js, in a browser whose own clock is elsewhere."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, sync_playwright

from app.messages.calendar import CalendarEntry, render_calendar, render_entry

ICAL_JS = Path(__file__).parents[2] / "vendor" / "ical.js" / "ical.js"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READ = """content => {
    const calendar = new ICAL.Component(ICAL.parse(content));
    for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
    return calendar.getAllSubcomponents('vevent').map(found => {
        const event = new ICAL.Event(found);
        return [event.uid, event.startDate.toJSDate().toISOString(), event.startDate.toString(), event.summary,
                event.description];
    });
}"""
ZONES = [
    "Europe/Paris",
    "America/New_York",
    "Indian/Reunion",
    "Europe/Dublin",
    "America/Santiago",
    "America/Nuuk",
    "Africa/Casablanca",
    "Africa/Cairo",
]


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


def entry(zone: str, starts_at: datetime) -> CalendarEntry:
    return CalendarEntry(
        uid=f"{zone} {starts_at:%Y-%m-%d}",
        sequence=0,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        timezone=zone,
        summary="Élèves ; la 3e B, puis la 3e C\\",
        description="Première ligne\nSeconde ligne, avec « des guillemets » et beaucoup de mots pour qu’elle se plie.",
        location=None,
        url=None,
        status="CONFIRMED",
        stamp=datetime(2027, 1, 4, tzinfo=UTC),
        last_modified=datetime(2027, 1, 4, tzinfo=UTC),
    )


@pytest.mark.browser
def test_ical_js_reads_summer_and_winter_right_in_every_zone(page: Page) -> None:
    entries = [
        entry(zone, datetime(year, month, 6, 9, 40, tzinfo=ZoneInfo(zone)))
        for zone in ZONES
        for year in (2027, 2033)
        for month in (1, 4, 7, 10)
    ]
    content = render_calendar(map(render_entry, entries), name="Agenda", timezones=ZONES, first_year=2027)
    assert page.evaluate(READ, content.decode()) == [
        [
            it.uid,
            f"{it.starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
            f"{it.starts_at:%Y-%m-%d}T09:40:00",
            it.summary,
            it.description,
        ]
        for it in entries
    ]


@pytest.mark.browser
def test_ical_js_reads_long_texts_and_every_sign_as_they_were_written(page: Page) -> None:
    texts = [
        "Élève " * 40,
        "a;b,c\\n:d\"e^f'",
        "«\N{NO-BREAK SPACE}promis juré\N{NO-BREAK SPACE}» \N{CLAPPING HANDS SIGN}" * 9,
    ]
    start = datetime(2027, 7, 6, 9, 40, tzinfo=ZoneInfo("Europe/Paris"))
    entries = [
        replace(entry("Europe/Paris", start), uid=f"{n}", summary=t, description=f"{t}\n{t}")
        for n, t in enumerate(texts)
    ]
    content = render_calendar(map(render_entry, entries), name="Agenda", timezones=["Europe/Paris"], first_year=2027)
    found = page.evaluate(READ, content.decode())
    assert [(uid, summary, description) for uid, _instant, _local, summary, description in found] == [
        (it.uid, it.summary, it.description) for it in entries
    ]
