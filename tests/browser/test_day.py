"""The day drifts: the organiser says on a phone that a wave is late; the teacher's page and the stand's page show it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, ViewportSize, expect

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.operations.stands import open_stands
from app.events.queries import EventRow
from app.events.queries.stands import list_stand_tokens
from app.registrations.operations import Registered
from tests.browser.chromium import axe_report
from tests.browser.test_door import serving
from tests.factories import DAY_ONE, NOW, PASSWORD, make_event, make_member, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)


@dataclass
class Morning:
    """An event half an hour before its first class, which is to begin at nine in the hall; a plan is in force."""

    url: str
    event: EventRow
    class_: Registered
    email: str
    stand: str


@pytest.fixture
def morning(sqlite_app: Flask) -> Iterator[Morning]:
    organiser_id = make_organiser()
    event = make_event(organiser_id, led_forum(absent_minutes=20))
    class_ = add_class(event, "3e A")
    make_plan(event)
    _, email = make_member(organiser_id, Role.OWNER)
    with transaction():
        open_stands(event.id, by=SYSTEM, now=NOW)
    stand = list_stand_tokens(event.id)[event.spaces[0].id]
    db.session.remove()
    set_clock(sqlite_app.extensions, DAY_ONE - timedelta(minutes=30))
    with serving(sqlite_app) as url:
        yield Morning(url, event, class_, email, stand)


def test_a_wave_is_late_and_everybody_sees_it(morning: Morning, chromium: Browser) -> None:
    with chromium.new_context(viewport=ViewportSize(width=390, height=844), locale="en-GB") as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(f"{morning.url}/login")
        page.locator("[name=email]").fill(morning.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        day = f"{morning.url}/manage/events/{morning.event.slug}/day"
        page.goto(day)
        page.get_by_role("button", name="Wave of 9:00 am: 10 minutes later").click()
        expect(page.locator("h2").first).to_contain_text("10 minutes late")
        expect(page.locator("main")).to_contain_text(re.compile(r"1 group moves later, by up to 10 minutes"))
        for width in WIDTHS:
            page.set_viewport_size(ViewportSize(width=width, height=844))
            assert axe_report(page) == ""
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Tell everybody, 1 mail").click()
        page.wait_for_url(day)
        for width in WIDTHS:
            page.set_viewport_size(ViewportSize(width=width, height=844))
            expect(page.get_by_role("heading", name="Late now")).to_be_visible()
            assert axe_report(page) == ""
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{morning.url}/r/{morning.class_.token}")
        expect(page.locator("main")).to_contain_text(re.compile(r"9:10\sam"))
        page.goto(f"{morning.url}/stands/{morning.stand}")
        expect(page.locator("body")).to_contain_text("3e A")
        expect(page.locator("body")).to_contain_text(re.compile(r"9:10\sam"))
        page.goto(day)
        page.get_by_role("link", name="On time again").click()
        page.get_by_role("button", name="Tell everybody, 1 mail").click()
        page.wait_for_url(day)
        expect(page.get_by_role("heading", name="Late now")).to_have_count(0)
        assert problems == []
