"""Structures in a browser: found as one types, merged and undone; a contact comes in by the mail's link. axe at both widths."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.worker import run_worker
from app.registrations.drafts import Contact
from app.structures.drafts import ContactDraft, StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.contacts import add_contact
from app.structures.operations.directory import create_structure
from app.structures.queries import list_known
from tests.browser.chromium import axe_report, follow
from tests.browser.test_door import serving
from tests.factories import NOW, PASSWORD, class_draft, make_event, make_member, make_organiser, make_registration

pytestmark = pytest.mark.browser

MAIL = "manon.lambert@example.org"


def look(page: Page) -> None:
    """No violation of WCAG 2.2 AA and nothing to scroll sideways, on a phone and on a desk."""
    page.wait_for_load_state()
    for width in (390, 1280):
        page.set_viewport_size(ViewportSize(width=width, height=844))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        assert axe_report(page) == "", f"{page.url} at {width}"


def link_of(app: Flask) -> str:
    """The path of the link in the mail that leaves."""
    with app.app_context():
        run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
        db.session.remove()
    texts = [file.read_text("utf-8") for file in (Path(app.instance_path) / "outbox").glob("*.eml")]
    found = [m for text in texts if (m := re.search(r"/my/enter/[\w-]{43}", text.replace("=\n", "")))]
    return found[0][0]


def test_the_team_and_a_contact(sqlite_app: Flask, chromium: Browser) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    make_registration(event, class_draft(event, contact=Contact("Manon Lambert", MAIL)))
    (school,) = list_known(organiser_id)
    with transaction():
        for name in ("Clg des Trois Rivières", "Mission Locale du bassin", "Atelier du Suzon"):
            draft = StructureDraft(StructureKind.OTHER, name, commune="Dijon")
            create_structure(draft, organiser_id=organiser_id, by=SYSTEM, now=NOW)
        contact = ContactDraft("Manon Lambert", "Professeure", MAIL)
        add_contact(school.id, contact, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    _, owner = make_member(organiser_id, Role.OWNER)
    db.session.remove()
    with serving(sqlite_app) as url:
        with chromium.new_context(locale="fr-FR") as context:
            team(context.new_page(), url, owner)
        with chromium.new_context(locale="fr-FR") as context:
            visiting(context.new_page(), url, sqlite_app)


def team(page: Page, url: str, owner: str) -> None:
    page.goto(f"{url}/login?next=/manage/structures")
    page.locator("[name=email]").fill(owner)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_role("link", name="Atelier du Suzon")).to_be_visible()
    look(page)
    page.locator("#structures-q").press_sequentially("RIVIERES")
    expect(page.get_by_role("status")).to_contain_text("2 structures")
    expect(page.get_by_role("link", name="Atelier du Suzon")).to_have_count(0)
    follow(page, page.get_by_role("link", name="Doublons"))
    look(page)
    follow(page, page.get_by_role("link", name="Les voir côte à côte"))
    look(page)
    page.get_by_role("button", name="Réunir les deux fiches").click()
    expect(page.get_by_text("C’est fusionné")).to_be_visible()
    look(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Défaire cette fusion").click()
    expect(page.get_by_role("heading", name="Clg des Trois Rivières", level=1)).to_be_visible()
    for path in ("new", "import"):
        page.goto(f"{url}/manage/structures/{path}")
        look(page)
    follow(page, page.get_by_role("button", name="Lire ce fichier"))
    look(page)


def visiting(page: Page, url: str, app: Flask) -> None:
    page.goto(f"{url}/my")
    look(page)
    page.get_by_label("Adresse").fill(MAIL)
    page.get_by_role("button", name="Recevoir le lien").click()
    page.wait_for_url(re.compile("/my/sent"))
    look(page)
    path = link_of(app)
    page.goto(url + path)
    look(page)
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", name="Collège des Trois-Rivières", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Votre billet et votre inscription")).to_be_visible()
    look(page)
    follow(page, page.get_by_role("link", name="Proposer une correction"))
    look(page)
    page.get_by_label("Numéro et rue").fill("16 rue Haute")
    page.get_by_role("button", name="Proposer").click()
    expect(page.get_by_text("regarde avant que cela change")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="To come")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url(re.compile("/my$"))
    page.goto(url + path)
    look(page)
    expect(page.get_by_text("This link no longer works").first).to_be_visible()
