"""The product's main job, end to end: register a class on a phone, read its mail, scan its ticket, see it counted."""

import email
import io
import re
import threading
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.accounts.enums import Role
from app.core.db import db
from app.jobs.worker import run_worker
from tests.browser.chromium import axe_report
from tests.browser.test_door import PHONE, film_of, serving, with_camera
from tests.factories import PASSWORD, make_event, make_member, make_organiser

pytestmark = pytest.mark.browser


def axe(page: Page) -> None:
    assert axe_report(page) == ""


def register_class(page: Page, url: str, slug: str) -> None:
    """What a teacher does in a corridor: five short steps."""
    page.goto(f"{url}/")
    axe(page)
    page.get_by_role("link", name=re.compile("La Voie des Talents")).first.click()
    page.wait_for_url(re.compile(f"/events/{slug}"))
    axe(page)
    page.get_by_role("link", name="M’inscrire").first.click()
    page.locator("[name=kind][value=group]").check(force=True)
    page.locator("[name=audience][value=school]").check(force=True)
    go_on(page)
    page.locator("[name='organisation.class_label']").fill("3e B")
    page.locator("[name='headcount.participants']").fill("28")
    page.locator("[name='headcount.companions']").fill("2")
    page.locator("[name='organisation.name']").fill("Collège des Trois-Rivières")
    page.locator("[name='organisation.uai']").fill("0219100C")
    go_on(page)
    page.locator("[name=waves]").first.check(force=True)
    go_on(page)
    page.locator("[name='contact.name']").fill("Manon Lambert")
    page.locator("[name='contact.email']").fill("manon.lambert@example")
    go_on(page)
    expect(page.locator("[name='contact.name']")).to_have_value("Manon Lambert")
    expect(page.locator(".error-summary")).to_be_visible()
    axe(page)
    page.locator("[name='contact.email']").fill("manon.lambert@example.org")
    go_on(page)
    expect(page.get_by_text("Collège des Trois-Rivières").first).to_be_visible()
    axe(page)
    page.locator("#registration .btn-primary").click()
    expect(page.get_by_text("manon.lambert@example.org")).to_be_visible()
    axe(page)


def go_on(page: Page) -> None:
    axe(page)
    page.locator("#registration .btn-primary").click()


def read_mail(app: Flask) -> EmailMessage:
    """Send what waits, then read the one mail there is."""
    run_worker(app, drain=True, stop=threading.Event())
    (file,) = (Path(app.instance_path) / "outbox").glob("*.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def ticket_of(mail: EmailMessage) -> str:
    """The address in the QR code of the mail's picture."""
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    content = picture.get_content()
    assert isinstance(content, bytes)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))
    return str(code.text)


def log_in(page: Page, url: str, address: str) -> None:
    page.goto(f"{url}/login")
    page.locator("[name=email]").fill(address)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda where: "/login" not in where)


def test_a_class_registers_gets_its_ticket_is_scanned_and_counted(
    whole_app: Flask, chromium: Browser, tmp_path: Path
) -> None:
    whole_app.config["WTF_CSRF_ENABLED"] = True
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    _, door = make_member(organiser_id, Role.DOOR)
    _, manager = make_member(organiser_id, Role.MANAGER)
    db.session.remove()
    with serving(whole_app) as url:
        page = chromium.new_context(viewport=PHONE, locale="fr-FR").new_page()
        register_class(page, url, event.slug)
        mail = read_mail(whole_app)
        assert mail["To"] == "manon.lambert@example.org"
        ticket = ticket_of(mail)
        page.goto(ticket.replace("http://127.0.0.1:8000", url))
        expect(page.get_by_text("28 + 2").first).to_be_visible()
        axe(page)
        body = mail.get_body(("plain",))
        assert body is not None
        own_page = re.search(r"/r/[\w-]+", body.get_content())
        assert own_page is not None
        page.goto(url + own_page.group())
        expect(page.get_by_text("3e B").first).to_be_visible()
        axe(page)
        page.context.close()

        film = film_of([ticket], tmp_path / "ticket.y4m")
        with with_camera(chromium, film) as volunteer:
            page = volunteer.new_context(viewport=PHONE, locale="fr-FR").new_page()
            log_in(page, url, door)
            page.goto(f"{url}/door/{event.slug}")
            expect(page.locator("[data-verdict-kind=accepted]")).to_contain_text("3e B")
            page.get_by_role("button", name="30 entrent").click()
            expect(page.locator("[data-present]")).to_contain_text("30")

        desk = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR").new_page()
        log_in(desk, url, manager)
        desk.goto(f"{url}/manage/events/{event.slug}")
        for label in ("Inscrits", "Présents", "Déjà venus"):
            expect(desk.locator(".stat", has_text=label).first).to_contain_text("30")
        axe(desk)
        desk.context.close()
