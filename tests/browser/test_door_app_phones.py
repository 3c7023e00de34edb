"""A phone gets its name, and what it loses with a log-out is known to staff."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect

from app.checkin.devices.queries import DeviceRow, list_devices
from app.core.clock import set_clock
from app.core.db import db
from tests.browser.door_engine import Hall, running_hall
from tests.browser.test_door_app import NARROW, at_the_entrance, enrolled, fits, next_ticket, type_number, view, watched
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


def only_device(hall: Hall) -> DeviceRow:
    with hall.app.app_context():
        db.session.rollback()
        (device,) = list_devices(hall.event.id)
        return device


def test_a_phone_that_its_own_camera_took_is_asked_its_name_once(hall: Hall, context: BrowserContext) -> None:
    with watched(enrolled(hall, context)) as page:
        name = page.get_by_label("Name of this phone").locator("visible=true")
        assert name.input_value() == only_device(hall).name, "a name is there already"
        fits(page)
        name.fill("Phone of Léa")
        with page.expect_response("**/door/api/name"):
            page.get_by_role("button", name="Scan here").click()
        expect(view(page, "wait")).to_be_visible()
        assert only_device(hall).name == "Phone of Léa"
        page.get_by_role("button", name="This phone").click()
        expect(page.locator("[data-device-name]")).to_have_text("Phone of Léa")
        page.get_by_role("button", name="Another door").click()
        expect(view(page, "place")).to_be_visible()
        expect(page.locator("#phone-name")).to_be_hidden()


def test_people_lost_with_a_log_out_are_told_once_there_is_network(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    type_number(page, hall.class_.reference)
    page.get_by_role("button", name="30 come in").click()
    next_ticket(page)
    page.get_by_role("button", name="This phone").click()
    page.get_by_role("button", name="Log this phone out").click()
    first = page.get_by_role("button", name="Log out")
    pressed = first.bounding_box()
    first.click()
    lose = page.get_by_role("button", name="Leave and lose 1 passage (30 people)")
    expect(lose).to_be_disabled()
    stands = lose.bounding_box()
    assert pressed is not None
    assert stands is not None
    assert pressed["y"] + pressed["height"] / 2 < stands["y"], "a second press there hits something else"
    fits(page)
    page.get_by_label("Yes, 1 passage is lost: nobody counts 30 people.").check()
    lose.click()
    expect(view(page, "enrol")).to_be_visible()
    assert only_device(hall).signed_out_at is None
    with page.expect_response("**/door/api/leave"):
        context.set_offline(False)
    device = only_device(hall)
    assert device.signed_out_at is not None
    assert (device.unsent, device.lost_people) == (1, 30)
    page.reload()
    expect(view(page, "enrol")).to_be_visible()
