"""What a registration writes, and what it refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import Enrolment, EventMove
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, Statistics
from app.registrations.enums import AgeBand, Gender, RegistrationStatus, Source
from app.registrations.errors import (
    AlreadyRegistered,
    RegistrationClosed,
)
from app.registrations.models import DeclaredStatistics
from app.registrations.queries import get_registration
from app.structures.models import Structure
from tests.factories import (
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.registrations.conftest import CONTACT, cancel, history, refuse, sequence, taken, told

pytestmark = pytest.mark.usefixtures("whole_app")


def test_a_class_takes_its_headcount(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, contact=CONTACT))
    assert made.status is RegistrationStatus.CONFIRMED
    assert made.reference.startswith("VT-")
    assert made.ticket_label == "3e B"
    assert taken(event) == (30, [30, 0])
    row = get_registration(made.id)
    assert (row.waves, row.people, row.holder, row.holder_detail) == (
        (event.waves[0].id,), 30, "3e B", "Collège des Trois-Rivières",
    )  # fmt: skip
    assert (row.contact_email, row.uai, row.created_at, row.cards) == (CONTACT.email, "0219100C", NOW, ())
    assert told(made.id) == ["confirmed"]
    assert sequence(made.id) == 0
    assert history(made.id) == [
        (
            "registration.made",
            {"status": "confirmed", "people": 30, "waves": [event.waves[0].id], "source": "web"},
        )
    ]
    structures = db.session.execute(select(Structure.kind, Structure.name, Structure.uai)).all()
    assert structures == [("school", "Collège des Trois-Rivières", "0219100C")]


def test_an_individual_is_one_whatever_headcount_was_sent(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, headcount=Headcount(12, 3)))
    assert taken(event) == (1, [1, 0])
    assert get_registration(made.id).people == 1
    assert made.ticket_label == "Hugo Dupont"


def test_full_waves_refuse_or_keep_waiting(event: EventRow) -> None:
    make_registration(event)
    refusal = refuse(event, class_draft(event, participants=31, companions=0))
    assert (type(refusal), refusal.code, refusal.wave_id) == (WaveFull, "wave_full", event.waves[0].id)
    waiting = make_registration(event, class_draft(event, participants=31, companions=0, waitlist=True))
    assert waiting.status is RegistrationStatus.WAITLISTED
    assert taken(event) == (30, [30, 0])
    assert told(waiting.id) == ["waitlisted"]
    assert get_registration(waiting.id).waves == (event.waves[0].id,)


def test_an_event_without_waiting_list_refuses() -> None:
    event = make_event(make_organiser(), one_wave(10, waiting_list=False))
    assert isinstance(refuse(event, class_draft(event, waitlist=True)), WaveFull)


def test_an_audience_has_its_share_only() -> None:
    event = make_event(make_organiser(), one_wave(60, AllotmentDraft("school", 40, 1), AllotmentDraft("family", 0)))
    make_registration(event, class_draft(event, participants=10, companions=0))
    refusal = refuse(event, class_draft(event, participants=10, companions=0))
    assert (type(refusal), refusal.code, refusal.wave_id) == (AudienceFull, "audience_full", event.waves[0].id)
    assert isinstance(refuse(event, person_draft(event, audience="family")), AudienceFull)
    make_registration(event, person_draft(event, audience="school"))  # one pupil alone is no second group
    make_registration(event, class_draft(event, participants=30, companions=0, audience="job_seeker"))
    assert taken(event) == (41, [41])


def test_the_whole_event_has_a_limit() -> None:
    event = make_event(make_organiser(), forum(capacity=31))
    make_registration(event)
    refusal = refuse(event, class_draft(event, participants=2, companions=0, waves=(event.waves[1].id,)))
    assert (type(refusal), refusal.wave_id) == (WaveFull, None)
    make_registration(event, person_draft(event))


@pytest.mark.parametrize(
    ("enrolment", "asked", "problem"),
    [
        (Enrolment.ONE, (0, 1), {"waves": "one_wave"}),
        (Enrolment.ONE, (), {"waves": "required"}),
        (Enrolment.SEVERAL, (), {"waves": "required"}),
        (Enrolment.ALL, (0,), {"waves": "all_waves"}),
    ],
)
def test_waves_must_fit_the_enrolment(enrolment: Enrolment, asked: tuple[int, ...], problem: dict[str, str]) -> None:
    event = make_event(make_organiser(), forum(enrolment=enrolment))
    refusal = refuse(event, person_draft(event, waves=tuple(event.waves[n].id for n in asked)))
    assert refusal.problems == problem


def test_a_training_on_two_dates_takes_both() -> None:
    event = make_event(make_organiser(), forum(enrolment=Enrolment.ALL))
    make_registration(event, class_draft(event, waves=()))
    assert taken(event) == (30, [30, 30])
    assert isinstance(refuse(event, person_draft(event, waves=())), WaveFull)  # the second wave has no more than 30
    assert taken(event) == (30, [30, 30])


def test_fields_are_all_named_at_once(event: EventRow) -> None:
    other = make_event(make_organiser("Autre Cap"))
    draft = class_draft(
        event,
        audience="professionals",
        waves=(other.waves[0].id,),
        contact=Contact(" ", "manon@", "12"),
        headcount=Headcount(0, -1),
        organisation=Organisation("C" * 161, "0219100Z", "3" * 61, "D" * 121),
        oriented_by="o" * 161,
    )
    assert refuse(event, draft).problems == {
        "contact/name": "required",
        "contact/email": "email_ending",
        "contact/phone": "phone_digits",
        "organisation/uai": "uai_letter",
        "organisation/name": "too_long",
        "organisation/class_label": "too_long",
        "organisation/commune": "too_long",
        "audience": "unknown_audience",
        "waves": "unknown_wave",
        "headcount/participants": "out_of_range",
        "headcount/companions": "out_of_range",
        "oriented_by": "too_long",
    }
    assert refuse(event, person_draft(event, contact=Contact("Ana Petit"))).problems == {
        "contact/email": "email_or_phone"
    }


def test_one_person_registers_once(event: EventRow) -> None:
    first = make_registration(event, person_draft(event, contact=Contact("Ana Petit", "ana@example.org")))
    again = person_draft(event, contact=Contact("Ana P.", " ANA@example.org "), waves=(event.waves[1].id,))
    refusal = refuse(event, again)
    assert (type(refusal), refusal.code, refusal.registration_id) == (AlreadyRegistered, "already_registered", first.id)
    cancel(first)
    assert make_registration(event, again).status is RegistrationStatus.CONFIRMED
    other = make_event(get_event(event.slug).organiser_id, forum(slug="autre"))
    make_registration(other, person_draft(other, contact=Contact("Ana Petit", "ana@example.org")))


def test_a_teacher_registers_each_class_once(event: EventRow) -> None:
    school = Organisation("Collège des Trois-Rivières", "0219100C", "3e B")
    first = make_registration(event, class_draft(event, participants=9, contact=CONTACT, organisation=school))
    same = replace(school, class_label=" 3E  b ", name="Trois-Rivières")
    refusal = refuse(event, class_draft(event, participants=3, contact=CONTACT, organisation=same))
    assert refusal.registration_id == first.id
    other_class = replace(school, class_label="3e C")
    make_registration(event, class_draft(event, participants=9, contact=CONTACT, organisation=other_class))
    other_school = replace(school, uai="0210001M")
    make_registration(event, class_draft(event, participants=9, contact=CONTACT, organisation=other_school))
    make_registration(event, person_draft(event, contact=CONTACT))  # and comes alone another time


def test_who_may_register_when(event: EventRow) -> None:
    late = event.ends_at + timedelta(minutes=1)
    assert isinstance(refuse(event, person_draft(event), now=late), RegistrationClosed)
    assert isinstance(refuse(event, person_draft(event, source=Source.API), now=late), RegistrationClosed)
    make_registration(event, person_draft(event, source=Source.STAFF), now=late)
    draft_event = make_event(event.organiser_id, forum(slug="brouillon"), publish=False)
    for source in Source:
        assert isinstance(refuse(draft_event, person_draft(draft_event, source=source)), RegistrationClosed)
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    closed = get_event(event.slug)
    assert isinstance(refuse(closed, person_draft(event)), RegistrationClosed)
    assert isinstance(refuse(event, person_draft(event)), RegistrationClosed)  # though the caller still saw it open
    make_registration(closed, person_draft(event, source=Source.STAFF))
    with transaction():
        move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=late)
    assert isinstance(refuse(closed, person_draft(event, source=Source.STAFF)), RegistrationClosed)


def test_the_window_opens_and_closes() -> None:
    opens, closes = NOW + timedelta(days=1), NOW + timedelta(days=2)
    window = {"registration_opens_at": opens, "registration_closes_at": closes}
    event = make_event(make_organiser(), forum(**window))
    for now in (opens - timedelta(seconds=1), closes):
        assert isinstance(refuse(event, person_draft(event), now=now), RegistrationClosed)
        make_registration(event, person_draft(event, source=Source.STAFF), now=now)
    make_registration(event, person_draft(event), now=opens)


def test_statistics_are_kept_apart_and_only_where_they_are_asked() -> None:
    event = make_event(make_organiser(), forum(asks_statistics=True))
    said = Statistics(Gender.WOMAN, AgeBand.FROM_16_TO_29, rural_zone=True, commune=" Dijon ")
    made = make_registration(event, person_draft(event, statistics=said))
    key = get_registration(made.id).statistics_key
    row = db.session.execute(select(DeclaredStatistics.__table__)).one()
    assert (row.key, row.gender, row.age_band, row.rural_zone, row.commune) == (key, "woman", "16_29", True, "Dijon")
    assert row.priority_neighbourhood is None
    assert get_registration(make_registration(event, person_draft(event)).id).statistics_key is None
    assert get_registration(make_registration(event, class_draft(event, statistics=said)).id).statistics_key is None
    silent = make_event(event.organiser_id, forum(slug="sans"))
    assert get_registration(make_registration(silent, person_draft(silent, statistics=said)).id).statistics_key is None
