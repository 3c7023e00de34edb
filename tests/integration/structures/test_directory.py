"""The directory: found as one types, made and changed without losing a colleague’s work, archived when never used."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.drafts import Organisation
from app.reports.queries.structures import DirectoryFilter, Order, list_directory
from app.structures.drafts import StructureDraft
from app.structures.errors import StructureUsed
from app.structures.models import Structure, StructureKind
from app.structures.operations.directory import archive_structure, change_structure
from app.structures.queries import get_structure
from app.structures.rules import name_key, search_text
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, person_draft
from tests.integration.structures.conftest import make_contact, make_structure

FORM = {"kind": "school", "name": "Lycée du Suzon", "uai": "0219359J", "commune": "Dijon"}


def found(organiser_id: int, text: str, *, contacts: bool = True) -> list[str]:
    return [line.name for line in list_directory(organiser_id, DirectoryFilter(text, contacts=contacts)).lines]


def test_structures_are_found_by_any_part_whatever_the_case_and_accents(organiser_id: int) -> None:
    lycee = make_structure(organiser_id, "Lycée d’Œuvres-Vives", uai="0219322U", commune="Chenôve")
    make_structure(organiser_id, "Atelier du Suzon", kind="company", commune="Longvic", siret="73282932000074")
    make_contact(lycee, organiser_id)
    make_structure(make_organiser("Ailleurs"), "Lycée d’ailleurs")
    for text in ("lycee", "OEUVRES", "chenove vives", "0219322u", "Morizot", "sabine.morizot@"):
        assert found(organiser_id, text) == ["Lycée d’Œuvres-Vives"], text
    assert found(organiser_id, "73282932000074") == ["Atelier du Suzon"]
    assert found(organiser_id, "lycee longvic") == []
    assert found(organiser_id, "%") == []
    assert found(organiser_id, "Morizot", contacts=False) == []


def test_the_list_narrows_sorts_and_pages(organiser_id: int, desk: FlaskClient) -> None:
    with transaction():
        for number in range(120):
            name = f"École {number:03d}"
            kind = StructureKind.SCHOOL if number % 2 else StructureKind.COMPANY
            db.session.execute(
                insert(Structure).values(
                    organiser_id=organiser_id, kind=kind, name=name, name_key=name_key(name), created_at=NOW,
                    commune="Dijon" if number < 60 else "Beaune", search_text=search_text(name, "Dijon"),
                )
            )  # fmt: skip
    first = list_directory(organiser_id, DirectoryFilter())
    assert (len(first.lines), first.total, first.lines[0].name) == (50, 120, "École 000")
    last = list_directory(organiser_id, DirectoryFilter(), page=3)
    assert [last.lines[0].name, last.lines[-1].name] == ["École 100", "École 119"]
    narrowed = DirectoryFilter(kinds=frozenset({StructureKind.SCHOOL}), communes=frozenset({"Beaune"}))
    page = list_directory(organiser_id, narrowed, descending=True)
    assert (page.total, page.lines[0].name) == (30, "École 119")
    assert list_directory(organiser_id, DirectoryFilter(), order=Order.COMMUNE).lines[0].commune == "Beaune"
    html = desk.get("/manage/structures?q=ecole&kind=school&commune=Beaune&sort=name&dir=desc").get_data(as_text=True)
    assert "<b>30 structures</b> of 120" in html
    assert html.index("École 119") < html.index("École 061")
    assert "Rows 101 to 120 of 120" in desk.get("/manage/structures?page=99").get_data(as_text=True)
    assert desk.get("/manage/structures?page=x&sort=x&dir=x&kind=x&commune=%00").status_code in {200, 400}


def test_figures_and_sorting_by_people_count_what_stands(organiser_id: int) -> None:
    event = make_event(organiser_id)
    make_registration(event)
    lone = make_structure(organiser_id, "Lycée sans personne", commune="Beaune")
    page = list_directory(organiser_id, DirectoryFilter(), order=Order.PEOPLE, descending=True)
    assert [(line.name, line.people, line.events) for line in page.lines] == [
        ("Collège des Trois-Rivières", 30, 1),
        ("Lycée sans personne", 0, 0),
    ]
    assert page.lines[0].latest == event.starts_at
    assert page.lines[1].id == lone


def test_the_directory_takes_the_same_statements_whatever_its_length(organiser_id: int) -> None:
    for number in (1, 2):
        make_structure(organiser_id, f"École {number}", commune=f"Ville {number}")
        with counted_statements() as counted:
            list_directory(organiser_id, DirectoryFilter("ecole", contacts=True), order=Order.PEOPLE)
        assert int(counted) == 5


def test_five_thousand_structures_are_searched_in_no_time(organiser_id: int) -> None:
    rows = [
        {
            "organiser_id": organiser_id, "kind": StructureKind.SCHOOL, "name": f"École {n} des Tilleuls",
            "name_key": f"ecole {n} des tilleuls", "commune": f"Ville {n % 300}", "created_at": NOW,
            "search_text": f"ecole {n} des tilleuls ville {n % 300}",
        }
        for n in range(5000)
    ]  # fmt: skip
    with transaction():
        db.session.execute(insert(Structure), rows)
    wanted = DirectoryFilter("tilleuls ville 12", contacts=True)
    list_directory(organiser_id, wanted)
    begun = time.perf_counter()
    page = list_directory(organiser_id, wanted)
    assert (time.perf_counter() - begun, page.total > 100) < (0.5, True)


def test_making_one_says_every_problem_at_its_field_and_keeps_what_was_typed(desk: FlaskClient) -> None:
    sent = {"kind": "company", "name": "", "siret": "73282932000075", "uai": "021", "website": "nulle part"}
    answer = desk.post("/manage/structures/new", data=sent)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field, message in (
        ("name", "This answer is missing."),
        ("siret", "These figures do not go together. Read the SIRET again."),
        ("uai", "A UAI has 7 figures and a letter, for example 0210001M."),
        ("website", "Write the address of the site"),
    ):
        assert f'id="{field}-error"' in html
        assert message in html
    assert 'value="73282932000075"' in html
    assert 'value="nulle part"' in html
    assert desk.post("/manage/structures/new", data={"kind": "planet", "name": "X"}).status_code == 422


def test_a_number_stands_once_and_the_page_leads_to_whose_it_is(organiser_id: int, desk: FlaskClient) -> None:
    answer = desk.post("/manage/structures/new", data=FORM)
    assert answer.status_code == 302
    assert "Lycée du Suzon" in desk.get(answer.headers["Location"]).get_data(as_text=True)
    again = desk.post("/manage/structures/new", data=FORM | {"name": "Un autre", "uai": "0219359j "})
    assert again.status_code == 422
    html = again.get_data(as_text=True)
    assert "Another structure has this UAI already." in html
    assert answer.headers["Location"] in html
    other = make_organiser("Ailleurs")
    assert make_structure(other, "Lycée du Suzon", uai="0219359J")


def test_nothing_of_a_colleague_is_written_over_unseen(organiser_id: int, desk: FlaskClient) -> None:
    structure_id = make_structure(organiser_id, commune="Dijon")
    here = f"/manage/structures/{structure_id}"
    mine = {"kind": "school", "name": "Lycée des Quatre-Vents", "commune": "Dijon", "revision": "1"}
    theirs = StructureDraft(StructureKind.SCHOOL, "Lycée des Quatre-Vents", commune="Dijon", address="3 rue Haute")
    with transaction():
        change_structure(structure_id, theirs, organiser_id=organiser_id, revision=1, by=SYSTEM, now=NOW)
    answer = desk.post(f"{here}/edit", data=mine | {"notes": "Ma note"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Parcours saved this page while you were writing" in html
    assert "Street and number: “3 rue Haute”" in html
    assert "Ma note" in html
    assert 'name="revision" type="hidden" value="2"' in html
    assert get_structure(structure_id, organiser_id=organiser_id).address == "3 rue Haute"
    knowingly = desk.post(f"{here}/edit", data=mine | {"revision": "2", "address": "3 rue Haute", "notes": "Ma note"})
    assert knowingly.status_code == 302
    kept = get_structure(structure_id, organiser_id=organiser_id)
    assert (kept.address, kept.notes, kept.revision) == ("3 rue Haute", "Ma note", 3)
    change = list_history(f"structure:{structure_id}")[0]
    assert (change.verb, change.details) == ("structure.changed", {"changed": {"notes": ["", "Ma note"]}})


def test_only_what_was_never_used_is_archived_and_it_comes_back(organiser_id: int, desk: FlaskClient) -> None:
    event = make_event(organiser_id)
    make_registration(event)
    used = db.session.execute(select(Structure.id)).scalar_one()
    with pytest.raises(StructureUsed), transaction():
        archive_structure(used, organiser_id=organiser_id, by=SYSTEM, now=NOW)
    assert desk.post(f"/manage/structures/{used}/archive").status_code == 302
    unused = make_structure(organiser_id, "Lycée jamais venu", commune="Dijon")
    desk.post(f"/manage/structures/{unused}/archive")
    assert "Lycée jamais venu" not in desk.get("/manage/structures").get_data(as_text=True)
    assert "Lycée jamais venu" in desk.get("/manage/structures?archived=1").get_data(as_text=True)
    body = Organisation("lycee JAMAIS venu", "", "2de 1", "DIJON")
    make_registration(event, class_draft(event, organisation=body, participants=10, companions=1))
    assert get_structure(unused, organiser_id=organiser_id).archived_at is None


def test_a_registration_finds_the_structure_however_it_writes_it(organiser_id: int) -> None:
    known = make_structure(organiser_id, "Collège des Trois-Rivières", commune="Dijon")
    event = make_event(organiser_id)
    make_registration(event)
    rows = db.session.execute(select(Structure.id, Structure.uai)).all()
    assert rows == [(known, "0219100C")]
    mission = make_structure(organiser_id, "Mission Locale du bassin", kind="public_service", commune="Beaune")
    draft = person_draft(event, organisation=Organisation("Mission locale du bassin", commune="Genlis"))
    make_registration(event, draft)
    assert db.session.execute(select(Structure.id).order_by(Structure.id)).scalars().all() == [known, mission]


def test_who_may_not_see_people_sees_no_contact(organiser_id: int, log_in: Callable[[int, Role], FlaskClient]) -> None:
    structure_id = make_structure(organiser_id)
    make_contact(structure_id, organiser_id)
    viewer = log_in(organiser_id, Role.VIEWER)
    html = viewer.get(f"/manage/structures/{structure_id}").get_data(as_text=True)
    assert "Morizot" not in html
    assert "sabine" not in html
    assert "Your role does not show people’s names and addresses." in html
    assert "Lycée" not in viewer.get("/manage/structures?q=morizot").get_data(as_text=True)
    for path in ("/edit", "/merge", "/contacts/new"):
        assert viewer.get(f"/manage/structures/{structure_id}{path}").status_code == 403
    assert log_in(organiser_id, Role.DOOR).get("/manage/structures").status_code == 403


def test_another_organiser_finds_none_of_it(
    organiser_id: int, log_in: Callable[[int, Role], FlaskClient], whole_app: Flask
) -> None:
    structure_id = make_structure(organiser_id)
    contact_id = make_contact(structure_id, organiser_id)
    stranger = log_in(make_organiser("Ailleurs"), Role.OWNER)
    here = f"/manage/structures/{structure_id}"
    for path in ("", "/edit", "/merge", "/contacts/new", f"/contacts/{contact_id}", f"/merge/{structure_id}"):
        assert stranger.get(here + path).status_code == 404, path
    for path in (
        "/archive",
        "/restore",
        "/edit",
        "/unmerge",
        f"/contacts/{contact_id}/link",
        f"/contacts/{contact_id}/end",
    ):
        assert stranger.post(here + path, data=FORM).status_code == 404, path
    assert "Quatre-Vents" not in stranger.get("/manage/structures").get_data(as_text=True)
