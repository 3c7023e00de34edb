"""Who presses a button twice does the thing once."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from app.accounts.enums import Role
from app.accounts.models import ApiToken
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.loans.models import Loan
from app.structures.drafts import ContactDraft
from app.structures.models import StructureContact
from app.structures.operations.contacts import add_contact
from tests.browser.chromium import follow
from tests.browser.test_door import serving
from tests.browser.test_structures import link_of, look
from tests.factories import NOW, PASSWORD, make_member, make_organiser
from tests.integration.loans.world import make_world

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(sqlite_app: Flask, chromium: Browser) -> Iterator[Page]:
    """The pages of an owner."""
    _account_id, email = make_member(make_organiser(), Role.OWNER)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(base_url=url, locale="en-GB") as context:
        page = context.new_page()
        page.goto("/login")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: address.endswith("/manage/events"))
        yield page


def count(model: type[ApiToken] | type[StructureContact] | type[Loan]) -> int:
    found = db.session.execute(select(func.count()).select_from(model)).scalar_one()
    db.session.remove()
    return found


def test_a_key_is_made_once_and_its_secret_is_shown(desk: Page) -> None:
    desk.goto("/manage/tokens")
    desk.get_by_label("What the key is for").fill("Site of the town hall")
    desk.locator("[value='events:read']").check()
    desk.get_by_role("button", name="Make the key").dblclick()
    expect(desk.get_by_text("it is shown this once")).to_be_visible()
    assert count(ApiToken) == 1
    desk.reload()  # sends the form again, as somebody would who says yes to the browser's question
    expect(desk.get_by_text("A key that works has this name already.").first).to_be_visible()
    assert count(ApiToken) == 1


def test_a_contact_is_added_once_and_another_can_follow_at_once(desk: Page) -> None:
    desk.goto("/manage/structures/new")
    desk.locator("[name=name]").fill("Menuiserie Tissot")
    desk.get_by_role("button", name="Add to the directory").dblclick()
    expect(desk.get_by_role("heading", name="Menuiserie Tissot").first).to_be_visible()
    for name in ("Luc Faivre", "Nora Simon"):
        desk.get_by_role("link", name="Add a contact").first.click()
        desk.locator("[name=name]").fill(name)
        desk.locator("[name=phone]").fill("06 39 98 22 03")
        desk.get_by_role("button", name="Add this contact").dblclick()
        expect(desk.get_by_role("link", name="Add a contact").first).to_be_visible()
        expect(desk.get_by_text(name).first).to_be_visible()
    assert count(StructureContact) == 2


def test_a_request_that_somebody_comes_back_to_is_sent_once_and_another_can_follow(
    sqlite_app: Flask, chromium: Browser
) -> None:
    world = make_world()
    slug = world.scenario.slug
    with transaction():
        contact = ContactDraft("Manon Lambert", "", "manon.lambert@example.org")
        add_contact(world.structure_id, contact, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(base_url=url, locale="en-GB") as context:
        page = context.new_page()
        page.goto("/my")
        page.get_by_label("Address").fill("manon.lambert@example.org")
        page.get_by_role("button", name="Send me a link").click()
        page.wait_for_url("**/my/sent*")
        page.goto(link_of(sqlite_app))
        follow(page, page.get_by_role("button", name="Come in"))
        page.goto(f"/my/loans/new?scenario={slug}")
        ask(page)
        reference = page.url.rpartition("/")[2]
        page.go_back()
        expect(page.get_by_text("You sent this request already")).to_be_visible()
        expect(page.get_by_text(reference)).to_be_visible()
        look(page)
        assert count(Loan) == 1
        page.get_by_role("link", name="Ask for more").click()
        ask(page)
        assert count(Loan) == 2


def ask(page: Page) -> None:
    page.get_by_label("First day").fill("2027-02-09")
    page.get_by_label("Last day").fill("2027-02-10")
    page.get_by_label("Purpose").select_option(index=1)
    page.get_by_label(re.compile("Karim Bernard")).check()
    page.get_by_role("button", name="Send the request").dblclick()
    expect(page.get_by_text("Your request is sent.")).to_be_visible()
