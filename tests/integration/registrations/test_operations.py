"""What each operation on registrations writes, and what it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.actor import SYSTEM, VISITOR, Actor, ActorKind
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import move_event
from app.events.queries import EventRow, get_event, get_places
from app.messages.models import Message
from app.messages.queries import get_sequences
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import AgeBand, Gender, RegistrationStatus, Source
from app.registrations.errors import (
    AlreadyRegistered,
    ChangeClosed,
    RegistrationClosed,
    RegistrationNotFound,
)
from app.registrations.models import DeclaredStatistics, Registration
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    issue_route_cards,
    register,
)
from app.registrations.queries import get_registration
from app.structures.models import Structure
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)

pytestmark = pytest.mark.usefixtures("whole_app")
STAFF = Actor(ActorKind.STAFF, "Inès Roux", id=7)
CONTACT = Contact("Manon Lambert", "manon.lambert@example.org")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def told(registration_id: int) -> list[str]:
    """The mails queued about a registration, in order."""
    subject = f"registration:{registration_id}"
    rows = db.session.execute(select(Message.template).where(Message.subject == subject).order_by(Message.id))
    return [template.removeprefix("registrations.") for template in rows.scalars()]


def history(registration_id: int) -> list[tuple[str, dict[str, Any]]]:
    return [(line.verb, line.details) for line in reversed(list_history(f"registration:{registration_id}"))]


def sequence(registration_id: int) -> int:
    subject = f"registration:{registration_id}"
    return get_sequences([subject]).get(subject, (0, NOW))[0]


def taken(event: EventRow) -> tuple[int, list[int]]:
    places = get_places(event)
    return places.taken, [places.waves[w.id] for w in event.waves]


def refuse(event: EventRow, draft: RegistrationDraft, *, now: Any = NOW) -> Any:
    """The refusal of a registration; nothing was written."""
    before = db.session.execute(select(Registration.id)).all()
    with pytest.raises((FieldError, RegistrationClosed, AlreadyRegistered, WaveFull, AudienceFull)) as caught, transaction():
        register(event, draft, by=VISITOR, now=now)
    assert db.session.execute(select(Registration.id)).all() == before
    return caught.value


def change(made: Registered, **changes: Any) -> RegistrationStatus:
    with transaction():
        return change_registration(made.id, **{"by": VISITOR, "now": NOW, **changes})


def cancel(made: Registered, **options: Any) -> None:
    with transaction():
        cancel_registration(made.id, **{"by": VISITOR, "now": NOW, **options})


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
    assert refuse(event, person_draft(event, contact=Contact("Ana Petit"))).problems == {"contact/email": "email_or_phone"}


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


def test_without_a_mail_nobody_is_taken_for_somebody_else(event: EventRow) -> None:
    draft = person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02"), source=Source.STAFF)
    assert {make_registration(event, draft).status for _ in range(2)} == {RegistrationStatus.CONFIRMED}
    assert db.session.execute(select(Message.id)).all() == []


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
        move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
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


def test_changing_waves_moves_the_places(event: EventRow) -> None:
    made = make_registration(event)
    version = get_places(event).version
    assert change(made, waves=(event.waves[1].id,)) is RegistrationStatus.CONFIRMED
    assert taken(event) == (30, [0, 30])
    assert get_places(event).version == version + 1
    assert told(made.id) == ["confirmed", "changed"]
    assert sequence(made.id) == 1
    assert history(made.id)[-1] == (
        "registration.changed",
        {
            "people": [30, 30],
            "waves": [[event.waves[0].id], [event.waves[1].id]],
            "status": ["confirmed", "confirmed"],
        },
    )


def test_a_class_grows_within_its_own_wave() -> None:
    event = make_event(make_organiser(), one_wave(32))
    made = make_registration(event)
    assert change(made, headcount=Headcount(29, 3)) is RegistrationStatus.CONFIRMED
    assert taken(event) == (32, [32])
    with pytest.raises(WaveFull):
        change(made, headcount=Headcount(30, 3))
    row = get_registration(made.id)
    assert (row.participants, row.companions, taken(event)) == (29, 3, (32, [32]))
    assert (told(made.id), sequence(made.id)) == (["confirmed", "changed"], 1)
    assert change(made, headcount=Headcount(3, 1)) is RegistrationStatus.CONFIRMED
    assert taken(event) == (4, [4])


def test_changing_nothing_tells_nobody(event: EventRow) -> None:
    made = make_registration(event)
    assert change(made, waves=(event.waves[0].id,), headcount=Headcount(28, 2)) is RegistrationStatus.CONFIRMED
    assert (told(made.id), sequence(made.id), len(history(made.id))) == (["confirmed"], 0, 1)


def test_the_order_of_waves_is_no_change() -> None:
    early, late = (
        WaveDraft(DAY_ONE + timedelta(hours=hours), DAY_ONE + timedelta(hours=hours, minutes=40), 60) for hours in (0, 2)
    )
    event = make_event(make_organiser(), forum(waves=(late, early), enrolment=Enrolment.SEVERAL))
    ids = tuple(w.id for w in event.waves)  # by start: the second one made comes first
    made = make_registration(event, person_draft(event, waves=ids))
    change(made, waves=ids[::-1])
    assert told(made.id) == ["confirmed"]


def test_who_waits_gets_free_places_of_another_wave(event: EventRow) -> None:
    make_registration(event, class_draft(event, participants=50, companions=5))
    waiting = make_registration(event, class_draft(event, waitlist=True))
    assert change(waiting, headcount=Headcount(27, 2)) is RegistrationStatus.WAITLISTED
    assert taken(event) == (55, [55, 0])
    assert change(waiting, waves=(event.waves[1].id,)) is RegistrationStatus.CONFIRMED
    assert taken(event) == (84, [55, 29])
    assert told(waiting.id) == ["waitlisted", "changed", "changed"]


def test_what_a_change_refuses(event: EventRow) -> None:
    made, person = make_registration(event), make_registration(event, person_draft(event))
    with pytest.raises(FieldError) as caught:
        change(made, waves=(), headcount=Headcount(0, -1))
    assert caught.value.problems == {
        "waves": "required", "headcount/participants": "out_of_range", "headcount/companions": "out_of_range",
    }  # fmt: skip
    with pytest.raises(FieldError) as caught:
        change(person, headcount=Headcount(2, 0))
    assert caught.value.problems == {"headcount": "individual_is_one"}
    with pytest.raises(RegistrationNotFound), transaction():
        change_registration(999, by=VISITOR, now=NOW)


def test_visitors_change_until_their_wave_is_over_and_staff_later(event: EventRow) -> None:
    made = make_registration(event)
    over = event.waves[0].ends_at
    assert change(made, headcount=Headcount(27, 2), now=over - timedelta(seconds=1)) is RegistrationStatus.CONFIRMED
    with pytest.raises(ChangeClosed):
        change(made, headcount=Headcount(26, 2), now=over)
    with pytest.raises(ChangeClosed):
        cancel(made, now=over)
    assert change(made, headcount=Headcount(26, 2), now=over, by=STAFF) is RegistrationStatus.CONFIRMED
    cancel(made, now=over, by=STAFF)


def test_nobody_changes_what_is_read_only(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    for by in (VISITOR, STAFF):
        with pytest.raises(ChangeClosed):
            change(made, headcount=Headcount(2, 2), by=by)
        with pytest.raises(ChangeClosed):
            cancel(made, by=by)
    assert get_registration(made.id).status is RegistrationStatus.CONFIRMED


def test_cancelling_frees_the_places_once(event: EventRow) -> None:
    made = make_registration(event)
    cancel(made, reason="  Sortie annulée  ")
    row = get_registration(made.id)
    assert (row.status, row.cancelled_at, row.cancel_reason) == (RegistrationStatus.CANCELLED, NOW, "Sortie annulée")
    assert row.waves == (event.waves[0].id,)
    assert taken(event) == (0, [0, 0])
    assert (told(made.id), sequence(made.id)) == (["confirmed", "cancelled"], 1)
    with pytest.raises(MoveNotAllowed):
        cancel(made)
    with pytest.raises(MoveNotAllowed):
        change(made, headcount=Headcount(2, 2))
    assert (taken(event), len(told(made.id))) == ((0, [0, 0]), 2)


def test_cancelling_quietly_or_without_a_mailbox_tells_nobody(event: EventRow) -> None:
    made = make_registration(event)
    cancel(made, quiet=True)
    assert told(made.id) == ["confirmed"]
    person = make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    cancel(person)
    assert told(person.id) == []


def test_who_did_it_is_in_the_history(event: EventRow) -> None:
    made = make_registration(event)
    cancel(made, by=STAFF)
    (line, _) = list_history(f"registration:{made.id}")
    assert (line.verb, line.actor_kind, line.actor_label, line.at) == ("registration.cancelled", "staff", "Inès Roux", NOW)


def test_route_cards_are_numbered_and_name_nobody(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=3, contact=CONTACT))

    def issue() -> int:
        with transaction():
            return issue_route_cards(made.id, by=VISITOR, now=NOW)

    assert issue() == 3
    first = get_registration(made.id).cards
    assert [(c.number, c.label) for c in first] == [(1, "3B-01"), (2, "3B-02"), (3, "3B-03")]
    assert len({c.code for c in first} | {made.ticket_code}) == 4
    assert issue() == 3
    assert get_registration(made.id).cards == first
    change(made, headcount=Headcount(5, 1))
    assert issue() == 5
    cards = get_registration(made.id).cards
    assert cards[:3] == first
    assert [c.label for c in cards[3:]] == ["3B-04", "3B-05"]
    change(made, headcount=Headcount(2, 1))
    assert issue() == 5
    assert [verb for verb, _ in history(made.id)].count("registration.cards_made") == 2


def test_a_person_has_no_route_cards(event: EventRow) -> None:
    person = make_registration(event, person_draft(event))
    with pytest.raises(FieldError) as caught, transaction():
        issue_route_cards(person.id, by=VISITOR, now=NOW)
    assert caught.value.problems == {"kind": "groups_only"}
