"""A school looks at the catalogue, asks for a box, is accepted, accepts the agreement by its link and sees its loan."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.boxes.operations.boxes import ThingKey, store_counts
from app.boxes.queries import get_box_by_id, get_scenario_by_id, list_contents
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.worker import run_worker
from app.loans.enums import LoanMove
from app.loans.operations import move_loan
from app.loans.queries import get_loan_by_reference
from app.structures.drafts import ContactDraft
from app.structures.models import StructureKind
from app.structures.operations.contacts import add_contact
from tests.browser.chromium import follow
from tests.browser.test_door import PHONE, serving
from tests.browser.test_structures import link_of, look
from tests.factories import NOW
from tests.integration.loans.world import STAFF, make_world

pytestmark = pytest.mark.browser


MAIL = "manon.lambert@example.org"


def test_a_school_borrows_a_box(sqlite_app: Flask, chromium: Browser) -> None:
    texts = {"public_fr": "Lycéens, demandeurs d’emploi", "skills_fr": "Coopérer, communiquer, chercher"}
    world = make_world(2, kind=StructureKind.SCHOOL, **texts)
    slug = get_scenario_by_id(world.scenario_id).slug
    with transaction():
        contact = ContactDraft("Manon Lambert", "Professeure", MAIL)
        add_contact(world.structure_id, contact, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = context.new_page()
        catalogue(page, url, slug)
        reference = asking(page, url, slug, sqlite_app)
        path = accepted(sqlite_app, reference)
        by_link(context.new_page(), url, path)
        page.goto(f"{url}/my/loans/{reference}")
        expect(page.get_by_text("Convention acceptée par Manon Lambert")).to_be_visible()
        look(page)
        missing(sqlite_app, reference)
        page.reload()
        expect(page.get_by_text("Cadenas : 3 sur 4")).to_be_visible()
        look(page)
        page.get_by_text("Annuler ce prêt").click()
        page.get_by_role("button", name="Annuler le prêt").click()
        expect(page.get_by_text("Le prêt est annulé.")).to_be_visible()
        page.goto(f"{url}/my/loans")
        look(page)


def asking(page: Page, url: str, slug: str, app: Flask) -> str:
    """Come in as a contact, ask for a box on closed days, then on open ones; the reference."""
    page.goto(f"{url}/my")
    page.get_by_label("Adresse").fill(MAIL)
    page.get_by_role("button", name="Recevoir le lien").click()
    page.wait_for_url(re.compile("/my/sent"))
    page.goto(url + link_of(app))
    follow(page, page.get_by_role("button", name="Entrer"))
    follow(page, page.get_by_role("link", name="Prêts"))
    look(page)
    page.goto(f"{url}/my/loans/new?scenario={slug}&from=2027-02-09&to=2027-02-10")
    look(page)
    page.get_by_label("Dernier jour").fill("2027-02-15")
    page.get_by_label(re.compile("Karim Bernard")).check()
    page.get_by_label("Combien de joueurs").fill("24")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_role("alert")).to_contain_text("établissement est en vacances")
    look(page)
    page.set_viewport_size(PHONE)  # the message has the whole width: what stood beside the day stands below it
    day, half = (page.get_by_label(name).bounding_box() for name in ("Dernier jour", "Jusqu’au"))
    assert day
    assert half
    assert (half["x"] <= day["x"], half["y"] > day["y"] + day["height"]) == (True, True)
    page.get_by_label("Dernier jour").fill("2027-02-10")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    look(page)
    return page.url.rpartition("/")[2]


def accepted(app: Flask, reference: str) -> str:
    """The team accepts the request; the path of the loan's link in the mail that leaves."""
    with app.app_context():
        loan = get_loan_by_reference(reference)
        with transaction():
            move_loan(loan.id, LoanMove.APPROVE, by=STAFF, now=NOW)
        run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
        db.session.remove()
    texts = [file.read_text("utf-8") for file in (Path(app.instance_path) / "outbox").glob("*.eml")]
    found = {m[0] for text in texts if (m := re.search(r"/l/[\w-]{43}", text.replace("=\n", "")))}
    (path,) = found
    return path


def by_link(page: Page, url: str, path: str) -> None:
    page.goto(url + path)
    look(page)
    page.get_by_role("button", name="Accepter la convention").click()
    page.get_by_label("J’ai lu la convention").check()
    page.get_by_role("button", name="Accepter la convention").click()
    expect(page.get_by_text("La convention est acceptée.")).to_be_visible()
    page.close()


def missing(app: Flask, reference: str) -> None:
    """A count says that a padlock is no longer in the box that the school gets."""
    with app.app_context():
        loan = get_loan_by_reference(reference)
        box = get_box_by_id(loan.loan_boxes[0].box_id, organiser_id=loan.organiser_id)
        item = list_contents(box)[0]
        with transaction():
            store_counts(box.id, {ThingKey(item.item_id, None): 3}, organiser_id=loan.organiser_id, now=NOW)
        db.session.remove()


def catalogue(page: Page, url: str, slug: str) -> None:
    page.goto(f"{url}/boxes")
    look(page)
    page.get_by_label("Premier jour").fill("2027-02-02")
    page.get_by_label("Dernier jour").fill("2027-02-03")
    page.get_by_role("button", name="Voir ce qui est libre").click()
    expect(page.get_by_text("2 boîtes libres")).to_be_visible()
    look(page)
    page.get_by_role("link", name="La molécule perdue").click()
    expect(page.get_by_role("link", name="Demander une boîte à ces dates")).to_be_visible()
    page.get_by_role("link", name=re.compile("mardi 16 février")).press("Enter")
    page.get_by_role("link", name=re.compile("mercredi 17 février")).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("mercredi 17 février 2027")
    look(page)
