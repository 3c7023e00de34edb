"""The desk on a telephone, and the list's columns and structures by hand: with scripts, without, and by the Enter key."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.accounts.enums import Role
from app.core.db import db
from app.events.queries import EventRow
from tests.browser.chromium import axe_report
from tests.browser.test_door import serving
from tests.factories import PASSWORD, class_draft, make_event, make_member, make_organiser, make_registration
from tests.integration.manage.test_list_columns import fill_directory

pytestmark = pytest.mark.browser

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
# where the row of tabs stands, what of it is in view, and whether the current one is
TABS = """() => {
  const line = document.querySelector('.tabs'), tab = line.querySelector('[aria-current]').getBoundingClientRect();
  const shades = getComputedStyle(line).backgroundImage.split('gradient').length - 1;
  return {height: line.offsetHeight, more: line.scrollWidth > line.clientWidth, page: document.documentElement.scrollWidth,
          shown: tab.left >= 0 && tab.right <= innerWidth, shades};
}"""


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    made = make_event(make_organiser())
    make_registration(made, class_draft(made))
    return made


@contextmanager
def desk(app: Flask, chromium: Browser, event: EventRow, **options: Any) -> Iterator[tuple[Page, str]]:
    """A page of an owner who is logged in, and the address of the event's pages."""
    _, email = make_member(event.organiser_id, Role.OWNER)
    db.session.remove()
    with serving(app) as url:
        context = chromium.new_context(locale="en-GB", **options)
        page = context.new_page()
        page.goto(f"{url}/login?next=/manage/account")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("**/manage/account")
        yield page, f"{url}/manage/events/{event.slug}"
        context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_event_s_tabs_are_one_line_with_the_current_one_in_view(
    sqlite_app: Flask, chromium: Browser, event: EventRow, scripts: bool
) -> None:
    with desk(sqlite_app, chromium, event, viewport=PHONE, java_script_enabled=scripts) as (page, base):
        for address in ("", "/registrations", "/history"):
            page.goto(base + address)
            found = page.evaluate(TABS)
            assert found["height"] < 60, address
            assert (found["more"], found["shown"], found["shades"], found["page"]) == (True, True, 4, 390), address


def test_columns_are_put_in_order_by_hand(sqlite_app: Flask, chromium: Browser, event: EventRow) -> None:
    with desk(sqlite_app, chromium, event, viewport=DESK) as (page, base):
        page.goto(f"{base}/registrations?q=lambert")
        heads = page.locator("thead .sort")
        page.locator("#columns summary").click()
        page.get_by_role("button", name="Move up: Wave").click()
        expect(heads).to_have_text(["Name", "Wave", "Audience", "Headcount", "Status", "Arrival", "Number"])
        expect(page.locator("#columns")).to_have_attribute("open", "")
        assert axe_report(page) == ""
        page.get_by_role("button", name="Move down: Audience").click()
        expect(heads).to_have_text(["Name", "Wave", "Headcount", "Audience", "Status", "Arrival", "Number"])
        page.locator("#columns [value=arrival][type=checkbox]").uncheck()
        page.locator("#columns [value=arrival][type=checkbox]").press("Enter")  # shows them: it moves nothing
        expect(heads).to_have_text(["Name", "Wave", "Headcount", "Audience", "Status", "Number"])
        expect(page.locator("#list-q")).to_have_value("lambert")


def test_a_structure_is_looked_for_as_one_types(
    sqlite_app: Flask, chromium: Browser, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reports.queries.list_choices.MOST_CHOICES", 5)
    fill_directory(event, 12)
    with desk(sqlite_app, chromium, event, viewport=PHONE) as (page, base):
        page.goto(f"{base}/registrations/filters")
        found = page.locator("#structures-found li")
        expect(found).to_have_count(5)
        page.get_by_label("Search a structure by its name").press_sequentially("etab 011")
        expect(found).to_have_text(["Établissement 011"])
        page.get_by_label("Établissement 011").check()
        page.get_by_label("Search a structure by its name").fill("etab 003")
        expect(found).to_have_text(["Établissement 011", "Établissement 003"])
        assert axe_report(page) == ""
        page.get_by_label("Search a structure by its name").press("Enter")  # looks for it, and shows no list yet
        page.wait_for_url("**/registrations/filters?*")
        expect(page.get_by_label("Établissement 011")).to_be_checked()
        page.get_by_role("button", name="Show these registrations").click()
        expect(page.locator("tbody .row-link")).to_have_text(["Établissement 011"])
        expect(page.locator(".notice")).to_have_count(0)


def test_a_long_address_is_copied_whole(sqlite_app: Flask, chromium: Browser, event: EventRow) -> None:
    with desk(sqlite_app, chromium, event, viewport=PHONE, permissions=["clipboard-read", "clipboard-write"]) as (
        page,
        base,
    ):
        page.goto(f"{base.partition('/manage/')[0]}/manage/look")
        address = page.locator(".address-line a")
        assert (box := address.bounding_box()) is not None
        assert box["height"] < 50
        page.get_by_role("button", name="Copy the address").click()
        expect(page.locator("[data-copy]")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == address.get_attribute("href")
        assert axe_report(page) == ""
