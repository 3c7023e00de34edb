"""The search of the desk by keyboard: it opens, is moved through, leads somewhere, closes, and gives the focus back."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.accounts.enums import Role
from app.core.db import db
from tests.browser.chromium import axe_report
from tests.browser.test_door import serving
from tests.factories import PASSWORD, make_event, make_member, make_organiser, make_registration

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(sqlite_app: Flask, chromium: Browser) -> Iterator[Page]:
    """The list of events, for an owner of a forum with a class."""
    organiser_id = make_organiser()
    make_registration(make_event(organiser_id))
    _account_id, email = make_member(organiser_id, Role.OWNER)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.set_viewport_size(ViewportSize(width=1280, height=844))
        page.goto(f"{url}/login")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: address.endswith("/manage/events"))
        yield page


def test_a_person_is_found_and_opened_without_a_mouse(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    search = desk.get_by_role("combobox", name="Name, number, school, event or page")
    expect(search).to_be_focused()
    expect(desk.get_by_role("option", name="Make a new event")).to_be_visible()
    desk.keyboard.type("lambert")
    found = desk.get_by_role("option", name="Lambert, Manon")
    expect(found).to_have_attribute("aria-selected", "true")
    expect(search).to_have_attribute("aria-activedescendant", str(found.get_attribute("id")))
    assert axe_report(desk) == ""
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Manon Lambert").or_(desk.get_by_text("3e B").first).first).to_be_visible()
    assert "/registrations/" in desk.url


def test_arrows_go_round_and_escape_gives_the_focus_back(desk: Page) -> None:
    opener = desk.get_by_role("button", name="Search").first
    opener.focus()
    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog", name="Search everything")
    expect(dialog).to_be_visible()
    options = desk.get_by_role("option")
    expect(options.first).to_be_visible()
    desk.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    for _ in range(6):
        desk.keyboard.press("Tab")
        outside = "document.activeElement !== document.body && !document.activeElement.closest('#palette')"
        assert desk.evaluate(outside) is False
    desk.get_by_role("combobox").press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_shortcuts_of_one_key_can_be_turned_off(desk: Page) -> None:
    sheet = desk.get_by_role("dialog", name="Keyboard shortcuts")
    desk.keyboard.press("?")
    expect(sheet).to_be_visible()
    assert axe_report(desk) == ""
    sheet.get_by_label("Use shortcuts of one key on this device").uncheck()
    desk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    desk.reload()
    desk.keyboard.press("?")
    expect(sheet).to_be_hidden()
    desk.keyboard.press("Control+k")
    expect(desk.get_by_role("dialog", name="Search everything")).to_be_visible()


def test_a_shortcut_does_nothing_while_one_types(desk: Page) -> None:
    field = desk.locator("main [type=search]")
    desk.keyboard.press("/")
    expect(field).to_be_focused()
    desk.keyboard.type("?/")
    expect(field).to_have_value("?/")
    expect(desk.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_a_hard_field_is_explained_on_request(desk: Page) -> None:
    desk.goto(desk.url.replace("/manage/events", "/manage/projects/new"))
    mark = desk.locator("details.explain summary").first
    text = desk.locator("details.explain .explain-text").first
    expect(text).to_be_hidden()
    mark.focus()
    desk.keyboard.press("Enter")
    expect(text).to_be_visible()
    assert axe_report(desk) == ""
    desk.keyboard.press("Escape")
    expect(text).to_be_hidden()
    expect(mark).to_be_focused()
