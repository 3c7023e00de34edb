"""Structures from a file, in the browser: columns proposed, every problem named, and the same file twice adds nothing twice."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.transaction import transaction
from app.structures.errors import FileNotFound
from app.structures.importing.files import get_content, get_file, list_files, purge_files
from app.structures.models import Structure, StructureContact, StructureImport
from app.structures.operations.merging import Sides, merge_structures
from app.structures.queries import get_structure, list_contacts
from tests.factories import NOW, make_organiser
from tests.integration.structures.conftest import make_contact, make_structure

HEADER = "Établissement;Type;UAI;SIRET;Adresse;Commune;Nom;Prénom;Fonction;Mél;Téléphone\n"
GOOD = (
    "Collège des Trois-Rivières;collège;0219100C;;14 rue Haute;Dijon;Lambert;Manon;Professeure;manon@example.org;\n"
    "Collège des Trois-Rivières;collège;0219100C;;14 rue Haute;Dijon;Garand;Philippe;Principal;;06 39 98 11 02\n"
    "Atelier du Suzon;entreprise;;73282932000074;;Longvic;Roy;Léo;Gérant;leo@example.org;\n"
    "Centre social;association;;;;Talant;;;;;\n"
)
BAD = "Lycée faux;lycée;0219322A;;;Dijon;;;;;\n"
BASE = "/manage/structures/import"


def send(desk: FlaskClient, content: str | bytes, name: str = "annuaire.csv") -> str:
    """The address of the file that was sent."""
    data = content if isinstance(content, bytes) else content.encode()
    answer = desk.post(BASE, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.headers["Location"]


def accept(desk: FlaskClient, path: str) -> str:
    """The report, with the columns as they are proposed."""
    html = desk.get(path).get_data(as_text=True)
    fields = {}
    for number in range(html.count('name="column-')):
        part = html.split(f'name="column-{number}"')[1].split("</select>")[0]
        chosen = [o for o in part.split("<option") if "selected" in o]
        fields[f"column-{number}"] = chosen[0].split('value="')[1].split('"')[0]
    answer = desk.post(path, data=fields)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return desk.get(answer.headers["Location"]).get_data(as_text=True)


def counts() -> tuple[int, int]:
    return (
        db.session.execute(select(func.count()).select_from(Structure)).scalar_one(),
        db.session.execute(select(func.count()).select_from(StructureContact)).scalar_one(),
    )


def imported(desk: FlaskClient, content: str | bytes, work: Callable[[], None], **data: str) -> str:
    """The last page of an import, written."""
    path = send(desk, content)
    accept(desk, path)
    assert desk.post(f"{path}/writing", data=data).headers["Location"] == f"{path}/progress"
    work()
    return desk.get(f"{path}/progress").get_data(as_text=True)


def test_a_file_is_read_checked_and_written(organiser_id: int, desk: FlaskClient, work: Callable[[], None]) -> None:
    path = send(desk, HEADER + GOOD)
    assert "Manon" in desk.get(path).get_data(as_text=True)
    report = accept(desk, path)
    assert "Everything is in order" in report
    assert "Import 3 structures" in report
    assert all(f"<li>{line.split(';')[0]}" in report for line in GOOD.splitlines())
    assert counts() == (0, 0)
    desk.post(f"{path}/writing")
    work()
    assert "The file is imported" in desk.get(f"{path}/progress").get_data(as_text=True)
    assert counts() == (3, 3)
    school = db.session.execute(select(Structure.id).where(Structure.uai == "0219100C")).scalar_one()
    assert {c.name for c in list_contacts(school)} == {"Manon Lambert", "Philippe Garand"}
    assert list_history(f"organiser:{organiser_id}")[0].details["structures"] == 3


def test_the_same_file_again_adds_nothing(organiser_id: int, desk: FlaskClient, work: Callable[[], None]) -> None:
    imported(desk, HEADER + GOOD, work)
    before = counts()
    report = accept(desk, send(desk, HEADER + GOOD))
    assert "Everything in this file is in the directory already" in report
    imported(desk, HEADER + GOOD, work)
    assert counts() == before


def test_what_is_known_stays_and_what_is_missing_is_added(
    organiser_id: int, desk: FlaskClient, work: Callable[[], None]
) -> None:
    structure_id = make_structure(organiser_id, "Collège 3 Rivières", uai="0219100C", phone="06 39 98 12 11")
    make_contact(structure_id, organiser_id, "manon@example.org", "Manon L.")
    page = imported(desk, HEADER + GOOD, work)
    assert "Structures completed" in page
    row = get_structure(structure_id, organiser_id=organiser_id)
    assert (row.name, row.phone, row.address, row.commune) == (
        "Collège 3 Rivières", "+33639981211", "14 rue Haute", "Dijon",
    )  # fmt: skip
    assert [c.name for c in list_contacts(structure_id)] == ["Manon L.", "Philippe Garand"]
    assert counts()[0] == 3


def test_a_structure_that_was_merged_is_found_where_it_is_now(
    organiser_id: int, desk: FlaskClient, work: Callable[[], None]
) -> None:
    kept = make_structure(organiser_id, "Centre social de Talant", commune="Talant", kind="association")
    dropped = make_structure(organiser_id, "Centre social", commune="Talant", kind="association")
    with transaction():
        merge_structures(kept, dropped, frozenset(), sides=Sides(1, 1), organiser_id=organiser_id, by=SYSTEM, now=NOW)
    imported(desk, HEADER + "Centre social;association;;;5 rue Basse;Talant;Roy;Léo;;leo@example.org;\n", work)
    assert counts() == (2, 1)
    assert get_structure(kept, organiser_id=organiser_id).address == "5 rue Basse"
    assert [c.name for c in list_contacts(kept)] == ["Léo Roy"]


def test_lines_with_a_problem_are_named_and_stay_out_only_when_one_says_so(
    organiser_id: int, desk: FlaskClient, work: Callable[[], None]
) -> None:
    path = send(desk, HEADER + GOOD + BAD)
    report = accept(desk, path)
    assert "1 line has a problem" in report
    assert "The letter does not go with the figures. Read the UAI again." in report
    assert "<code>0219322A</code>" in report
    sheet = desk.get(f"{path}/problems.csv").get_data(as_text=True)
    assert sheet.splitlines()[1].startswith("6;UAI;")
    assert desk.post(f"{path}/writing").headers["Location"] == f"{path}/report"
    desk.post(f"{path}/writing", data={"leave_out": "1"})
    work()
    assert counts() == (3, 3)


def test_xlsx_files_are_read_too(organiser_id: int, desk: FlaskClient, work: Callable[[], None]) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate((HEADER + GOOD).splitlines()):
            sheet.write_row(row, 0, line.split(";"))
        sheet.write_number(3, 3, 73282932000074)
    imported(desk, target.getvalue(), work)
    assert counts() == (3, 3)
    assert db.session.execute(select(Structure.siret).where(Structure.siret.is_not(None))).scalars().all() == [
        "73282932000074"
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b"nom\n", "Only one column was found"),
        (b"nom;ville\n\x01;Dijon\n", "This is not a table"),
        (b"PK\x03\x04nonsense", "This file is damaged or is not a table"),
        (HEADER.encode(), "no line under it"),
    ],
)
def test_what_is_no_table_is_refused_in_words(desk: FlaskClient, content: bytes, words: str) -> None:
    answer = desk.post(BASE, data={"file": (io.BytesIO(content), "x.csv")}, content_type="multipart/form-data")
    assert (answer.status_code, words in answer.get_data(as_text=True)) == (422, True)


def test_columns_are_chosen_once_and_a_name_is_needed(desk: FlaskClient) -> None:
    path = send(desk, "Colonne A;Colonne B\nx;y\n")
    none = desk.post(path, data={"column-0": "", "column-1": ""})
    assert none.status_code == 422
    assert "No column says: Name of the structure." in none.get_data(as_text=True)
    twice = desk.post(path, data={"column-0": "name", "column-1": "name"})
    assert twice.status_code == 422
    assert "already" in twice.get_data(as_text=True)
    assert desk.post(path, data={"column-0": "planet"}).status_code == 422
    assert desk.post(BASE, data={}).status_code == 422


def test_it_goes_on_where_it_stopped(organiser_id: int, desk: FlaskClient, work: Callable[[], None]) -> None:
    """The job may run twice: what the first run wrote is found again."""
    path = send(desk, HEADER + GOOD)
    accept(desk, path)
    desk.post(f"{path}/writing")
    desk.post(f"{path}/writing")
    make_structure(organiser_id, "Collège des Trois-Rivières", uai="0219100C", commune="Dijon")
    work()
    assert counts() == (3, 3)
    row = list_files(organiser_id)[0]
    assert (row.tally.structures, row.tally.completed, row.written_at is not None) == (2, 1, True)
    assert get_content(row.id) == b""
    for page in ("", "/report", "/progress", "/problems.csv"):
        assert desk.get(path + page, follow_redirects=True).status_code == 200


def test_files_go_after_seven_days_and_on_request(organiser_id: int, desk: FlaskClient) -> None:
    path = send(desk, HEADER + GOOD)
    desk.post(f"{path}/removal")
    assert desk.get(path).status_code == 404
    file_id = int(send(desk, HEADER + GOOD).rpartition("/")[2])
    with transaction():
        purge_files(now=NOW + timedelta(days=8))
    with pytest.raises(FileNotFound):
        get_file(file_id, organiser_id=organiser_id)


def test_files_are_nobody_elses(
    organiser_id: int, desk: FlaskClient, log_in: Callable[[int, Role], FlaskClient], whole_app: Flask
) -> None:
    path = send(desk, HEADER + GOOD)
    stranger = log_in(make_organiser("Ailleurs"), Role.OWNER)
    for page in ("", "/report", "/progress", "/problems.csv"):
        assert stranger.get(path + page).status_code == 404
    assert stranger.post(f"{path}/writing").status_code == 404
    assert db.session.execute(select(func.count()).select_from(StructureImport)).scalar_one() == 1
    assert log_in(organiser_id, Role.VIEWER).get(BASE).status_code == 403


def test_a_new_contact_completes_a_structure_in_the_plan_and_in_the_end(
    desk: FlaskClient, organiser_id: int, work: Callable[[], None]
) -> None:
    make_structure(organiser_id, "Collège des Trois-Rivières", uai="0219100C", commune="Dijon")
    line = "Collège des Trois-Rivières;collège;0219100C;;;Dijon;Simon;Nora;;nora@example.org;\n"
    path = send(desk, HEADER + line)
    assert "Import 1 structure" in accept(desk, path)
    desk.post(f"{path}/writing")
    work()
    tally = list_files(organiser_id)[0].tally
    assert (tally.structures, tally.completed, tally.contacts) == (0, 1, 1)
