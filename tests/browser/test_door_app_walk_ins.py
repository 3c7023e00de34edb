"""Walk-ins that were a slip of the finger, their numbers, and groups in front of a space without room, on the app's screens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from app.checkin.device_models import WalkIn
from app.core import clock
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from tests.browser.door_engine import Hall, running_hall
from tests.browser.test_door_app import (
    NARROW,
    at_the_entrance,
    enrolled,
    fits,
    next_ticket,
    send_now,
    type_number,
    verdict,
    view,
)
from tests.browser.test_door_app_more import walk_in
from tests.factories import DAY_ONE

pytestmark = pytest.mark.browser


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=5))
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport=NARROW, locale="en-GB") as opened:
        yield opened


def take_back(page: Page) -> None:
    page.get_by_role("button", name="Last passages").click()
    view(page, "recent").get_by_role("button", name="Take back").click()
    expect(view(page, "recent").get_by_role("button", name="Take back")).to_have_count(0)
    fits(page)


def status_of_walk_in(hall: Hall) -> RegistrationStatus:
    with hall.app.app_context():
        of_walk_in = select(Registration.status).join(WalkIn, WalkIn.registration_id == Registration.id)
        return RegistrationStatus(db.session.execute(of_walk_in).scalar_one())


def test_a_walk_in_shows_its_number_and_is_taken_back(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    walk_in(page, "Families", "Famille Perrin")
    expect(verdict(page, "accepted")).to_contain_text("It is noted")
    number = page.locator("[data-walk-in-number]").inner_text()
    next_ticket(page)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 2 present")
    page.get_by_role("button", name="Last passages").click()
    expect(view(page, "recent").get_by_role("listitem")).to_contain_text(number)
    page.get_by_role("button", name="Scan a ticket").click()
    take_back(page)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 0 present")
    page.get_by_role("button", name="Scan a ticket").click()
    send_now(page)
    assert (hall.present, status_of_walk_in(hall)) == (0, RegistrationStatus.CANCELLED)


def test_without_network_too_and_the_number_comes_later(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    walk_in(page, "Families", "Famille Petit")
    next_ticket(page)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 2 present")
    take_back(page)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 0 present")
    page.get_by_role("button", name="Scan a ticket").click()
    context.set_offline(False)
    send_now(page)
    assert (hall.present, status_of_walk_in(hall)) == (0, RegistrationStatus.CANCELLED)
    with hall.app.app_context():
        number = db.session.execute(
            select(Registration.reference).where(Registration.contact_name == "Famille Petit")
        ).scalar_one()
    page.get_by_role("button", name="Scan a ticket").click()
    page.get_by_role("button", name="Last passages").click()
    expect(view(page, "recent").get_by_role("listitem")).to_contain_text(number)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 0 present")


def test_a_large_number_is_asked_again(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    page.get_by_role("button", name="No ticket").click()
    page.get_by_label("Families").check()
    count = page.locator("#walk-in-participants")
    said = page.locator("[data-walk-in-problem]")
    count.fill("330")
    page.get_by_role("button", name="330 come in").click()
    expect(said).to_have_text("330 people, is that right? Press again to note them.")
    fits(page)
    count.fill("33")
    expect(said).to_be_hidden()
    count.fill("330")
    page.get_by_role("button", name="330 come in").click()
    expect(verdict(page, "refused")).to_contain_text("No place left")


def test_a_space_without_room_is_said_before_anybody_walks_in(hall: Hall, context: BrowserContext) -> None:
    """« Orientation » holds 20, the class is 28 and 2 adults."""
    page = enrolled(hall, context)
    page.get_by_label("Orientation").check()
    page.get_by_role("button", name="Scan here").click()
    type_number(page, hall.class_.reference)
    expect(verdict(page, "already")).to_contain_text("Not enough room")
    expect(verdict(page, "already")).to_contain_text("20 places are left here, for 28 pupils + 2 adults.")
    expect(verdict(page, "accepted")).to_be_hidden()
    fits(page)
    counts = view(page, "counts").locator("input")
    counts.nth(0).fill("18")
    expect(verdict(page, "accepted")).to_contain_text("Come in")
    counts.nth(0).fill("28")
    page.get_by_role("button", name="30 come in").click()
    expect(verdict(page, "refused")).to_contain_text("Not enough room")
    expect(verdict(page, "refused")).not_to_contain_text("Space full")


def test_who_is_inside_may_leave_after_their_registration_was_cancelled(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    walk_in(page, "Families", "Famille Perrin")
    expect(verdict(page, "accepted")).to_contain_text("It is noted")
    number = page.locator("[data-walk-in-number]").inner_text()
    next_ticket(page)
    with hall.app.app_context(), transaction():
        who = db.session.execute(select(Registration.id).where(Registration.reference == number)).scalar_one()
        cancel_registration(who, by=SYSTEM, now=clock.now())
    send_now(page)
    page.get_by_role("button", name="Scan a ticket").click()
    page.locator("[data-place-text]").first.click()
    page.get_by_label("go out").check()
    page.get_by_role("button", name="Scan here").click()
    type_number(page, number)
    page.get_by_role("button", name="2 go out").click()
    expect(verdict(page, "accepted")).to_contain_text("Famille Perrin")
    send_now(page)
    assert hall.present == 0
