"""The dry run: each kind of problem at its line and column, with its value."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core.text import normalise_phone
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventKind
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind
from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.mapping import propose
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import make_plan, plan_file
from app.registrations.importing.wording import PROBLEMS, say_problem
from app.sheets.problems import Problem
from app.sheets.reading import read_sheet
from tests.factories import PARIS, forum, make_event, make_organiser
from tests.integration.importing.files import (
    CLASS,
    GOOD,
    HEADER,
    cell,
    csv_of,
    day_cell,
    hour_cell,
    make_talents,
    xlsx_of,
)

pytestmark = pytest.mark.usefixtures("sqlite_app")


def place(problem: Problem) -> tuple[int, str, str, str]:
    for locale in ("fr", "en"):
        assert "%(" not in say_problem(problem, locale)
    assert problem.code in PROBLEMS
    return problem.line, problem.column, problem.code, problem.value


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"Courriel": "manon.lambertexample.org"}, "Courriel", "email_at"),
        ({"Courriel": "manon@example"}, "Courriel", "email_ending"),
        ({"Téléphone": "06 39 98 10"}, "Téléphone", "phone_digits"),
        ({"Téléphone": "demander à Paul"}, "Téléphone", "phone_letters"),
        ({"Courriel": "", "Téléphone": ""}, "Courriel", "contact_missing"),
        ({"Nom": "", "Prénom": ""}, "Nom", "required"),
        ({"Nom": "L" * 130}, "Nom", "too_long"),
        ({"Prénom": "L" * 500}, "Prénom", "too_long"),
        ({"Nom": "=1+1"}, "Nom", "formula"),
        ({"Prénom": "@SOMME(A1)"}, "Prénom", "formula"),
        ({"Commune": "-2+3"}, "Commune", "formula"),
        ({"Public": "Martiens"}, "Public", "unknown_audience"),
        ({"Public": ""}, "Public", "required"),
        ({"Date": "13/10/2021"}, "Date", "unknown_day"),
        ({"Date": "lundi"}, "Date", "date_shape"),
        ({"Date": "31/02/2021"}, "Date", "date_shape"),
        ({"Date": ""}, "Date", "required"),
        ({"Créneau": "09h10"}, "Créneau", "unknown_wave"),
        ({"Créneau": "matin"}, "Créneau", "time_shape"),
        ({"Créneau": ""}, "Créneau", "required"),
        ({**CLASS, "Code UAI": "0219100D"}, "Code UAI", "uai_letter"),
        ({**CLASS, "Code UAI": "219100"}, "Code UAI", "uai_shape"),
        ({**CLASS, "Effectif élèves": "douze"}, "Effectif élèves", "headcount"),
        ({**CLASS, "Effectif élèves": ""}, "Effectif élèves", "required"),
        ({**CLASS, "Effectif élèves": "0"}, "Effectif élèves", "out_of_range"),
        ({**CLASS, "Accompagnateurs": "-1"}, "Accompagnateurs", "formula"),
        ({"Effectif élèves": "0"}, "Effectif élèves", "headcount"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(changes: dict[str, str], column: str, code: str) -> None:
    bad = GOOD | changes
    plan = plan_file(make_talents(), csv_of(GOOD | {"Courriel": "autre@example.org"}, bad))
    assert [place(p) for p in plan.problems] == [(3, column, code, bad.get(column, ""))]
    assert (plan.bad_lines, [e.line for e in plan.new]) == ([3], [2])


def test_several_problems_of_a_line_are_all_told() -> None:
    plan = plan_file(make_talents(), csv_of(GOOD | {"Courriel": "x", "Créneau": "7h", "Téléphone": "1"}))
    assert [(p.column, p.code) for p in plan.problems] == [
        ("Créneau", "unknown_wave"),
        ("Courriel", "email_at"),
        ("Téléphone", "phone_digits"),
    ]
    assert plan.problems[2].facts == {"figures": 1}


def test_a_lost_letter_is_a_warning_and_is_imported() -> None:
    plan = plan_file(make_talents(), csv_of(GOOD | {"Nom": "Nguy?n"}))
    assert [(*place(p), p.warning) for p in plan.problems] == [(2, "Nom", "lost_letter", "Nguy?n", True)]
    assert (plan.bad_lines, len(plan.new)) == ([], 1)


def test_cells_beyond_the_header_are_a_problem() -> None:
    content = csv_of(GOOD).replace(b"Dijon\r\n", b"Dijon;bord;\r\n")
    plan = plan_file(make_talents(), content)
    assert [place(p) for p in plan.problems] == [(2, "", "too_many_cells", "Manon Lambert")]


def test_repeated_lines_and_people_are_told_with_the_first_one() -> None:
    other_name = GOOD | {"Nom": "Leroy", "Créneau": "10h20"}
    no_mail = GOOD | {"Courriel": "", "Nom": "Roux"}
    later = no_mail | {"Date": "12/10/2021"}
    plan = plan_file(make_talents(), csv_of(GOOD, GOOD, other_name, no_mail, later))
    assert [(*place(p), p.facts) for p in plan.problems] == [
        (3, "", "repeated_line", "Manon Lambert", {"first": 2}),
        (4, "Courriel", "repeated_person", "manon.lambert@example.org", {"first": 2}),
        (6, "Téléphone", "repeated_person", "06 39 98 10 10", {"first": 5}),
    ]


def test_one_teacher_may_bring_two_classes() -> None:
    plan = plan_file(make_talents(), csv_of(CLASS, CLASS | {"Classe": "3e C", "Créneau": "09h40"}))
    assert (plan.problems, plan.people) == ((), 60)


def test_lines_above_count_when_a_wave_fills() -> None:
    second = CLASS | {"Classe": "3e C", "Effectif élèves": "20"}
    alone = GOOD | {"Courriel": "seul@example.org"}
    plan = plan_file(make_talents(capacity=31), csv_of(CLASS, second, alone, alone | {"Courriel": "b@example.org"}))
    assert [(*place(p), p.facts) for p in plan.problems] == [
        (3, "Créneau", "wave_full", "09h00", {"left": 1, "people": 22}),
        (5, "Créneau", "wave_full", "09h00", {"left": 0, "people": 1}),
    ]


def test_an_audience_that_may_not_come_then_is_told() -> None:
    event = make_talents(allotments=(AllotmentDraft("school", max_groups=1), AllotmentDraft("family", max_people=0)))
    plan = plan_file(event, csv_of(CLASS, CLASS | {"Classe": "3e C"}, GOOD))
    assert [(p.line, p.code, p.facts["left"]) for p in plan.problems] == [
        (3, "audience_full", 0),
        (4, "audience_full", 0),
    ]


def test_an_audience_that_the_event_does_not_accept_is_told() -> None:
    event = make_event(make_organiser(), forum(audiences=("school",)))
    line = GOOD | {"Date": "04/02/2027", "Public": "Famille"}
    plan = plan_file(event, csv_of(line))
    assert [place(p) for p in plan.problems] == [(2, "Public", "audience_not_here", "Famille")]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Scolaires", "school"),
        ("scolaire", "school"),
        ("Demandeur d'emploi", "job_seeker"),
        ("DEMANDEURS D’EMPLOI", "job_seeker"),
        ("Demandeuse d'emploi", None),
        ("Prescripteur de l'emploi", "employment_prescriber"),
        ("Prescripteur de l'orientation", "guidance_prescriber"),
        ("Étudiante", "student"),
        ("Étudiant·e·s", "student"),
        ("Familles", "family"),
        ("Professionnelle", None),
        ("job seeker", "job_seeker"),
        ("job_seeker", "job_seeker"),
    ],
)
def test_words_for_audiences(word: str, code: str | None) -> None:
    plan = plan_file(make_talents(), csv_of(GOOD | {"Public": word}))
    assert [e.draft.audience for e in plan.new] == ([code] if code else [])


@pytest.mark.parametrize("hour", ["09h40", "9h40", "9 h 40", "9:40", "09:40:00", "9.40", "9:40 am"])
@pytest.mark.parametrize("day", ["11/10/2021", "11.10.2021", "11-10-21", "2021-10-11"])
def test_dates_and_hours_in_many_shapes(day: str, hour: str) -> None:
    event = make_talents()
    plan = plan_file(event, csv_of(GOOD | {"Date": day, "Créneau": hour}))
    assert [e.draft.waves for e in plan.new] == [(event.waves[1].id,)]


def test_spreadsheet_that_took_telephones_for_numbers_is_read_right() -> None:
    values = {name: cell(text) for name, text in GOOD.items()} | {"Téléphone": cell(639981010)}
    values |= {"Date": day_cell(datetime(2021, 10, 11)), "Créneau": hour_cell(9, 0)}  # noqa: DTZ001
    content = xlsx_of([cell(name) for name in HEADER], [values.get(name, cell("")) for name in HEADER])
    plan = plan_file(make_talents(), content)
    assert [e.draft.contact.phone for e in plan.new] == [normalise_phone("06 39 98 10 10")]


def test_group_and_individual_are_told_apart() -> None:
    job_seekers = GOOD | {"Public": "Demandeur d'emploi", "Effectif élèves": "12", "Accompagnateurs": "1"}
    one = GOOD | {"Effectif élèves": "1", "Courriel": "seul@example.org"}
    plan = plan_file(make_talents(), csv_of(job_seekers, one))
    assert [(e.draft.kind, e.draft.headcount.people) for e in plan.new] == [
        (RegistrationKind.GROUP, 13),
        (RegistrationKind.INDIVIDUAL, 1),
    ]


def test_places_tell_waves_of_one_hour_apart() -> None:
    start = datetime(2021, 10, 11, 9, tzinfo=PARIS)
    waves = tuple(
        WaveDraft(start, start + timedelta(hours=1), 10, place=town, host=host)
        for town, host in (("Longvic", "Imprimerie du Canal"), ("Dijon", "Clinique des Remparts"))
    )
    event = make_event(
        make_organiser(),
        forum(kind=EventKind.OPEN_WEEK, starts_at=start, ends_at=start + timedelta(hours=8), waves=waves),
    )
    header = (*HEADER, "Entreprise d’accueil")
    lines = [
        GOOD | {"Entreprise d’accueil": host, "Courriel": f"{n}@example.org"}
        for n, host in enumerate(("clinique des remparts", "Longvic", "Ailleurs", ""))
    ]
    plan = plan_file(event, csv_of(*lines, header=header))
    assert [e.draft.waves for e in plan.new] == [(event.waves[1].id,), (event.waves[0].id,)]
    assert [(p.line, p.code) for p in plan.problems] == [(4, "unknown_place"), (5, "several_waves")]


def test_training_on_two_dates_takes_all_of_them() -> None:
    event = make_event(make_organiser(), replace(forum(), enrolment=Enrolment.ALL))
    plan = plan_file(event, csv_of(GOOD, header=("Nom", "Prénom", "Courriel", "Public")))
    assert [e.draft.waves for e in plan.new] == [tuple(w.id for w in event.waves)]


def test_missing_columns_are_refused_by_name() -> None:
    with pytest.raises(ImportRefused) as caught:
        plan_file(make_talents(), csv_of(GOOD, header=("Nom", "Courriel")))
    assert (caught.value.code, caught.value.facts) == ("missing_columns", {"columns": "date time audience"})


def test_draft_event_takes_no_import(sqlite_app: Flask) -> None:
    event = make_event(make_organiser(), forum(), publish=False)
    with pytest.raises(ImportRefused) as caught:
        plan_file(event, csv_of(GOOD))
    assert caught.value.code == "not_open"


def test_order_of_lines_does_not_change_who_somebody_is() -> None:
    event = make_talents()
    keys = [{e.draft.import_key for e in planned(event, *lines).new} for lines in ((GOOD, CLASS), (CLASS, GOOD))]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 2


def planned(event: EventRow, *lines: dict[str, str]) -> Plan:
    sheet = read_sheet(csv_of(*lines))
    return make_plan(event, sheet, propose(sheet.header))
