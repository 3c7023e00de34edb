"""Contents of scenarios and boxes: their order, whose counts are whose, what follows for boxes, and pages that are not fresh."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import ThingKey, count_box, put_out_of_service, set_in_service
from app.boxes.queries import get_box, list_contents, list_items
from app.boxes.rows import BoxRow
from app.core.transaction import transaction
from app.loans.drafts import CountDraft
from app.loans.operations.handling import take_back
from app.reports.queries.box_history import box_history
from tests.factories import NOW
from tests.integration.loans.test_desk_counts import BOTH, agreed, at, desk, out
from tests.integration.loans.world import STAFF, LoanWorld, make_world

BASE = "/manage/boxes"
FIELD = re.compile(r"<input[^>]*>")
Form = dict[str, str]


@pytest.fixture
def world(whole_app: Flask) -> LoanWorld:
    return make_world(boxes=3)


@pytest.fixture
def client(whole_app: Flask, world: LoanWorld) -> FlaskClient:
    return desk(whole_app, world)


def box(world: LoanWorld, n: int = 0) -> BoxRow:
    return get_box(world.organiser_id, world.code(world.box_ids[n]))


def told(world: LoanWorld, n: int = 0) -> dict[str, tuple[int, int | None]]:
    return {c.name_fr: (c.expected, c.present) for c in list_contents(box(world, n))}


def count(world: LoanWorld, n: int = 0, **present: int) -> None:
    """By the first word of a thing: Cadenas=3."""
    keys = {
        c.name_fr.split()[0]: ThingKey(c.item_id, None if c.item_id else c.box_item_id)
        for c in list_contents(box(world, n))
    }
    with transaction():
        counts = {keys[name]: number for name, number in present.items()}
        count_box(world.box_ids[n], counts, organiser_id=world.organiser_id, by=STAFF, now=NOW)


def filled(text: str) -> Form:
    """What a browser would send of the page’s form."""
    found: Form = {}
    for tag in FIELD.findall(text.split("<main")[1]):
        values = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in values and (values.get("type") != "checkbox" or " checked" in tag):
            found[html.unescape(values["name"])] = html.unescape(values.get("value", ""))
    return found


def line(form: Form, name: str, field: str) -> str:
    """The field of the line whose thing is called that."""
    at_name = next(key for key, value in form.items() if value == name and key.endswith((".name", ".name_fr")))
    return f"{at_name.rpartition('.')[0]}.{field}"


def things(client: FlaskClient, world: LoanWorld) -> tuple[str, Form]:
    page = f"{BASE}/scenarios/{world.scenario.code}/contents"
    return page, filled(client.get(page).text)


def test_things_are_put_in_order_and_keep_their_counts(client: FlaskClient, world: LoanWorld) -> None:
    page, form = things(client, world)
    form |= {"items.2.name_fr": "Lampe", "items.2.quantity": "1"}
    assert client.post(page, data=form).status_code == 302
    count(world, Cadenas=3, Feuille=20, Lampe=1)
    for moved, number, order in (
        ("Lampe", "1", ["Lampe", "Cadenas", "Feuille de réponses"]),
        ("Lampe", "2", ["Cadenas", "Lampe", "Feuille de réponses"]),
        ("Cadenas", "", ["Lampe", "Feuille de réponses", "Cadenas"]),
        ("Feuille de réponses", "-5", ["Feuille de réponses", "Lampe", "Cadenas"]),
    ):
        _page, form = things(client, world)
        assert client.post(page, data={**form, line(form, moved, "order"): number}).status_code == 302
        assert [item.name_fr for item in list_items(world.scenario_id)] == order
    _page, form = things(client, world)
    answer = client.post(page, data=form, follow_redirects=True).text
    assert "Rien n’était différent" in answer
    counted = {"Feuille de réponses": (30, 20), "Lampe": (1, 1), "Cadenas": (4, 3)}
    assert told(world) == counted
    # Two lines exchange what they name: that is another order, whoever writes it so.
    swapped = dict(form)
    for field in ("name_fr", "quantity"):
        a, b = line(form, "Lampe", field), line(form, "Cadenas", field)
        swapped |= {a: form[b], b: form[a]}
    assert client.post(page, data=swapped).status_code == 302
    assert [i.name_fr for i in list_items(world.scenario_id)] == ["Feuille de réponses", "Cadenas", "Lampe"]
    assert told(world) == counted
    # A thing put in between by writing all lines anew one further down; and one that gets a new name.
    _page, form = things(client, world)
    pushed = {
        "items.1.name_fr": "Clé",
        "items.2.name_fr": "Cadenas",
        "items.3.name_fr": "Lampe UV",
        "items.3.quantity": "1",
    }
    assert client.post(page, data=form | pushed | {"items.1.quantity": "2", "items.2.quantity": "4"}).status_code == 302
    assert told(world)["Cadenas"] == (4, 3)
    assert told(world)["Clé"] == (2, None)
    _page, form = things(client, world)
    assert client.post(page, data={**form, line(form, "Cadenas", "name_fr"): "Cadenas à code"}).status_code == 302
    assert told(world)["Cadenas à code"] == (4, 3)


def test_what_is_wrong_stands_at_the_line_that_it_is_typed_in(client: FlaskClient, world: LoanWorld) -> None:
    page, form = things(client, world)
    below = line(form, "Cadenas", "restock_below")
    answer = client.post(page, data={**form, below: "2", line(form, "Cadenas", "order"): "9", "items.4.name_fr": "Clé"})
    assert answer.status_code == 422
    assert 'id="items.0.restock_below-error">Seulement pour un consommable' in answer.text
    assert 'id="items.4.quantity-error">Il manque cette réponse' in answer.text


def test_boxes_are_ready_or_incomplete_as_the_contents_say(client: FlaskClient, world: LoanWorld) -> None:
    values: dict[str, Any] = {"organiser_id": world.organiser_id, "by": STAFF, "now": NOW}
    for n in range(3):
        count(world, n, Cadenas=4, Feuille=30)
    with transaction():
        put_out_of_service(world.box_ids[1], OutReason.BROKEN, until=None, today=NOW.date(), **values)
        set_in_service(world.box_ids[2], incomplete=True, **values)
    page, form = things(client, world)
    assert client.post(page, data={**form, line(form, "Cadenas", "quantity"): "6"}).status_code == 302
    ready, out_of_service, incomplete = BoxCondition.READY, BoxCondition.OUT_OF_SERVICE, BoxCondition.INCOMPLETE
    assert [box(world, n).condition for n in range(3)] == [incomplete, out_of_service, incomplete]
    lines = [entry.change for entry in box_history(world.box_ids[0], now=NOW).lines if entry.change]
    assert "box.found_incomplete" in {entry.verb for entry in lines}
    _page, form = things(client, world)
    assert client.post(page, data={**form, line(form, "Cadenas", "quantity"): "4"}).status_code == 302
    assert [box(world, n).condition for n in range(3)] == [ready, out_of_service, ready]
    # More of a consumable makes nothing incomplete, nor does it take back what somebody said of a box.
    with transaction():
        set_in_service(world.box_ids[2], incomplete=True, **values)
    _page, form = things(client, world)
    assert client.post(page, data={**form, line(form, "Feuille de réponses", "quantity"): "50"}).status_code == 302
    assert [box(world, n).condition for n in range(3)] == [ready, out_of_service, incomplete]
    # A box of which another number is expected, without a count.
    here = f"{BASE}/all/{box(world).code}/contents"
    form = filled(client.get(here).text)
    answer = client.post(here, data={**form, line(form, "Cadenas", "expected"): "5"}, follow_redirects=True)
    assert "Il manque quelque chose" in answer.text
    assert box(world).condition is incomplete
    assert (
        client.post(here, data=filled(client.get(here).text) | {line(form, "Cadenas", "expected"): ""}).status_code
        == 302
    )
    assert (box(world).condition, told(world)["Cadenas"]) == (ready, (4, 4))


def test_a_page_that_is_not_fresh_undoes_no_count(whole_app: Flask, client: FlaskClient, world: LoanWorld) -> None:
    loan = agreed(world)
    held = loan.loan_boxes[0].box_id
    n = world.box_ids.index(held)
    here = f"{BASE}/all/{box(world, n).code}/contents"
    count(world, n, Cadenas=4, Feuille=30)
    out(loan, at(whole_app, "2027-02-01 am"))
    page = client.get(here).text
    before = filled(page)
    assert "Ne la comptez ici que si elle est devant vous" in page
    found = CountDraft(counted=1, item_id=list_contents(box(world, n))[0].item_id)
    with transaction():
        take_back(loan.id, held, **BOTH, counts=[found], by=STAFF, now=at(whole_app, "2027-02-03 pm"))
    assert "devant vous" not in client.get(here).text
    typed = {
        line(before, "Feuille de réponses", "note"): "papier jaune",
        "lines.3.name": "Bâche",
        "lines.3.expected": "2",
    }
    answer = client.post(here, data=before | typed)
    assert answer.status_code == 409
    assert "Quelqu’un a enregistré cette fiche" in answer.text
    assert "Cadenas, Compté : 4 avant, 1 maintenant" in answer.text
    assert told(world, n)["Cadenas"] == (4, 1)
    again = filled(answer.text)
    kept = (again[line(again, "Cadenas", "present")], again[line(again, "Feuille de réponses", "note")])
    assert (*kept, again[line(again, "Bâche", "expected")]) == ("1", "papier jaune", "2")
    assert client.post(here, data=again).status_code == 302
    assert told(world, n) == {
        "Cadenas": (4, 1), "Feuille de réponses": (30, 30), "Bâche": (2, None)
    }  # fmt: skip
    assert "Rien n’était différent" in client.post(here, data=filled(client.get(here).text), follow_redirects=True).text


def test_contents_that_change_under_a_page_lose_nothing_typed(client: FlaskClient, world: LoanWorld) -> None:
    here = f"{BASE}/all/{box(world).code}/contents"
    count(world, Cadenas=4)
    before = filled(client.get(here).text)
    page, form = things(client, world)
    changed = {line(form, "Cadenas", "name_fr"): "", "items.2.name_fr": "Lampe", "items.2.quantity": "1"}
    assert client.post(page, data=form | changed).status_code == 302
    answer = client.post(here, data={**before, line(before, "Feuille de réponses", "present"): "12"})
    assert answer.status_code == 409
    assert "Cadenas : retiré" in answer.text
    assert "Lampe : ajouté" in answer.text
    assert client.post(here, data=filled(answer.text)).status_code == 302
    assert told(world) == {"Feuille de réponses": (30, 12), "Lampe": (1, None)}
    # Of the same page, a second desk that changed the same field is told of what stands there now; what it typed stays.
    first = second = filled(client.get(here).text)
    at_lamp = line(first, "Lampe", "present")
    assert client.post(here, data={**first, at_lamp: "1"}).status_code == 302
    answer = client.post(here, data={**second, at_lamp: "0"})
    assert "Lampe, Compté : – avant, 1 maintenant" in answer.text
    assert filled(answer.text)[at_lamp] == "0"
    # A line that no page offers is nobody's.
    forged = filled(client.get(here).text) | {"lines.0.item_id": "999999", "lines.0.was": "x"}
    assert client.post(here, data=forged).status_code == 409
