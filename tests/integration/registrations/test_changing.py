"""Changing, cancelling, and a class's route cards."""

from datetime import timedelta

import pytest

from app.core.actor import SYSTEM, VISITOR
from app.core.audit import list_history
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.errors import WaveFull
from app.events.operations import move_event
from app.events.queries import EventRow, get_places
from app.registrations.drafts import Contact, Headcount
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import (
    ChangeClosed,
    RegistrationNotFound,
)
from app.registrations.operations import (
    change_registration,
    issue_route_cards,
)
from app.registrations.queries import get_registration
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
from tests.integration.registrations.conftest import CONTACT, STAFF, cancel, change, history, sequence, taken, told

pytestmark = pytest.mark.usefixtures("whole_app")


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
        WaveDraft(DAY_ONE + timedelta(hours=hours), DAY_ONE + timedelta(hours=hours, minutes=40), 60)
        for hours in (0, 2)
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
    assert told(waiting.id) == ["waitlisted", "changed", "confirmed"]


def test_who_waits_gets_free_places_of_the_same_wave_in_order_of_arrival() -> None:
    event = make_event(make_organiser(), one_wave(30))
    wave = (event.waves[0].id,)
    holder = make_registration(event)
    first, second = (make_registration(event, class_draft(event, waitlist=True)) for _ in range(2))
    for waiting in (first, second):
        assert change(waiting, waves=wave) is RegistrationStatus.WAITLISTED
    cancel(holder)
    assert change(first, waves=wave) is RegistrationStatus.CONFIRMED
    assert taken(event) == (30, [30])
    assert (told(first.id), sequence(first.id)) == (["waitlisted", "confirmed"], 1)
    assert history(first.id)[-1][1]["status"] == ["waitlisted", "confirmed"]
    assert change(second, waves=wave, headcount=Headcount(2, 1)) is RegistrationStatus.WAITLISTED
    cancel(first)
    assert change(second) is RegistrationStatus.CONFIRMED
    assert taken(event) == (3, [3])


def test_what_is_free_is_offered_first_to_who_came_first() -> None:
    event = make_event(make_organiser(), one_wave(30))
    holder = make_registration(event)
    first, second = (make_registration(event, class_draft(event, waitlist=True)) for _ in range(2))
    cancel(holder)
    assert change(second, headcount=Headcount(2, 1)) is RegistrationStatus.WAITLISTED
    assert get_registration(first.id).status is RegistrationStatus.OFFERED
    assert taken(event) == (30, [30])


def test_who_waits_may_say_another_headcount_for_the_same_full_wave() -> None:
    event = make_event(make_organiser(), one_wave(30, AllotmentDraft("school", 30, 1)))
    wave = (event.waves[0].id,)
    make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True))
    version = get_places(event).version
    for people in (20, 29):
        assert change(waiting, waves=wave, headcount=Headcount(people, 1)) is RegistrationStatus.WAITLISTED
    assert change(waiting, waves=wave) is RegistrationStatus.WAITLISTED
    assert (get_registration(waiting.id).people, taken(event)) == (30, (30, [30]))
    assert get_places(event).version == version + 2
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
    assert (line.verb, line.actor_kind, line.actor_label, line.at) == (
        "registration.cancelled",
        "staff",
        "Inès Roux",
        NOW,
    )


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
    assert [verb for verb, _ in history(made.id)].count("registration.cards_made") == 2


def test_cards_of_people_who_no_longer_come_are_withdrawn(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=4))

    def issue() -> int:
        with transaction():
            return issue_route_cards(made.id, by=VISITOR, now=NOW)

    issue()
    first = get_registration(made.id).cards
    change(made, headcount=Headcount(2, 1))
    row = get_registration(made.id)
    assert (row.cards, row.withdrawn) == (first[:2], first[2:])
    assert issue() == 2
    change(made, headcount=Headcount(3, 1))
    row = get_registration(made.id)
    assert (row.cards, row.withdrawn) == (first[:3], first[3:])
    change(made, headcount=Headcount(6, 1))
    assert get_registration(made.id).cards == first
    assert issue() == 6
    row = get_registration(made.id)
    assert ([card.number for card in row.cards], row.withdrawn) == ([1, 2, 3, 4, 5, 6], ())
    assert row.cards[:4] == first


def test_a_person_has_no_route_cards(event: EventRow) -> None:
    person = make_registration(event, person_draft(event))
    with pytest.raises(FieldError) as caught, transaction():
        issue_route_cards(person.id, by=VISITOR, now=NOW)
    assert caught.value.problems == {"kind": "groups_only"}
