"""The list as CSV: what is on the screen, streamed, noted before the first byte and after the last."""

from datetime import timedelta
from itertools import islice

import pytest
from flask import current_app
from sqlalchemy import select

import app.reports.exports as exports
from app.accounts.enums import EventFunction, Role
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Enrolment
from app.registrations.operations import cancel_registration
from app.reports.enums import ExportFormat
from app.reports.exports import STRUCTURES
from app.reports.models import Export
from app.reports.queries.exports import LONGEST_DOWNLOAD, ExportState
from app.structures.drafts import ContactDraft, StructureDraft
from app.structures.models import StructureContact, StructureKind
from app.structures.operations.contacts import add_contact
from app.structures.operations.directory import create_structure
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.exports.conftest import (
    ANSWER,
    FORMULA,
    PEOPLE,
    World,
    ask_xlsx,
    csv_rows,
    require_none_of,
    xlsx_rows,
)

PATH = "registrations.csv?column=name&column=email&column=people&column=created_at&sort=people&dir=desc"


def test_the_list_of_the_screen_in_its_columns_and_order(world: World) -> None:
    owner = world.member(Role.OWNER)
    rows = csv_rows(owner, f"{world.base}/{PATH}")
    assert rows[0][:3] == ["Nom", "Adresse mail", "Effectif"]
    assert rows[1][0].startswith("Lambert")
    assert rows[1][2:] == ["30", "11/01/2027 10:00"]
    assert [row[2] for row in rows[2:]] == ["1"] * 3
    answer = owner.get(f"{world.base}/{PATH}")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{world.event.slug}-inscriptions-2027-01-11.csv"'
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_reads_english_gets_commas_and_english_words(world: World) -> None:
    rows = csv_rows(world.member(Role.OWNER, lang="en"), f"{world.base}/{PATH}", ",")
    assert rows[0][:3] == ["Name", "E-mail address", "Headcount"]
    assert rows[1][2:] == ["30", "2027-01-11 10:00"]
    assert world.log()[0].file_name.endswith("-registrations-2027-01-11.csv")


def test_times_are_instants_and_telephones_are_written_as_people_type_them(world: World) -> None:
    """A spreadsheet sorts and filters by them; « jeu. 4, 9 h 00 » tells nobody of which month."""
    owner, path = world.member(Role.OWNER), f"{world.base}/registrations.csv?column=name&column=waves&column=phone"
    head, *rows = csv_rows(owner, path)
    family = next(row for row in rows if row[0] == "Faivre, Zoé")
    assert (head[-2:], family[-2:]) == (["Vague", "Téléphone"], ["04/02/2027 09:00", "06 39 98 01 07"])
    ask_xlsx(owner, world, column=["name", "waves", "phone"])
    world.work()
    of_file = xlsx_rows(owner.get(f"{world.base}/exports/{world.log()[0].id}/file").get_data())
    assert next(row[1] for row in of_file if row[0] == "Faivre, Zoé").isoformat() == "2027-02-04T09:00:00"
    several = make_event(world.organiser_id, forum(enrolment=Enrolment.SEVERAL, title_fr="Portes ouvertes"))
    make_registration(several, class_draft(several, waves=tuple(wave.id for wave in several.waves)))
    both = csv_rows(owner, f"/manage/events/{several.slug}/registrations.csv?column=waves")[1]
    assert both[-1] == "04/02/2027 09:00, 04/02/2027 09:40"


def test_nothing_is_said_of_who_came_before_their_time(world: World) -> None:
    """As on the screen: nobody is missing yet."""
    owner, path = world.member(Role.OWNER), f"{world.base}/registrations.csv?column=arrival"
    assert {row[-1] for row in csv_rows(owner, path)[1:]} == {""}
    set_clock(current_app.extensions, DAY_ONE + timedelta(hours=8))
    assert "Personne n’est venu" in {row[-1] for row in csv_rows(owner, path)[1:]}


def test_answers_are_columns_and_formulas_are_texts(world: World) -> None:
    key = world.event.questions[0].key
    rows = csv_rows(world.member(Role.MANAGER), f"{world.base}/registrations.csv?column=name&column=answer:{key}")
    assert rows[0][1:] == ["Que cherchez-vous ?"]
    assert ANSWER in [row[1] for row in rows]
    assert [cell for row in rows for cell in row if "HYPERLINK" in cell] == [f"'{FORMULA}"]


def test_filters_narrow_the_file_as_they_narrow_the_screen(world: World) -> None:
    owner, path = world.member(Role.OWNER), f"{world.base}/registrations.csv?column=name"
    assert len(csv_rows(owner, f"{path}&audience=school")) == 2
    assert len(csv_rows(owner, f"{path}&q=faivre")) == 2
    assert len(csv_rows(owner, f"{path}&q=nobody-of-that-name")) == 1
    gone = make_registration(world.event, class_draft(world.event, waves=(world.event.waves[1].id,)))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    assert len(csv_rows(owner, f"{path}&status=cancelled")) == 2


def test_who_sees_no_people_s_data_takes_none_out(world: World) -> None:
    """Whatever columns, filters and order they write into the address."""
    viewer, key = world.member(Role.VIEWER), world.event.questions[0].key
    hostile = f"column=name&column=email&column=phone&column=answer:{key}&column=people&column=reference"
    for args in (hostile, f"{hostile}&sort=name&dir=desc", f"{hostile}&sort=answer:{key}"):
        answer = viewer.get(f"{world.base}/registrations.csv?{args}")
        assert answer.status_code == 200
        require_none_of(PEOPLE, answer.get_data())
        assert answer.get_data().count(b"\r\n") == 5
    assert len(csv_rows(viewer, f"{world.base}/registrations.csv?q=Lambert")) == 1
    assert [line.personal for line in world.log()] == [False] * 4
    assert viewer.get(f"{world.base}/registrations.csv?answer:{key}={ANSWER}").status_code == 400


def test_the_schools_partner_takes_their_rows_out_and_others_nothing(world: World) -> None:
    _, schools = world.partner(EventFunction.SCHOOLS)
    rows = csv_rows(schools, f"{world.base}/registrations.csv?column=name&column=email")
    assert len(rows) == 2
    assert world.log()[0].filters.rows == "groups_and_schools"
    for function in (EventFunction.DOOR, EventFunction.FIGURES, EventFunction.PROGRAMME, EventFunction.OFFERS):
        assert world.partner(function)[1].get(f"{world.base}/registrations.csv").status_code == 403
    assert world.member(Role.DOOR).get(f"{world.base}/registrations.csv").status_code == 403
    elsewhere = world.member(Role.OWNER, organiser_id=make_organiser("Ailleurs"))
    assert elsewhere.get(f"{world.base}/registrations.csv").status_code == 404
    assert len(world.log()) == 1


def test_each_export_is_noted_with_its_columns_filters_and_rows(world: World) -> None:
    csv_rows(world.member(Role.OWNER), f"{world.base}/registrations.csv?column=name&column=phone&audience=school&q=lam")
    (line,) = world.log()
    assert (line.what, line.format, line.personal, line.rows) == ("registrations", ExportFormat.CSV, True, 1)
    assert line.columns == ("name", "phone")
    assert ("audience", "school") in line.filters.args
    assert line.filters.words == ("mots cherchés", "Public\N{NO-BREAK SPACE}: Scolaires")
    stored = db.session.execute(select(Export.filters)).scalar_one()
    assert "lam" not in str(stored)  # nor is it in the log, which stays as long
    assert ("q", "") in line.filters.args
    assert line.finished_at is not None
    assert line.created_at <= line.finished_at
    assert line.state(NOW) is ExportState.DONE
    entry = next(e for e in list_history(f"event:{world.event.id}") if e.verb == "export.made")
    assert entry.actor_label == "Inès Roux owner"
    assert entry.details["rows"] == 1
    assert "lam" not in str(entry.details)  # the history is kept for ever: who was looked for is not


def test_a_download_that_breaks_off_has_no_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is there before the first byte, with the rows as counted; its end comes after the last byte alone."""
    monkeypatch.setattr(exports, "ROWS_A_PART", 1)
    answer = world.member(Role.OWNER).get(f"{world.base}/registrations.csv", buffered=False)
    assert len(list(islice(answer.response, 2))) == 2
    answer.close()
    (line,) = world.log()
    assert (line.rows, line.finished_at) == (4, None)
    assert line.state(NOW) is ExportState.AT_WORK
    assert line.state(line.created_at + LONGEST_DOWNLOAD) is ExportState.STOPPED


def test_asking_for_the_head_alone_takes_nothing_out(world: World) -> None:
    owner = world.member(Role.OWNER)
    for path in (f"{world.base}/registrations.csv", "/manage/structures.csv"):
        answer = owner.head(path)
        assert answer.status_code == 200
        assert answer.get_data() == b""
    assert world.log() == ()


def test_an_address_that_means_nothing_breaks_nothing(world: World) -> None:
    owner = world.member(Role.OWNER)
    for args in (
        "column=nothing&sort=nothing&dir=x", "wave=99999999999999999999&page=-1", "q=%00", "status=x&answer:=1", "size=a",
        "q=" + 5000 * "x", "column=" + "&column=".join(["name"] * 300),
    ):  # fmt: skip
        assert owner.get(f"{world.base}/registrations.csv?{args}").status_code in {200, 400}, args


def test_the_directory_of_structures_names_nobody(world: World) -> None:
    with transaction():
        structure_id = create_structure(
            StructureDraft(StructureKind.COMPANY, "=Tuilerie", commune="Beaune"),
            organiser_id=world.organiser_id, by=SYSTEM, now=NOW,
        )  # fmt: skip
        contact = ContactDraft("Sabine Morizot", "Direction", "sabine.morizot@example.org")
        add_contact(structure_id, contact, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    assert db.session.execute(select(StructureContact.id)).scalar_one()
    viewer = world.member(Role.VIEWER)
    rows = csv_rows(viewer, "/manage/structures.csv?sort=people")
    assert rows[0][:5] == ["Nom", "Type", "Commune", "UAI", "SIRET"]
    named = {row[0]: row for row in rows[1:]}
    assert named["'=Tuilerie"][2] == "Beaune"
    assert named["'=Tuilerie"][5] == "1"
    assert named["Collège des Trois-Rivières"][6] == "30"
    assert "Morizot" not in str(rows)
    assert len(csv_rows(viewer, "/manage/structures.csv?q=Morizot")) == 1
    assert len(csv_rows(world.member(Role.OWNER), "/manage/structures.csv?q=Morizot")) == 2
    assert [line.what for line in world.log()] == [STRUCTURES] * 3
    assert [(line.event_id, line.personal) for line in world.log()] == [(None, False)] * 3
    assert world.member(Role.DOOR).get("/manage/structures.csv").status_code == 403


@pytest.mark.parametrize("lost", ["wave=99999", "structure=99999", "status=gone"])
def test_a_filter_that_means_nothing_gives_no_file_and_says_why(world: World, lost: str) -> None:
    owner = world.member(Role.OWNER, lang="en")
    answer = owner.get(f"{world.base}/registrations.csv?status=confirmed&{lost}")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "This filter means nothing any more" in answer.text
    assert lost.partition("=")[2] in answer.text
    assert f'href="{world.base}/registrations?status=confirmed"' in answer.text
    assert owner.post(f"{world.base}/exports?{lost}").status_code == 400
    assert world.log() == (), "nothing was taken out"
    page = owner.get(f"{world.base}/exports/new?status=confirmed&{lost}").text
    assert "was left out" in page
    assert f'href="{world.base}/registrations.csv?status=confirmed"' in page, "the file is what the page says"
    assert owner.get(f"{world.base}/registrations.csv?status=confirmed&page=7&lang=en").status_code == 200


def test_a_filter_by_what_one_does_not_see_gives_no_file_either(world: World) -> None:
    viewer = world.member(Role.VIEWER, lang="en")
    answer = viewer.get(f"{world.base}/registrations.csv?oriented_by=Mission")
    assert answer.status_code == 400
    assert "which you do not see" in answer.text
    require_none_of(PEOPLE, answer.text)
