"""A box breaks and its loans move: put out of service, found on its page, settled at once, told by mail, taken back."""

import re
import threading
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts.enums import Role
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.worker import run_worker
from app.loans.operations import swap_box
from app.loans.queries import get_loan
from tests.browser.test_door import serving
from tests.browser.test_structures import look
from tests.factories import NOW, PASSWORD, make_member
from tests.integration.loans.world import STAFF, make_world
from tests.integration.recovery.world import box_of

pytestmark = pytest.mark.browser


def test_a_box_breaks_and_its_loans_move(sqlite_app: Flask, chromium: Browser) -> None:
    world = make_world(boxes=3)
    loans = [world.enter(f"2027-02-0{n} am", f"2027-02-0{n} pm").id for n in (1, 4)]
    box_id = box_of(loans[0])
    if box_of(loans[1]) != box_id:
        with transaction():
            swap_box(loans[1], box_of(loans[1]), box_id, by=STAFF, now=NOW)
    code, (_, owner) = world.code(box_id), make_member(world.organiser_id, Role.OWNER)
    mails(sqlite_app)
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = context.new_page()
        log_in(page, url, owner)
        broken(page, url, code)
        page.get_by_role("link", name="Les régler").click()
        expect(page.get_by_role("heading", name="Boîtes en panne ou en retard")).to_be_visible()
        look(page)
        lists = page.get_by_label(re.compile("Ce que vous faites"))
        expect(lists).to_have_count(2)
        lists.nth(1).select_option(label="Annuler le prêt : la boîte est en panne")
        page.get_by_label(re.compile("Un mot à ceux")).fill("Rappelez-nous : nous cherchons d’autres jours.")
        page.get_by_role("button", name="Confirmer et les prévenir").click()
        expect(page.get_by_role("heading", name="2 prêts ou événements sont réglés")).to_be_visible()
        look(page)
        new = world.code(moved(loans, box_id))
        expect(page.get_by_text(f"Boîte {new} à la place de {code}.")).to_be_visible()
        told = "\n".join(mails(sqlite_app))
        assert f"boîte {new} à la place de la boîte {code}" in told
        assert told.count("une boîte est hors service") == 2
        assert "nous cherchons d’autres jours" in told
        page.get_by_role("button", name="Rendre la boîte d’avant").click()
        expect(page.get_by_text("Le prêt a de nouveau sa boîte d’avant.")).to_be_visible()
        expect(page.get_by_role("button", name="Rendre la boîte d’avant")).to_have_count(0)
    db.session.rollback()
    assert box_of(loans[0]) == box_id
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []


def log_in(page: Page, url: str, address: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Adresse mail").fill(address)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(re.compile("/manage/"))


def broken(page: Page, url: str, code: str) -> None:
    """Put the box out of service: its page says at once how many count on it."""
    page.goto(f"{url}/manage/boxes/all/{code}")
    page.locator("summary", has_text="Mettre hors service").click()
    page.locator("select[name=reason]").select_option("broken")
    page.get_by_role("button", name="Mettre hors service").click()
    expect(page.get_by_text("2 prêts ou événements comptent sur cette boîte")).to_be_visible()


def moved(loans: list[int], box_id: int) -> int:
    """The box that the first loan has now; the second one is called off."""
    db.session.rollback()
    assert (get_loan(loans[1]).state.value, box_of(loans[0]) == box_id) == ("cancelled", False)
    return box_of(loans[0])


def mails(app: Flask) -> list[str]:
    """The texts of the mails that leave now."""
    outbox = Path(app.instance_path) / "outbox"
    before = set(outbox.glob("*.eml"))
    with app.app_context():
        run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
        db.session.remove()
    texts = []
    for file in sorted(set(outbox.glob("*.eml")) - before):
        body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        texts.append(" ".join(body.get_content().split()) if body else "")
    return texts
