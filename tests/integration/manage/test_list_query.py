"""What a list holds and in which order: the same on both databases, for whoever may see it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.enums import EventFunction, Role
from app.accounts.rules import Access
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import Choice, QuestionRow
from app.registrations.drafts import Contact, Headcount, Organisation
from app.registrations.enums import RegistrationStatus, Source
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from app.reports.lists import ArgList, ListQuery, list_columns, read_query
from app.reports.queries.list_choices import list_choices, name_structures
from app.reports.queries.list_neighbours import find_neighbours
from app.reports.queries.registration_list import (
    RegistrationPage,
    count_rows,
    find_ids,
    iter_lines,
    list_registrations,
)
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure
from tests.conftest import counted_statements
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)

QUESTIONS = (
    QuestionRow("", QuestionKind.CHOICE, "Repas", choices=(Choice("viande", "Viande"), Choice("legumes", "Légumes"))),
    QuestionRow("", QuestionKind.SEVERAL, "Ateliers", choices=(Choice("bois", "Bois"), Choice("fer", "Fer"))),
    QuestionRow("", QuestionKind.CONSENT, "Photos"),
    QuestionRow("", QuestionKind.NUMBER, "Âge"),
)
Ask = Callable[..., list[str]]


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Four registrations: a class that came in part, a class in the bin beside them, three people, one of them cancelled."""
    later = DAY_ONE + timedelta(minutes=40)
    waves = (WaveDraft(DAY_ONE, later, 500), WaveDraft(later, later + timedelta(minutes=40), 500))
    made = make_event(make_organiser(), forum(waves=waves))
    with transaction():
        for question in QUESTIONS:
            save_question(made.id, question, by=SYSTEM, now=NOW)
    event = get_event(made.slug)
    abel = make_registration(event, class_draft(
        event, contact=Contact("Zoé Abel", "zoe@example.org"), organisation=Organisation("Lycée Élan", "", "3e B", "Écully"),
        source=Source.STAFF, answers={"repas": "legumes", "ateliers": ["bois", "fer"], "age": 9},
    ))  # fmt: skip
    make_registration(event, person_draft(
        event, contact=Contact("Bea Morel", "bea@example.org", "+33639980745"), oriented_by="Mission locale",
        waves=(event.waves[1].id,), answers={"repas": "viande", "ateliers": ["fer"], "photos": True, "age": 100},
        organisation=Organisation(commune="Beaune"),
    ))  # fmt: skip
    make_registration(event, person_draft(
        event, contact=Contact("Élie Morel", "elie@example.org"), audience="family", answers={"age": 20},
        organisation=Organisation(commune="Dijon"),
    ), now=NOW + timedelta(minutes=1))  # fmt: skip
    gone = make_registration(event, person_draft(event, contact=Contact("Ada Sorbier", "ada@example.org")))
    binned = make_registration(event, class_draft(event, contact=Contact("Abbé Binne", "bin@example.org")))
    scan = ScanInput(str(uuid4()), abel.ticket_code, event.checkpoints[0].id, Direction.IN, DAY_ONE, Headcount(20, 1))
    with transaction():
        record_scans(event, "Porte A", [scan], now=DAY_ONE)
        cancel_registration(gone.id, reason="malade", code="illness", by=SYSTEM, now=NOW + timedelta(hours=1))
        cancel_registration(binned.id, by=SYSTEM, now=NOW)
        db.session.execute(update(Registration).where(Registration.id == binned.id).values(deleted_at=NOW))
    return event


@pytest.fixture
def ask(event: EventRow) -> Ask:
    """The mails' first part, of each row that an address lists: the owner's list."""

    def asked(said: str = "", access: Access | None = None) -> list[str]:
        seen = access or Access(event.organiser_id, role=Role.OWNER)
        query = read_query(ArgList(part.split("=", 1) for part in said.split("&") if part), event, seen)
        page = list_registrations(event, query, seen)
        assert [line.id for line in page.lines] == find_ids(event, query, seen)
        assert page.shown.listed == count_rows(event, query, seen) == len(page.lines)
        owner = replace(seen, role=Role.OWNER)
        by_id = {line.id: line.contact_email.partition("@")[0] for line in iter_lines(event, ListQuery(), owner)}
        return [by_id[line.id] for line in page.lines]

    return asked


NARROWED: tuple[tuple[str, list[str]], ...] = (
    ("", ["zoe", "bea", "elie", "ada"]),
    ("q=ELIE", ["elie"]),
    ("q=élan 3e", ["zoe"]),
    ("q=0639980745", ["bea"]),
    ("q=%", []),
    ("q=morel&status=cancelled", []),
    ("status=cancelled&status=waitlisted", ["ada"]),
    ("audience=family&audience=school", ["zoe", "elie"]),
    ("kind=group", ["zoe"]),
    ("source=staff", ["zoe"]),
    ("oriented_by=Mission locale", ["bea"]),
    ("day=2027-02-04", ["zoe", "bea", "elie", "ada"]),
    ("arrival=some", ["zoe"]),
    ("arrival=nobody", ["bea", "elie"]),
    ("arrival=nobody&arrival=some&kind=group", ["zoe"]),
    ("cancel_code=illness", ["ada"]),
    ("answer:repas=viande&answer:repas=-", ["bea", "elie", "ada"]),
    ("answer:ateliers=fer", ["zoe", "bea"]),
    ("answer:ateliers=bois", ["zoe"]),
    ("answer:ateliers=-", ["elie", "ada"]),
    ("answer:photos=yes", ["bea"]),
    ("answer:photos=-&answer:repas=legumes", ["zoe"]),
)


def test_narrowing(ask: Ask) -> None:
    for said, found in NARROWED:
        assert ask(said) == found, said


def test_waves_and_structures(ask: Ask, event: EventRow) -> None:
    owner = Access(event.organiser_id, role=Role.OWNER)
    assert ask(f"wave={event.waves[1].id}") == ["bea"]
    assert ask(f"wave={event.waves[1].id}&wave={event.waves[0].id}&status=confirmed") == ["zoe", "bea", "elie"]
    [(structure_id, name)] = list_choices(event, owner).structures
    assert (name, list_choices(event, owner).oriented_by) == ("Lycée Élan", ("Mission locale",))
    assert ask(f"structure={structure_id}") == ["zoe"]
    assert list_choices(event, Access(event.organiser_id, role=Role.VIEWER)).oriented_by == ()


SORTED: tuple[tuple[str, list[str]], ...] = (
    ("name", ["zoe", "bea", "elie", "ada"]),
    ("organisation", ["zoe", "bea", "elie", "ada"]),
    ("commune", ["bea", "elie", "zoe", "ada"]),  # Écully among the letters, nothing last
    ("people", ["bea", "elie", "ada", "zoe"]),
    ("waves", ["zoe", "elie", "ada", "bea"]),
    ("audience", ["zoe", "bea", "ada", "elie"]),
    ("status", ["zoe", "bea", "elie", "ada"]),
    ("arrival", ["bea", "elie", "zoe", "ada"]),
    ("came", ["bea", "elie", "ada", "zoe"]),
    ("created_at", ["zoe", "bea", "ada", "elie"]),
    ("cancelled_at", ["ada", "zoe", "bea", "elie"]),
    ("oriented_by", ["bea", "zoe", "elie", "ada"]),
    ("phone", ["bea", "zoe", "elie", "ada"]),
    ("answer:repas", ["bea", "zoe", "elie", "ada"]),
    ("answer:age", ["zoe", "elie", "bea", "ada"]),  # 9, 20, 100: numbers, not texts
    ("answer:photos", ["bea", "zoe", "elie", "ada"]),
)


def test_sorting(ask: Ask) -> None:
    for sort, found in SORTED:
        assert ask(f"sort={sort}") == found, sort


def test_what_is_empty_stays_last_whichever_way(ask: Ask) -> None:
    assert ask("sort=commune&dir=desc") == ["zoe", "elie", "bea", "ada"]
    assert ask("sort=answer:age&dir=desc") == ["bea", "elie", "zoe", "ada"]
    assert ask("dir=desc") == ["ada", "elie", "bea", "zoe"]


def test_every_column_sorts_and_narrows_alike_in_a_fixed_number_of_statements(ask: Ask, event: EventRow) -> None:
    owner = Access(event.organiser_id, role=Role.OWNER)
    counts = set()
    for column in list_columns(event, owner):
        for narrowed in ("", "&q=e", "&arrival=nobody&answer:age=1&answer:photos=-"):
            for way in ("", "&dir=desc"):
                assert set(ask(f"sort={column.key}{way}{narrowed}")) <= {"zoe", "bea", "elie", "ada"}
                query = read_query(
                    ArgList(p.split("=", 1) for p in f"sort={column.key}{way}".split("&") if p), event, owner
                )
                with counted_statements() as counted:
                    list_registrations(event, query, owner)
                counts.add(int(counted))
    assert counts == {4}


def test_who_sees_no_names_finds_nobody_by_them(ask: Ask, event: EventRow) -> None:
    viewer = Access(event.organiser_id, role=Role.VIEWER)
    for hidden in ("morel", "elie", "bea@example.org", "0639980745", "zoe"):
        assert ask(f"q={hidden}", viewer) == []
    assert ask("q=ELAN 3e b écully", viewer) == ["zoe"]
    assert ask("q=dijon", viewer) == ["elie"]
    lines = list_registrations(event, ListQuery(), viewer).lines
    assert [line.reference for line in lines] == sorted(line.reference for line in lines)
    assert ask(f"q={lines[0].reference.lower()}", viewer) == ask(f"q={lines[0].reference.replace('-', '')}", viewer)
    assert len(ask(f"q={lines[0].reference}", viewer)) == 1
    told = [
        (line.name, line.contact_name, line.contact_email, line.contact_phone, line.oriented_by, line.cancel_reason)
        for line in iter_lines(event, ListQuery(), viewer)
    ]
    assert set(told) == {("", "", "", "", "", "")}
    assert all(line.answers == {} for line in iter_lines(event, ListQuery(), viewer))


def test_a_partner_for_schools_has_their_rows_alone(ask: Ask, event: EventRow) -> None:
    partner = Access(event.organiser_id, event.id, functions=frozenset({EventFunction.SCHOOLS}))
    query = ListQuery()
    assert [line.contact_name for line in list_registrations(event, query, partner).lines] == ["Zoé Abel"]
    assert list_registrations(event, query, partner).whole.listed == 1
    assert find_ids(event, replace(query, text="morel"), partner) == []


def test_pages(event: EventRow) -> None:
    owner = Access(event.organiser_id, role=Role.OWNER)
    for n in range(58):
        draft = person_draft(
            event, contact=Contact(f"Noé N{n:03d}", f"n{n}@example.org"), waves=(event.waves[n % 2].id,)
        )
        make_registration(event, draft)

    def page(number: int, **said: object) -> RegistrationPage:
        return list_registrations(event, replace(ListQuery(), **said), owner, page=number)  # type: ignore[arg-type]

    first, second, beyond = page(1), page(2), page(99)
    assert (len(first.lines), len(second.lines), first.pages, second.first) == (50, 12, 2, 51)
    assert beyond == second
    assert not {line.id for line in first.lines} & {line.id for line in second.lines}
    assert len(page(1, size=100).lines) == 62
    costly = {"text": "n0", "answers": (("photos", ("-",)),)}
    assert (len(page(1, **costly).lines), page(99, **costly).number) == (50, 2)
    assert page(1, text="introuvable").lines == ()


def test_pages_of_one_row_make_up_the_list_whatever_narrows_and_sorts_it(event: EventRow) -> None:
    """Pages of the second half are read from the end: what is equal or empty stands there in the same order."""
    owner = Access(event.organiser_id, role=Role.OWNER)
    for said in ("", "q=e", "arrival=nobody", "answer:photos=-"):
        for column in list_columns(event, owner):
            for way in ("asc", "desc"):
                args = ArgList(
                    part.split("=", 1) for part in f"sort={column.key}&dir={way}&{said}".rstrip("&").split("&")
                )
                query = replace(read_query(args, event, owner), size=1)
                ids = find_ids(event, query, owner)
                pages = [list_registrations(event, query, owner, page=number) for number in range(1, len(ids) + 1)]
                assert [line.id for page in pages for line in page.lines] == ids, (said, column.key, way)
                assert {(page.pages, page.shown.listed) for page in pages} == {(len(ids), len(ids))}


def test_answers_are_told_from_texts_that_look_like_them(ask: Ask, event: EventRow) -> None:
    """What somebody writes as an answer is nobody's consent; a kept null is no answer; what is no number has no rank as one."""

    def keep(**answers: dict[str, object]) -> None:
        for who, kept in answers.items():
            mail = Registration.contact_email == f"{who}@example.org"
            with transaction():
                db.session.execute(update(Registration).where(mail).values(answers=kept))

    lookalike = '{"photos": true, "age": 3, "repas": "viande"}'
    keep(
        zoe={"projet": lookalike},
        bea={"photos": None, "projet": "null"},
        elie={"photos": True, "projet": "null"},
        ada={},
    )
    assert ask("answer:photos=yes") == ["elie"]
    assert ask("answer:photos=-") == ["zoe", "bea", "ada"]
    assert ask("answer:repas=viande") == []
    keep(
        zoe={"repas": ["viande"], "ateliers": "fer"}, bea={"repas": "legumes", "projet": "viande"}, ada={"ateliers": []}
    )
    assert ask("answer:repas=viande") == []
    assert ask("answer:repas=legumes&answer:repas=viande") == ["bea"]
    assert ask("answer:ateliers=fer") == []
    keep(
        zoe={"age": "7, 8"},
        bea={"age": -2.5, "projet": lookalike},
        elie={"projet": "x", "age": 3},
        ada={"projet": lookalike},
    )
    ages = ask("sort=answer:age")
    assert [who for who in ages if who in {"bea", "elie"}] == ["bea", "elie"]
    assert ages.index("ada") > ages.index("elie")
    assert ask("sort=answer:age&dir=desc&answer:age=1") == ask("sort=answer:age&dir=desc")


def test_who_stands_beside_whom(event: EventRow) -> None:
    owner = Access(event.organiser_id, role=Role.OWNER)
    zoe, bea, elie, ada = list_registrations(event, ListQuery(), owner).lines
    for position in (0, 2, 1, 40):  # known, unknown, wrong
        beside = find_neighbours(event, ListQuery(), owner, bea.id, position=position)
        assert beside is not None
        assert (beside.position, beside.before, beside.after) == (2, zoe.reference, elie.reference)
    ends = [find_neighbours(event, ListQuery(), owner, line.id, position=at) for line, at in ((zoe, 1), (ada, 4))]
    assert [(end.before, end.after) for end in ends if end] == [(None, bea.reference), (elie.reference, None)]
    narrowed = ListQuery(statuses=frozenset({RegistrationStatus.CANCELLED}))
    assert find_neighbours(event, narrowed, owner, bea.id) is None


def test_the_whole_list_is_read_batch_by_batch(event: EventRow) -> None:
    owner = Access(event.organiser_id, role=Role.OWNER)
    whole = list_registrations(event, ListQuery(), owner).lines
    with counted_statements() as counted:
        assert tuple(iter_lines(event, ListQuery(), owner, batch=3)) == whole
    assert int(counted) == 1 + 2 * 2  # the ids, then rows and waves of two batches


def test_names_of_structures_are_told_to_who_has_their_rows_or_reads_the_directory(event: EventRow) -> None:
    """An id in an address is no way into the directory: a partner knows the structures of their own rows alone."""
    with transaction():
        stranger = create_structure(
            StructureDraft(StructureKind.COMPANY, "Tuilerie"), organiser_id=event.organiser_id, by=SYSTEM, now=NOW
        )
    class_id = make_registration(event, class_draft(event)).id
    found = select(Registration.structure_id).where(Registration.id == class_id)
    school = db.session.execute(found).scalar_one() or 0

    def known(**held: object) -> set[int]:
        access = Access(event.organiser_id, event.id, **held)  # type: ignore[arg-type]
        return set(name_structures(event, [stranger, school], access))

    assert known(role=Role.VIEWER) == known(role=Role.OWNER) == {stranger, school}
    assert known(functions=frozenset({EventFunction.SCHOOLS})) == {school}
    assert known(functions=frozenset({EventFunction.DOOR})) == set()
