"""The figures and lists of the desk are the same on both databases."""

from dataclasses import replace
from uuid import uuid4

from flask import Flask

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.transaction import transaction
from app.events.queries import get_version
from app.messages.operations import queue_message
from app.registrations.drafts import Contact, Headcount, Statistics
from app.registrations.enums import Gender, RegistrationStatus
from app.registrations.operations.erasing import anonymise
from app.reports.lists import Arrival, ListQuery
from app.reports.queries.dashboard import WaveFigures, get_dashboard
from app.reports.queries.messages import list_mails
from app.reports.queries.palette import find_by_reference, find_registrations
from app.reports.queries.registration_list import list_registrations
from app.reports.queries.statistics import get_declared_totals
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


def test_dashboard_list_and_search(whole_app: Flask) -> None:
    organiser = make_organiser()
    event = make_event(organiser)
    made = make_registration(event, class_draft(event, contact=Contact("Manon Lambert", "manon@example.org")))
    make_registration(event, person_draft(event, contact=Contact("Élodie Œuvrard", "elodie@example.org")))
    scan = ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, Direction.IN, DAY_ONE, Headcount(27, 2))
    with transaction():
        record_scans(event, "Porte A", [scan], now=DAY_ONE)
        queue_message(
            template="event.note", subject=f"event:{event.id}", recipient="a@example.org", locale="fr", params={},
            organiser_id=organiser, now=NOW,
        )  # fmt: skip

    figures = get_dashboard(event, now=DAY_ONE)
    assert (figures.sums.registered.people, figures.sums.came, figures.sums.present) == (31, 29, 29)
    assert figures.arrivals == ((DAY_ONE, 29),)
    assert figures.waves[event.waves[0].id] == WaveFigures(31, 29)
    assert get_declared_totals(event.id).people is None

    owner = Access(organiser, role=Role.OWNER)
    everybody = list_registrations(event, ListQuery(), owner)
    assert [line.name for line in everybody.lines] == ["Lambert, Manon", "Œuvrard, Élodie"]
    assert (everybody.shown.people, everybody.pages) == (31, 1)
    narrow = ListQuery(
        text="oeuvrard", statuses=frozenset({RegistrationStatus.CONFIRMED}), waves=frozenset({event.waves[0].id}),
        audiences=frozenset({"job_seeker"}), arrivals=frozenset({Arrival.NOBODY}),
    )  # fmt: skip
    assert [line.name for line in list_registrations(event, narrow, owner).lines] == ["Œuvrard, Élodie"]
    some = list_registrations(event, ListQuery(arrivals=frozenset({Arrival.SOME})), owner)
    assert [(line.name, line.came) for line in some.lines] == [("Lambert, Manon", 29)]

    assert [found.name for found in find_registrations([owner], "ELODIE")] == ["Œuvrard, Élodie"]
    assert find_by_reference([owner], made.reference.lower()) == (event.slug, made.reference)
    mails = list_mails(owner)
    assert [(m.contact_name, m.event_slug) for m in mails] == [
        ("", ""), ("Élodie Œuvrard", event.slug), ("Manon Lambert", event.slug),
    ]  # fmt: skip
    assert [m.contact_name for m in list_mails(replace(owner, event_id=event.id), before=mails[1].id)] == [
        "Manon Lambert"
    ]


def test_declared_answers_count_in_fives_in_the_order_of_registration(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(asks_statistics=True))

    def declare(gender: Gender, times: int) -> None:
        for _ in range(times):
            make_registration(event, person_draft(event, statistics=Statistics(gender=gender)))

    seen = []
    for gender, times in ((Gender.WOMAN, 4), (Gender.WOMAN, 1), (Gender.MAN, 4), (Gender.MAN, 1), (Gender.OTHER, 4)):
        declare(gender, times)
        totals = get_declared_totals(event.id)
        seen.append((totals.people, totals.answers["gender"]["woman"], totals.answers["gender"]["man"]))
    # one more answer never shows by itself; « other » hides the smaller of two equal figures with it
    assert seen == [(None, None, None), (5, 5, None), (5, 5, None), (10, None, 5), (10, None, 5)]
    with counted_statements() as counted:
        get_declared_totals(event.id)
    assert int(counted) == 1


def test_answers_of_people_who_are_forgotten_go_on_counting(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(asks_statistics=True))
    ids = [
        make_registration(event, person_draft(event, statistics=Statistics(gender=gender))).id
        for gender in (*[Gender.WOMAN] * 5, *[Gender.MAN] * 6)
    ]
    before = get_declared_totals(event.id)
    with transaction():
        for registration_id in ids[:5]:
            anonymise(registration_id, version=get_version(event.id), now=NOW)
    assert get_declared_totals(event.id) == before
    assert before.people == 10
