"""The organiser's pages of boxes, scenarios, facilitators and closures: what they show, save and refuse."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition
from app.boxes.queries import (
    get_box,
    get_scenario,
    list_boxes,
    list_contents,
    list_facilitators,
    list_files,
    list_items,
    list_to_restock,
)
from app.core.clock import set_clock
from app.resources.settings import get_settings, list_closures
from tests.factories import NOW, make_member, make_organiser
from tests.integration.guards.walking import sign_in_as

DATA = Path(__file__).parents[2] / "data"
BASE = "/manage/boxes"


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    return make_organiser("Creativ")


@pytest.fixture
def client(whole_app: Flask, organiser_id: int) -> FlaskClient:
    return sign_in_as(whole_app, make_member(organiser_id, Role.MANAGER)[0])


@pytest.fixture
def stocked(whole_app: Flask, organiser_id: int) -> int:
    args = ["import", "boxes", "creativ", str(DATA / "boites.csv"), "--contents", str(DATA / "contenu_boites.csv")]
    assert whole_app.test_cli_runner().invoke(args=args).exit_code == 0
    return organiser_id


def picture() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "PNG")
    made.seek(0)
    return made


def test_empty_pages_say_what_comes_first(client: FlaskClient) -> None:
    for path, words in (
        ("/all", "Aucune boîte"), ("/scenarios", "Aucun scénario"), ("/facilitators", "Aucun animateur"),
        ("/closures", "Aucune fermeture"), ("/restock", "Rien à racheter"), ("/all/new", "Une boîte a besoin"),
        ("/import", "Importer des boîtes"),
    ):  # fmt: skip
        answer = client.get(BASE + path)
        assert answer.status_code == 200, path
        assert words in answer.text, path


def test_a_scenario_with_contents_and_boxes_is_made_by_hand(client: FlaskClient, organiser_id: int) -> None:
    form = {
        "code": "soft 2", "kind": "game", "title_fr": "Compétences", "players_min": "3", "players_max": "6",
        "minutes": "45", "before_halves": "1", "after_halves": "2", "asks_accreditation": "y", "value": "400",
    }  # fmt: skip
    assert client.post(f"{BASE}/scenarios/new", data={**form, "players_max": "2"}).status_code == 422
    assert client.post(f"{BASE}/scenarios/new", data={**form, "before_halves": ""}).status_code == 422
    assert client.post(f"{BASE}/scenarios/new", data=form).status_code == 302
    scenario = get_scenario(organiser_id, "SOFT-2")
    assert (scenario.after_halves, scenario.value_cents, scenario.listed) == (2, 40_000, False)
    lines = {
        "revision": str(scenario.revision), "items.0.name_fr": "Piles", "items.0.quantity": "6",
        "items.0.consumable": "y", "items.0.restock_below": "4", "items.1.name_fr": "Lampe", "items.1.quantity": "zéro",
        "items.2.name_fr": "",
    }  # fmt: skip
    for wrong in (
        {}, {"items.1.name_fr": "", "items.1.quantity": "2"}, {"items.1.name_fr": "piles", "items.1.quantity": "2"},
    ):  # fmt: skip
        assert client.post(f"{BASE}/scenarios/SOFT-2/contents", data={**lines, **wrong}).status_code == 422, wrong
    done = client.post(f"{BASE}/scenarios/SOFT-2/contents", data={**lines, "items.1.quantity": "1"})
    assert done.status_code == 302
    assert [(i.name_fr, i.quantity, i.restock_below) for i in list_items(scenario.id)] == [
        ("Piles", 6, 4), ("Lampe", 1, None)
    ]  # fmt: skip
    box = {"scenario": "SOFT-2", "code": "soft-2-a", "depot": "Siège", "wear": "good"}
    assert client.post(f"{BASE}/all/new", data=box).status_code == 302
    assert "code" in client.post(f"{BASE}/all/new", data=box).text
    assert [b.code for b in list_boxes(organiser_id)] == ["SOFT-2-A"]
    late = {**form, "code": "SOFT-2", "revision": "1"}
    assert client.post(f"{BASE}/scenarios/SOFT-2/edit", data=late).status_code == 409
    assert client.get(f"{BASE}/scenarios/SOFT-2").status_code == 200


def test_a_box_breaks_is_counted_and_comes_back_incomplete(client: FlaskClient, stocked: int) -> None:
    here = f"{BASE}/all/SANTE-1-A"
    page = client.get(here).text
    assert "Lampe UV" in page
    assert client.post(f"{here}/out", data={"reason": "broken", "until": "2020-01-01"}).status_code == 422
    assert client.post(f"{here}/out", data={"reason": "broken", "note": "Lampe cassée"}).status_code == 302
    assert get_box(stocked, "SANTE-1-A").condition is BoxCondition.OUT_OF_SERVICE
    assert "Lampe cassée" in client.get(here).text
    lines = {"revision": str(get_box(stocked, "SANTE-1-A").revision)}
    for n, content in enumerate(list_contents(get_box(stocked, "SANTE-1-A"))):
        present = {"Lampe UV": 0, "Piles AAA": 2}.get(content.name_fr, content.expected)
        lines |= {
            f"lines.{n}.item_id": str(content.item_id), f"lines.{n}.name": content.name_fr,
            f"lines.{n}.expected": str(content.expected), f"lines.{n}.present": str(present),
        }  # fmt: skip
    own = {"lines.9.name": "Affiche", "lines.9.expected": "1", "lines.9.present": "1"}
    assert client.post(f"{here}/contents", data={**lines, **own}).status_code == 302
    assert client.post(f"{here}/service").status_code == 302
    box = get_box(stocked, "SANTE-1-A")
    assert box.condition is BoxCondition.INCOMPLETE
    assert {c.name_fr: c.missing for c in list_contents(box) if c.missing} == {"Lampe UV": 1, "Piles AAA": 4}
    assert [(line.name_fr, line.wanted) for line in list_to_restock(stocked)] == [("Piles AAA", 4)]
    assert "Piles AAA" in client.get(f"{BASE}/restock").text
    assert client.get(f"{here}/contents").status_code == 200


def test_a_box_that_should_be_back_is_asked_after_on_the_lists(
    whole_app: Flask, client: FlaskClient, stocked: int
) -> None:
    day = (NOW + timedelta(days=5)).date().isoformat()
    assert client.post(f"{BASE}/all/SOFT-A/out", data={"reason": "broken", "until": day}).status_code == 302
    asked = "1 boîte devait revenir en service"
    assert asked not in client.get(f"{BASE}/all").text
    set_clock(whole_app.extensions, NOW + timedelta(days=5))
    for page in ("", "/all", "/returns"):
        assert asked in client.get(BASE + page).text, page
    assert client.post(f"{BASE}/all/SOFT-A/service").status_code == 302
    assert asked not in client.get(f"{BASE}/all").text


def test_lists_are_searched_and_labels_printed(client: FlaskClient, stocked: int) -> None:
    assert client.get(f"{BASE}/all").text.count("row-link") == 15
    assert client.get(f"{BASE}/all?q=medicales").text.count("row-link") == 3
    assert client.get(f"{BASE}/all?scenario=SOFT&condition=ready").text.count("row-link") == 3
    assert client.get(f"{BASE}/all?page=9").text.count("row-link") == 15
    assert "Aucune boîte ne correspond" in client.get(f"{BASE}/all?q=rien").text
    labels = client.get(f"{BASE}/labels.pdf?box=SOFT-A")
    assert (labels.status_code, labels.data[:5]) == (200, b"%PDF-")


def test_a_label_leads_staff_to_the_box_and_others_to_the_catalogue(
    whole_app: Flask, client: FlaskClient, stocked: int
) -> None:
    box = get_box(stocked, "SOFT-A")
    assert client.get(f"/b/{box.label}").headers["Location"].endswith("/manage/boxes/all/SOFT-A")
    visitor = whole_app.test_client()
    assert "/boxes/" in visitor.get(f"/b/{box.label}").headers["Location"]
    assert "/manage" not in visitor.get(f"/b/{box.label}").headers["Location"]
    assert visitor.get("/b/nothing").status_code == 404


def test_photos_are_drawn_anew_and_anything_else_refused(client: FlaskClient, stocked: int) -> None:
    here = f"{BASE}/all/SOFT-A"
    assert client.post(f"{here}/photos", data={"file": (io.BytesIO(b"<svg/>"), "a.png")}).status_code == 422
    assert client.post(f"{here}/photos", data={"file": (picture(), "boite.png"), "note": "Face"}).status_code == 302
    file = list_files(box_id=get_box(stocked, "SOFT-A").id)[0]
    served = client.get(f"{BASE}/files/{file.token}")
    assert (served.mimetype, served.data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert "sandbox" in served.headers["Content-Security-Policy"]
    guide = f"{BASE}/scenarios/SOFT/guide"
    assert client.post(guide, data={"file": (picture(), "guide.pdf")}).status_code == 422
    assert client.post(guide, data={"file": (io.BytesIO(b"%PDF-1.7 x"), "guide.pdf")}).status_code == 302
    assert "Lire le guide" in client.get(f"{BASE}/scenarios/SOFT").text
    assert client.post(f"{guide}/removal").status_code == 302
    assert client.post(f"{here}/photos/{file.token}/removal").status_code == 302
    assert list_files(box_id=get_box(stocked, "SOFT-A").id) == []


def test_facilitators_are_accredited_and_withdrawn(client: FlaskClient, stocked: int) -> None:
    here = f"{BASE}/facilitators"
    person = {"name": "Aline Perrin", "email": "Aline.Perrin@example.org", "structure": ""}
    assert client.post(f"{here}/new", data=person).status_code == 302
    assert client.post(f"{here}/new", data={**person, "name": "A. Perrin"}).status_code == 422
    row = list_facilitators(stocked)[0]
    grant = {"scenario": "SOFT", "granted_on": "2026-01-05", "note": "Formée en 2020"}
    assert client.post(f"{here}/{row.id}/accreditations", data={**grant, "note": ""}).status_code == 422
    assert client.post(f"{here}/{row.id}/accreditations", data=grant).status_code == 302
    held = list_facilitators(stocked)[0].accreditations[0]
    assert "SOFT" in client.get(here).text
    gone = f"{here}/{row.id}/accreditations/{held.id}/withdrawal"
    assert client.post(gone, data={"note": "Partie"}).status_code == 302
    assert list_facilitators(stocked)[0].accreditations[0].withdrawn_note == "Partie"
    assert client.get(f"{here}/{row.id}").status_code == 200
    assert client.post(f"{here}/{row.id}/end").status_code == 302
    assert list_facilitators(stocked) == []
    assert "Aline Perrin" in client.get(f"{here}?ended=1").text


def test_closures_and_settings_are_kept(client: FlaskClient, organiser_id: int) -> None:
    here = f"{BASE}/closures"
    closure = {"starts_on": "2099-08-01", "ends_on": "2099-08-20", "label": "Fermeture d’été"}
    assert client.post(here, data={**closure, "ends_on": "2099-07-01"}).status_code == 422
    assert client.post(here, data=closure).status_code == 302
    assert "Du 1er au 20 août 2099" in client.get(here).text
    assert client.post(here, data={**closure, "label": "Encore"}).status_code == 422
    assert client.post(here, data={**closure, "starts_on": "2020-01-01", "ends_on": "2020-01-02"}).status_code == 422
    row = list_closures(organiser_id)[0]
    assert "Fermeture d’été" in client.get(here).text
    assert client.get(f"{here}/settings").headers["Location"] == here
    assert client.post(f"{here}/{row.id}/removal").status_code == 302
    assert list_closures(organiser_id) == []
    assert client.post(f"{here}/settings", data={"zone": "A"}).status_code == 422
    settings = {"zone": "B", "weekdays": ["0", "1", "5"], "lender": "Creativ", "keep_names_days": "365"}
    assert client.post(f"{here}/settings", data=settings).status_code == 302
    assert get_settings(organiser_id).weekdays == "015"


def test_a_file_is_checked_then_written_without_being_sent_again(client: FlaskClient, organiser_id: int) -> None:
    def sent() -> dict[str, tuple[io.BytesIO, str]]:
        return {
            "file": (io.BytesIO((DATA / "boites.csv").read_bytes()), "boites.csv"),
            "contents": (io.BytesIO((DATA / "contenu_boites.csv").read_bytes()), "contenu.csv"),
        }

    page = client.post(f"{BASE}/import", data=sent()).text
    kept = [part.split('"')[0] for part in page.split('name="kept" value="')[1:]]
    assert (len(kept), list_boxes(organiser_id)) == (2, [])
    assert client.post(f"{BASE}/import", data={"action": "write", "kept": kept}).status_code == 302
    assert len(list_boxes(organiser_id)) == 15
    assert "est déjà là" in client.post(f"{BASE}/import", data=sent()).text
    assert client.post(f"{BASE}/import", data={"action": "write", "kept": ["???"]}).status_code == 422


def test_a_viewer_sees_boxes_and_changes_nothing(whole_app: Flask, stocked: int) -> None:
    viewer = sign_in_as(whole_app, make_member(stocked, Role.VIEWER)[0])
    page = viewer.get(f"{BASE}/all/SOFT-A")
    assert (page.status_code, "/edit" in page.text) == (200, False)
    assert viewer.get(f"{BASE}/facilitators").status_code == 403
    assert viewer.post(f"{BASE}/all/SOFT-A/service").status_code == 403


def test_a_box_leaves_the_inventory_and_comes_back(client: FlaskClient, stocked: int) -> None:
    assert client.post(f"{BASE}/all/SOFT-A/archive").status_code == 302
    assert len(list_boxes(stocked)) == 14
    assert client.post(f"{BASE}/scenarios/SOFT/archive").status_code == 302
    assert get_scenario(stocked, "SOFT").archived_at is None
    assert client.post(f"{BASE}/all/SOFT-A/restoration").status_code == 302
    assert len(list_boxes(stocked)) == 15
