"""The organiser plans, pins, moves by hand and publishes; with the keyboard, too."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.accounts.enums import Role
from app.core.db import db
from app.flows.queries import find_plan_in_force
from tests.browser.chromium import axe_report, follow
from tests.browser.test_door import serving
from tests.factories import PASSWORD, make_event, make_member, make_organiser
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.mails.conftest import drain

pytestmark = pytest.mark.browser


def test_the_organiser_plans_pins_moves_and_publishes(sqlite_app: Flask, chromium: Browser) -> None:
    event = make_event(make_organiser(), led_forum())
    for label, wave in (("3e A", 0), ("3e B", 0), ("3e C", 1)):
        add_class(event, label, wave=wave)
    _, email = make_member(event.organiser_id, Role.MANAGER)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{url}/login?next=/manage/events/{event.slug}/plan")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.get_by_role("button", name="Propose a plan").click()
        expect(page.get_by_role("heading", name="Plan 1 is being made")).to_be_visible()
        with sqlite_app.app_context():
            drain()
        page.get_by_role("link", name="Plan 1", exact=True).click()  # the page looks again by itself
        page.wait_for_url("**/plan/1")
        assert axe_report(page) == ""

        page.locator(".plan-bars a").last.focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Pin", exact=True).click()
        expect(page.get_by_text("a new plan keeps it where it is")).to_be_visible()
        assert axe_report(page) == ""

        page.get_by_role("button", name="-30 min").click()
        expect(page.get_by_text("this breaks something")).to_be_visible()
        assert axe_report(page) == ""
        page.get_by_role("button", name="Keep it all the same").click()
        expect(page.get_by_text("before this plan can be published")).to_be_visible()
        assert axe_report(page) == ""
        page.get_by_role("button", name="Undo the last move").click()
        expect(page.get_by_text("the passages are where they were")).to_be_visible()

        follow(page, page.get_by_role("link", name="Compare and publish"))
        assert axe_report(page) == ""
        page.get_by_role("button", name="Publish, send 3 mails").click()
        expect(page.get_by_text("The plan is in force. 3 mails go out.")).to_be_visible()
        expect(page.get_by_role("link", name="Sheets for groups and stands").first).to_be_visible()
        for path in ("", "/1", "/1/spaces", "/1/occupancy"):
            page.goto(f"{url}/manage/events/{event.slug}/plan{path}")
            assert axe_report(page) == ""
    found = find_plan_in_force(event.id)
    assert found is not None
    assert found.number == 1
