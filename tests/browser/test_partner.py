"""A temp from the invitation to the day after, and a partner who runs the registrations of one event and sees nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.accounts.enums import Role
from app.checkin.rehearsal import EXAMPLES, Example
from app.core.clock import set_clock
from app.core.db import db
from tests.browser.test_door import Door, axe, count, film_of, live, phone, serving, verdict
from tests.factories import DAY_ONE, PASSWORD, make_event, make_member, make_organiser, make_registration
from tests.integration.accounts.test_invitations import latest_link

pytestmark = pytest.mark.browser

DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
TEMP = "lou.martin@example.org"
PARTNER = "paul.duval@example.org"
CLASS_CODE = next(ticket.code for ticket in EXAMPLES if ticket.example is Example.CLASS)


@pytest.fixture
def door(sqlite_app: Flask, chromium: Browser) -> Iterator[Door]:
    """The morning of the forum, with its owner; one class is expected."""
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    _, owner = make_member(organiser_id, Role.OWNER)
    class_ = make_registration(event)
    set_clock(sqlite_app.extensions, DAY_ONE)
    db.session.remove()
    with serving(sqlite_app) as url:
        yield Door(sqlite_app, chromium, url, event, class_, owner)


@contextmanager
def browsing(door: Door, viewport: ViewportSize) -> Iterator[Page]:
    with door.chromium.new_context(viewport=viewport, locale="en-GB") as context:
        yield context.new_page()


def log_in(page: Page, door: Door, email: str) -> None:
    page.goto(f"{door.url}/login")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def link_of_the_mail(door: Door) -> str:
    with door.app.app_context():
        found = latest_link(DAY_ONE)
        db.session.remove()
    return door.url + found


def accept(page: Page, link: str) -> None:
    """Open the mail's link, choose a password, and begin."""
    page.goto(link)
    axe(page)
    page.locator("[name=new_password]").fill(PASSWORD)
    page.locator("[name=repeated]").fill(PASSWORD)
    page.get_by_role("button", name="Make my account and accept").click()
    page.wait_for_url(lambda address: "/invitation/" not in address)


def test_a_temp_is_invited_practises_works_the_door_and_is_out_the_next_day(door: Door, tmp_path: Path) -> None:
    with browsing(door, DESK) as page:
        log_in(page, door, door.email)
        page.goto(f"{door.url}/manage/people")
        page.locator("[name=name]").fill("Lou Martin")
        page.locator("[name=email]").fill(TEMP)
        page.locator("label", has_text="Door: scans tickets").click()
        page.locator("[name=ends_on]").fill(DAY_ONE.date().isoformat())
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.get_by_text(f"The invitation leaves for {TEMP}")).to_be_visible()
        expect(page.get_by_role("heading", name="Invitations that wait")).to_be_visible()
        axe(page)
    with browsing(door, PHONE) as page:
        accept(page, link_of_the_mail(door))
        expect(page.get_by_role("link", name=re.compile("The Path of Talents"))).to_be_visible()
        axe(page)
    temp = replace(door, email=TEMP)
    with phone(temp, film_of([CLASS_CODE], tmp_path / "practice.y4m")) as page:
        expect(verdict(page, "refused")).to_contain_text("Unknown ticket")  # at the real door
        page.goto(f"{door.url}/door/{door.event.slug}/practice")
        expect(page.get_by_text("Practice: nothing is counted.")).to_be_visible()
        expect(count(page, "participants")).to_have_value("24")
        axe(page)
        page.get_by_role("button", name="26 come in").click()
        expect(page.locator("[data-present]")).to_have_text("26 present")
        expect(verdict(page, "accepted")).to_contain_text("3e B · Example school (practice)")
        axe(page)
        page.get_by_role("button", name="Next ticket").click()
        expect(verdict(page, "already")).to_contain_text("Already in")
        assert door.present == 0
        page.get_by_role("button", name="End the practice").click()
        page.wait_for_url(f"{door.url}/door/{door.event.slug}")
        expect(page.get_by_text("Practice: nothing is counted.")).to_have_count(0)
        expect(page.locator("[data-present]")).to_have_text("0 present")
    with phone(temp, film_of([door.class_.ticket_code], tmp_path / "class.y4m")) as page:
        page.get_by_role("button", name="30 come in").click()
        expect(page.locator("[data-present]")).to_have_text("30 present")
        assert door.present == 30
        set_clock(door.app.extensions, DAY_ONE + timedelta(days=1))
        answer = page.goto(f"{door.url}/door/{door.event.slug}")
        assert answer is not None
        assert answer.status == 403
        axe(page)


def test_examples_are_tried_without_a_camera(door: Door) -> None:
    with phone(door) as page:
        page.get_by_role("link", name="Practise").click()
        page.wait_for_url(re.compile("/practice$"))
        live(page)
        expect(page.locator("[data-notice]")).to_be_visible()
        axe(page)
        page.get_by_role("link", name=re.compile("Another day")).click()
        expect(verdict(page, "refused")).to_contain_text("Not today")
        page.get_by_role("button", name="Next ticket").click()
        page.get_by_role("link", name=re.compile("Unknown ticket")).click()
        expect(verdict(page, "refused")).to_contain_text("Unknown ticket")
        page.get_by_role("button", name="Read again").click()
        page.get_by_role("link", name="Print the example tickets").click()
        expect(page.get_by_text("PRACTICE", exact=True)).to_have_count(len(EXAMPLES))
        axe(page)
        assert door.present == 0


def test_a_partner_runs_the_registrations_and_sees_nothing_else(door: Door) -> None:
    base = f"{door.url}/manage/events/{door.event.slug}"
    with browsing(door, DESK) as page:
        log_in(page, door, door.email)
        page.goto(f"{base}/partners")
        axe(page)
        page.locator("[name=name]").fill("Paul Duval")
        page.locator("[name=email]").fill(PARTNER)
        page.locator("[name=organisation]").fill("Campus de Dijon")
        page.locator("label", has_text="Registrations: sees, registers").click()
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.get_by_text(f"The invitation leaves for {PARTNER}")).to_be_visible()
        axe(page)
    with browsing(door, DESK) as page:
        accept(page, link_of_the_mail(door))
        expect(page.get_by_role("heading", name="Entrusted to me")).to_be_visible()
        axe(page)
        page.get_by_role("link", name="See the registrations").click()
        page.get_by_role("link", name=re.compile("Lambert")).click()
        expect(page.get_by_text("Collège des Trois-Rivières").first).to_be_visible()
        axe(page)
        seen = [f"{door.url}/manage/entrusted", f"{base}/registrations", page.url, base]
        assert links_that_are_closed(page, seen) == []
        for closed in ("/manage/events", "/manage/people", "/manage/projects", f"/door/{door.event.slug}"):
            answer = page.goto(door.url + closed)
            assert answer is not None
            assert answer.status == 403, closed
            axe(page)
        page.goto(f"{base}/registrations/{door.class_.reference}/cancel")
        page.locator("label.chip").first.click()
        page.locator("form [name=reason]").first.fill("The class does not come")
        page.locator("main form button.btn-danger").click()
        expect(page.get_by_text("Cancelled: 30 places are free.")).to_be_visible()


def links_that_are_closed(page: Page, addresses: list[str]) -> list[str]:
    """Of the links on these pages, those that lead somewhere the person may not go; those of languages stay on the page."""
    found: set[str] = set()
    for address in addresses:
        page.goto(address)
        hrefs = page.locator("a[href]").evaluate_all("links => links.map((link) => link.href)")
        found |= {href.split("#")[0] for href in hrefs if re.search("/(manage|door)", href) and "lang=" not in href}
    return sorted(href for href in found if page.request.get(href).status >= 400)
