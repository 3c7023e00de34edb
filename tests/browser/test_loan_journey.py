"""One loan on a phone: a school asks, accepts by its link, receives, brings back less; the next borrower sees what is missing."""

import re
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.boxes.queries import get_box_by_id
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.photos import list_damage_photos
from app.loans.queries import get_loan_by_reference
from app.structures.drafts import ContactDraft
from app.structures.models import StructureKind
from app.structures.operations.contacts import add_contact
from tests.browser.chromium import axe_report, follow
from tests.browser.test_door import PHONE, film_of, serving, with_camera
from tests.browser.test_loans import MAIL, accepted
from tests.browser.test_structures import link_of
from tests.factories import NOW, PARIS, PASSWORD, make_member
from tests.integration.loans.world import half, make_world

pytestmark = pytest.mark.browser


def at(app: Flask, text: str) -> None:
    """The beginning of a half-day, which it is from now on."""
    set_clock(app.extensions, half(text).starts_at(PARIS))


def test_a_box_goes_to_a_school_comes_back_with_less_and_the_next_borrower_sees_it(
    sqlite_app: Flask, chromium: Browser, tmp_path: Path
) -> None:
    world = make_world(1, kind=StructureKind.SCHOOL)
    slug, box = world.scenario.slug, get_box_by_id(world.box_ids[0], organiser_id=world.organiser_id)
    _account, address = make_member(world.organiser_id)
    with transaction():
        contact = ContactDraft("Manon Lambert", "Professeure", MAIL)
        add_contact(world.structure_id, contact, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    db.session.remove()
    film = film_of([f"http://127.0.0.1/b/{box.label}"], tmp_path / "label.y4m")
    with (
        serving(sqlite_app) as url,
        with_camera(chromium, film) as browser,
        browser.new_context(locale="fr-FR", viewport=PHONE) as context,
    ):
        page = context.new_page()
        reference = asked(page, url, slug, sqlite_app)
        accepted_by_link(page, url + accepted(sqlite_app, reference))
        at(sqlite_app, "2027-02-09 am")
        desk = log_in(context, url, address)
        desk.goto(f"{url}/manage/boxes/returns")
        desk.get_by_role("button", name="Scanner une étiquette").click()
        handed_over_by_keyboard(desk, box.code)
        at(sqlite_app, "2027-02-10 pm")
        desk.goto(f"{url}/b/{box.label}")
        taken_back(desk, box.code, tmp_path)
        desk.goto(f"{url}/b/{box.label}")
        checked(desk, box.code)
        with sqlite_app.app_context():
            assert len(list_damage_photos(box.id)) == 1
            assert get_loan_by_reference(reference).state.value == "checked"
            later = world.enter("2027-03-01 am", "2027-03-01 pm")
            link = f"{url}/l/{later.token}"
            db.session.remove()
        page.goto(link)
        expect(page.get_by_text("Cadenas : 3 sur 4")).to_be_visible()
        assert axe_report(page) == ""


def asked(page: Page, url: str, slug: str, app: Flask) -> str:
    """Come in as a contact and ask for a box; the reference."""
    page.goto(f"{url}/my")
    page.get_by_label("Adresse").fill(MAIL)
    page.get_by_role("button", name="Recevoir le lien").click()
    page.wait_for_url(re.compile("/my/sent"))
    page.goto(url + link_of(app))
    follow(page, page.get_by_role("button", name="Entrer"))
    page.goto(f"{url}/my/loans/new?scenario={slug}&from=2027-02-09&to=2027-02-10")
    page.get_by_label(re.compile("Karim Bernard")).check()
    page.get_by_role("button", name="Envoyer la demande").click()
    page.wait_for_url(re.compile("/my/loans/PR-"))
    return page.url.rpartition("/")[2]


def accepted_by_link(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("J’ai lu la convention").check()
    page.get_by_role("button", name="Accepter la convention").click()
    expect(page.get_by_text("La convention est acceptée.")).to_be_visible()


def log_in(context: BrowserContext, url: str, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/login")
    page.locator("[name=email]").fill(address)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) [type=submit]").first.click()
    page.wait_for_url(lambda found: "/login" not in found)
    return page


def reach(page: Page, selector: str) -> None:
    """By the Tab key alone."""
    wanted = page.locator(selector)
    for _press in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")


def handed_over_by_keyboard(page: Page, code: str) -> None:
    """The camera led here. All is ticked at once; both names stand there already."""
    expect(page.get_by_role("heading", name=f"Remettre {code}")).to_be_visible()
    assert axe_report(page) == ""
    reach(page, "[data-all-there]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-count-line] :checked")).to_have_count(2)
    reach(page, "[name=given_to]")
    expect(page.locator("[name=given_to]")).to_have_value("Manon Lambert")
    reach(page, ".actions button")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{code} est remise.")).to_be_visible()


def taken_back(page: Page, code: str, folder: Path) -> None:
    """A padlock is missing; a large photo is made smaller before it leaves, another one is taken away again."""
    photo, other = folder / "cadenas.png", folder / "flou.png"
    Image.effect_noise((2400, 1800), 80).save(photo)
    Image.new("RGB", (20, 20)).save(other)
    page.locator("[data-count-line] .form-control").first.fill("3")
    page.get_by_role("button", name=f"Reprendre {code}").click()  # one thing is forgotten: said here, nothing is sent
    expect(page.locator("[data-count-problem]:visible")).to_have_count(1)
    page.get_by_label(re.compile("Feuille de réponses")).first.check()
    page.locator("#photos").set_input_files(photo)
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    page.locator("#photos").set_input_files(other)
    expect(page.locator("[data-photos-list] li")).to_have_count(2)
    page.get_by_role("button", name="Retirer flou.png").click()
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
    sent = page.locator("#photos").evaluate("input => [input.files.length, input.files[0].type]")
    assert sent == [1, "image/jpeg"]
    assert axe_report(page) == ""
    page.get_by_role("button", name=f"Reprendre {code}").click()
    expect(page.get_by_text(f"{code} est revenue.")).to_be_visible()


def checked(page: Page, code: str) -> None:
    expect(page.get_by_text("3 sur 4 au retour")).to_be_visible()
    expect(page.get_by_label("Utilisable, mais il manque quelque chose")).to_be_checked()
    assert axe_report(page) == ""
    page.get_by_role("button", name=f"Contrôler {code}").click()
    expect(page.get_by_text(f"{code} est contrôlée.")).to_be_visible()
