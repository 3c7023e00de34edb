"""Each problem of a refused form about boxes and loans leads to a field that stands on the page, and stands at it."""

import re
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.boxes.queries import get_box
from app.core.db import db
from app.loans.queries import get_loan
from tests.integration.loans.test_borrowers_pages import values, visitor_of
from tests.integration.loans.test_desk import counted
from tests.integration.loans.test_desk_counts import BOTH, agreed, at, back, desk, out
from tests.integration.loans.world import LoanWorld, make_world

BASE = "/manage/boxes"
LONG = "x" * 11_000
SUMMARY = re.compile(r'<div class="error-summary".*?<ul>(.*?)</ul>', re.DOTALL)
FORM = {"kind": "game", "code": "SOFT-2", "title_fr": "Compétences", "before_halves": "1", "after_halves": "1"}


@pytest.fixture
def world(whole_app: Flask) -> LoanWorld:
    return make_world(boxes=2)


def refused(client: FlaskClient, page: str, sent: Mapping[str, str], *fields: str) -> None:
    """It is, at exactly these fields."""
    answer = client.post(page, data=sent)
    assert answer.status_code == 422, (page, answer.status_code)
    found = SUMMARY.search(answer.text)
    assert found, page
    led = [re.search(r'href="#([^"]+)"', line) for line in found[1].split("<li>")[1:]]
    assert all(led), (page, found[1])
    names = {link[1] for link in led if link}
    assert names == set(fields), page
    for name in names:
        assert f'id="{name}"' in answer.text, (page, name)
        assert re.search(rf'id="{re.escape(name)}(-error"|"[^>]*has-error)|has-error" id="{name}"', answer.text), name


def test_of_scenarios_and_boxes(whole_app: Flask, world: LoanWorld) -> None:
    client, box, scenario = desk(whole_app, world), world.code(world.box_ids[0]), world.scenario
    texts = [f"{name}_{code}" for name in ("title", "universe", "public", "skills", "summary") for code in ("fr", "en")]
    numbers = ["players_min", "players_max", "minutes", "accreditation_months", "before_halves", "after_halves"]
    low = dict.fromkeys(texts, LONG) | dict.fromkeys([*numbers, "longest_halves", "value"], "-3")
    every = [*texts, *numbers, "longest_halves", "value"]
    for page in ("new", f"{scenario.code}/edit"):
        refused(client, f"{BASE}/scenarios/{page}", FORM | low | {"code": "x" * 41}, "code", *every)
        refused(client, f"{BASE}/scenarios/{page}", FORM | dict.fromkeys(every[10:], "999999999"), *every[10:])
        refused(client, f"{BASE}/scenarios/{page}", FORM | {"code": "!", "title_fr": ""}, "code", "title_fr")
        few = {"players_min": "5", "players_max": "3"}
        refused(client, f"{BASE}/scenarios/{page}", FORM | few, "players_max")
    refused(client, f"{BASE}/scenarios/new", FORM | {"code": scenario.code}, "code")
    wrong = {"code": "x" * 41, "depot": LONG, "notes": LONG, "value": "-3", "wear": "good"}
    for page in ("new", f"{box}/edit"):
        sent = {"scenario": scenario.code} | wrong
        refused(client, f"{BASE}/all/{page}", sent, "code", "depot", "notes", "value")
        refused(
            client, f"{BASE}/all/{page}", sent | {"code": "B", "depot": "", "notes": "", "value": "999999"}, "value"
        )
    refused(client, f"{BASE}/all/new", {"scenario": scenario.code, "wear": "good", "code": box}, "code")
    refused(client, f"{BASE}/all/{box}/out", {"reason": "broken", "until": "2020-01-01", "note": "x" * 301}, "note")
    refused(client, f"{BASE}/all/{box}/out", {"reason": "broken", "until": "2020-01-01"}, "until")


def test_of_contents(whole_app: Flask, world: LoanWorld) -> None:
    client, box = desk(whole_app, world), world.code(world.box_ids[0])
    things = {
        "items.0.name_fr": "Piles", "items.0.name_en": LONG, "items.0.quantity": "0", "items.0.restock_below": "-1",
        "items.1.name_en": "Lamp", "items.1.quantity": "1", "items.2.name_fr": "Lampe", "items.2.order": "1",
    }  # fmt: skip
    at_things = (
        "items.0.name_en", "items.0.quantity", "items.0.restock_below", "items.1.name_fr", "items.2.quantity",
    )  # fmt: skip
    refused(client, f"{BASE}/scenarios/{world.scenario.code}/contents", things, *at_things)
    lines = {"lines.0.name": "Clé", "lines.0.expected": "-1", "lines.0.note": LONG, "lines.1.name": "Carte"}
    revision = {"revision": str(get_box(world.organiser_id, box).revision)}
    at_lines = ("lines.0.expected", "lines.0.note", "lines.1.expected")
    refused(client, f"{BASE}/all/{box}/contents", revision | lines, *at_lines)
    twice = {
        "lines.0.name": "Bâche", "lines.0.expected": "2", "lines.0.present": "-1", "lines.1.name": "",
        "lines.2.name": "bache", "lines.2.expected": "4", "lines.3.name": "Cadenas", "lines.3.expected": "1",
        "lines.4.present": "2",
    }  # fmt: skip
    below = ("lines.0.present", "lines.2.name", "lines.3.name", "lines.4.name", "lines.4.expected")
    refused(client, f"{BASE}/all/{box}/contents", revision | twice, *below)


def test_of_people_and_days(whole_app: Flask, world: LoanWorld) -> None:
    client = desk(whole_app, world)
    person = {"name": "", "email": "x", "phone": "x", "structure": ""}
    refused(client, f"{BASE}/facilitators/new", person, "name", "email", "phone")
    closed = {"starts_on": "2027-03-02", "ends_on": "2027-03-01", "label": ""}
    refused(client, f"{BASE}/closures", closed, "ends_on", "label")
    settings = dict.fromkeys(("hours_fr", "hours_en", "lender", "terms"), LONG) | {"zone": "A", "keep_names_days": "-1"}
    refused(client, f"{BASE}/closures/settings", settings, "weekdays", *(name for name in settings if name != "zone"))


def test_of_requests(whole_app: Flask, world: LoanWorld) -> None:
    client = desk(whole_app, world)
    asked = {
        "structure": str(world.structure_id), "scenario": str(world.scenario_id), "purpose": "class",
        "first_day": "2020-02-03", "first_half": "am", "last_day": "2020-02-03", "last_half": "pm", "boxes": "0",
        "players": "0", "contact": "",
    }  # fmt: skip
    refused(client, f"{BASE}/loans/new", asked, "first_day", "boxes", "players")
    ahead = {"first_day": "2027-02-03", "last_day": "2027-02-02", "boxes": "1", "players": "9"}
    refused(client, f"{BASE}/loans/new", asked | ahead, "last_day")
    wrong = {"from": "2020-02-03", "to": "2020-02-03", "boxes": "0", "players": "0", "email": "x", "phone": "x"}
    texts = dict.fromkeys(("contact_name", "purpose_note", "place", "notes"), LONG)
    visitor = visitor_of(whole_app, world)
    visitor.get("/my/loans")
    refused(visitor, "/my/loans/new", values(world) | wrong | texts, *wrong.keys() - {"to"}, *texts)


def test_of_what_happens_at_the_desk(whole_app: Flask, world: LoanWorld) -> None:
    client, loan = desk(whole_app, world), agreed(world)
    page = f"{BASE}/loans/{loan.reference}/boxes/{loan.box_codes[0]}"
    now = at(whole_app, "2027-02-01 am")
    refused(
        client, f"{page}/hand-over", BOTH | counted(loan) | {"given_by": "x" * 121, "note": LONG}, "given_by", "note"
    )
    out(loan, now)
    refused(client, f"{page}/return", BOTH | counted(loan) | {"players_counted": "-1"}, "players_counted")
    back(loan, at(whole_app, "2027-02-03 pm"))
    db.session.remove()
    broken = {"condition": "out_of_service"} | counted(loan)
    refused(client, f"{page}/check", broken, "out_reason")
    refused(client, f"{page}/check", broken | {"out_reason": "lost", "out_until": "2020-01-01"}, "out_until")
    played = {"players_counted": "-1", "revision": str(get_loan(loan.id).revision)}
    refused(client, f"{BASE}/loans/{loan.reference}/players", played, "players_counted")
