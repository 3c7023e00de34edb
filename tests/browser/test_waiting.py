"""A wave that is full: somebody waits, a place becomes free, the mail tells them, one press and the ticket is theirs."""

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.core.clock import set_clock
from app.core.db import db
from app.core.urls import own_page_path
from app.events.queries import EventRow
from app.jobs.worker import run_worker
from app.registrations.drafts import Contact
from app.registrations.operations import Registered
from tests.browser.chromium import axe_report, follow
from tests.browser.test_door import PHONE, serving
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    one_wave,
)
from tests.integration.waiting.conftest import waits
from tests.integration.waiting.test_answering import mails_to

pytestmark = pytest.mark.browser
MAIL = "zoe.martin@example.org"


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    set_clock(sqlite_app.extensions, NOW)
    return make_event(make_organiser(), one_wave(30))


@pytest.fixture
def holder(event: EventRow) -> Registered:
    """A class that has all the places."""
    return make_registration(event, class_draft(event))


@pytest.fixture
def page(sqlite_app: Flask, chromium: Browser, event: EventRow, holder: Registered) -> Iterator[Page]:
    db.session.remove()
    with (
        serving(sqlite_app) as url,
        chromium.new_context(viewport=PHONE, locale="en-GB", base_url=url) as context,
    ):
        yield context.new_page()


def work(app: Flask) -> None:
    """The worker does all that is due."""
    db.session.remove()
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.remove()


def is_accessible(page: Page) -> None:
    assert axe_report(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def ask_to_wait(page: Page, event: EventRow) -> None:
    page.goto(f"/events/{event.slug}/register?audience=job_seeker")
    page.locator("[name=kind][value=individual]").check(force=True)
    page.get_by_role("button", name="Continue", exact=True).click()
    page.locator("[name=is_15_or_older][value=yes]").check(force=True)
    page.get_by_role("button", name="Continue", exact=True).click()
    page.locator(".choice-waitlist input").check(force=True)
    is_accessible(page)
    page.locator("#registration .btn-primary").click()
    page.locator("[name='contact.name']").fill("Zoé Martin")
    page.locator("[name='contact.email']").fill(MAIL)
    page.locator("#registration .btn-primary").click()
    follow(page, page.get_by_role("button", name="Ask for the waiting list"))


def test_from_a_full_wave_to_a_ticket(sqlite_app: Flask, page: Page, event: EventRow, holder: Registered) -> None:
    ask_to_wait(page, event)
    work(sqlite_app)
    (told,) = mails_to(MAIL)
    assert told["Subject"].startswith("Waiting list")
    page.goto(f"{own_page_path(holder.token)}/cancel")
    follow(page, page.get_by_role("button", name="Cancel for 30 people"))
    work(sqlite_app)
    offered = mails_to(MAIL)[-1]
    assert offered["Subject"].startswith("A place for you until")
    assert not list(offered.iter_attachments())
    link = re.search(r"/r/[\w-]+#offer", offered.get_body(("plain",)).get_content())
    assert link is not None
    page.goto(link.group(0))
    card = page.locator("#offer")
    expect(card).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("img", name="QR code of the ticket")).to_have_count(0)
    is_accessible(page)
    card.get_by_role("button", name="Yes, I come").click()
    said = page.get_by_role("status").filter(has_text="It is noted: you come.")
    expect(said).to_be_focused()
    expect(page.get_by_role("img", name="QR code of the ticket")).to_be_in_viewport(ratio=0.3)
    is_accessible(page)
    work(sqlite_app)
    confirmed = mails_to(MAIL)[-1]
    assert confirmed["Subject"].startswith("Your ticket")
    assert any((part.get_filename() or "").endswith(".pdf") for part in confirmed.walk())


def test_the_team_offers_calls_and_notes(sqlite_app: Flask, page: Page, event: EventRow, holder: Registered) -> None:
    waits(event, 31 - 1)
    silent = waits(event, contact=Contact("Zoé Faivre", "", "+33639980177"))
    _account, email = make_member(event.organiser_id)
    page.goto(f"{own_page_path(holder.token)}/cancel")
    follow(page, page.get_by_role("button", name="Cancel for 30 people"))
    base = f"/manage/events/{event.slug}"
    page.goto("/login")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    page.goto(f"{base}/waiting")
    is_accessible(page)
    page.get_by_role("link", name="Offer places to Zoé Faivre").click()
    page.get_by_role("button", name="Offer the places").click()
    expect(page.get_by_text("It is the turn of others")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Offer all the same, before others").click()
    page.wait_for_url(f"**{base}/calls")
    is_accessible(page)
    page.locator("[name=said]").fill("rappeler à 18 h")
    page.get_by_role("button", name="Zoé Faivre does not answer").click()
    expect(page.get_by_text("rappeler à 18 h")).to_be_visible()
    page.get_by_role("button", name="Zoé Faivre comes").click()
    expect(page.get_by_text(f"Tell them their number: {silent.reference}")).to_be_visible()
