"""A school looks at the catalogue, asks for a box, is accepted, accepts the agreement by its link and sees its loan."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.boxes.queries import get_scenario_by_id
from app.core.db import db
from tests.browser.test_door import serving
from tests.browser.test_structures import look
from tests.integration.loans.world import make_world

pytestmark = pytest.mark.browser


def test_a_school_borrows_a_box(sqlite_app: Flask, chromium: Browser) -> None:
    world = make_world(2, public_fr="Lycéens, demandeurs d’emploi", skills_fr="Coopérer, communiquer, chercher")
    slug = get_scenario_by_id(world.scenario_id).slug
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = context.new_page()
        catalogue(page, url, slug)


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
