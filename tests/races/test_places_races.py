"""Many at once for few places: exactly what there is goes, and nobody gets half of what they asked for."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.errors import FieldError, MoveNotAllowed
from app.events.drafts import AllotmentDraft, EventDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event_by_id, get_places
from app.registrations.drafts import Contact, Headcount, RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered
from app.registrations.operations import Registered, cancel_registration, change_registration, register
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
from tests.races.together import assert_whole, count, together

MANY = 40

LAST_PLACES: dict[str, tuple[EventDraft, type[Exception]]] = {
    "wave": (one_wave(7), WaveFull),
    "event": (replace(one_wave(60), capacity=7), WaveFull),
    "people allotted": (one_wave(60, AllotmentDraft("job_seeker", 7)), AudienceFull),
}


def do_register(event: EventRow, draft: RegistrationDraft) -> Registered:
    return register(event, draft, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("what", LAST_PLACES)
def test_exactly_the_last_places_are_sold(what: str, whole_app: Flask) -> None:
    draft, refusal = LAST_PLACES[what]
    event = make_event(make_organiser(), draft)
    answers = together(whole_app, [partial(do_register, event, person_draft(event)) for _ in range(MANY)])
    assert Counter(type(a) for a in answers) == {Registered: 7, refusal: MANY - 7}
    assert get_places(event).taken == 7
    assert count("messages") == count("tickets") == count("registrations") == 7
    assert_whole(event.id)


def test_exactly_the_allotted_groups_come(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(600, AllotmentDraft("school", max_groups=3)))
    answers = together(whole_app, [partial(do_register, event, class_draft(event)) for _ in range(20)])
    assert Counter(type(a) for a in answers) == {Registered: 3, AudienceFull: 17}
    assert_whole(event.id)


def test_classes_fit_whole_or_not_at_all(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(100))
    answers = together(whole_app, [partial(do_register, event, class_draft(event)) for _ in range(12)])
    assert Counter(type(a) for a in answers) == {Registered: 3, WaveFull: 9}
    assert get_places(event).taken == 90
    assert_whole(event.id)


def test_who_finds_it_full_waits(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(7))
    answers = together(whole_app, [partial(do_register, event, person_draft(event, waitlist=True)) for _ in range(20)])
    statuses = Counter(a.status for a in answers if isinstance(a, Registered))
    assert statuses == {RegistrationStatus.CONFIRMED: 7, RegistrationStatus.WAITLISTED: 13}
    assert_whole(event.id)


def test_all_waves_of_a_training_are_had_or_none(whole_app: Flask) -> None:
    waves = tuple(WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), places) for places in (9, 5, 7))
    event = make_event(make_organiser(), forum(waves=waves, enrolment=Enrolment.SEVERAL))
    ids = tuple(w.id for w in event.waves)
    asked = [ids, ids[::-1], ids[:2], ids[1:], ids[1:2]] * 5
    answers = together(whole_app, [partial(do_register, event, person_draft(event, waves=w)) for w in asked])
    places = get_places(event)
    small = next(w.id for w in event.waves if w.capacity == 5)
    assert places.waves[small] == 5
    assert places.taken == sum(isinstance(a, Registered) for a in answers) == 5
    assert_whole(event.id)


def test_the_same_person_gets_one_registration(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    draft = person_draft(event, contact=Contact("Ana Petit", "Ana.Petit@example.org"))
    answers = together(whole_app, [partial(do_register, event, draft) for _ in range(10)])
    assert Counter(type(a) for a in answers) == {Registered: 1, AlreadyRegistered: 9}
    (made,) = (a for a in answers if isinstance(a, Registered))
    assert {a.registration_id for a in answers if isinstance(a, AlreadyRegistered)} == {made.id}
    assert (count("registrations"), count("messages")) == (1, 1)
    assert_whole(event.id)


def change(registration_id: int, **changes: Any) -> RegistrationStatus:
    return change_registration(registration_id, by=SYSTEM, now=NOW, **changes)


def cancel(registration_id: int) -> None:
    cancel_registration(registration_id, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("places", [1, 2])
def test_two_who_want_each_others_wave(places: int, whole_app: Flask) -> None:
    waves = tuple(WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), places) for _ in range(2))
    event = make_event(make_organiser(), forum(waves=waves))
    a, b = (w.id for w in event.waves)
    ana = make_registration(event, person_draft(event, waves=(a,)))
    bob = make_registration(event, person_draft(event, waves=(b,)))
    answers = together(whole_app, [partial(change, ana.id, waves=(b,)), partial(change, bob.id, waves=(a,))])
    now_in = (get_registration(ana.id).waves, get_registration(bob.id).waves)
    if places == 1:  # nobody may leave before the other: both stay where they are
        assert [type(x) for x in answers] == [WaveFull, WaveFull]
        assert now_in == ((a,), (b,))
    else:
        assert answers == [RegistrationStatus.CONFIRMED] * 2
        assert now_in == ((b,), (a,))
    assert_whole(event.id)


def test_one_registration_is_cancelled_once_whatever_else_happens_to_it(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    group = make_registration(event)
    other = event.waves[1].id
    works: list[Any] = [partial(cancel, group.id) for _ in range(4)]
    moves: list[Any] = [partial(change, group.id, waves=(other,), headcount=Headcount(20, 1)) for _ in range(4)]
    answers: list[Any] = together(whole_app, [*works, *moves])
    assert answers[:4].count(None) == 1
    assert all(a is None or isinstance(a, MoveNotAllowed) for a in answers[:4])
    assert all(a is RegistrationStatus.CONFIRMED or isinstance(a, MoveNotAllowed) for a in answers[4:])
    assert get_registration(group.id).status is RegistrationStatus.CANCELLED
    assert get_places(event).taken == 0
    assert_whole(event.id)


def test_changes_cancellations_and_newcomers_at_once(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(capacity=70))
    first, second = (w.id for w in event.waves)
    present = [make_registration(event, class_draft(event, participants=5, companions=1)) for _ in range(8)]
    works: list[Any] = []
    for n, made in enumerate(present):
        works += [
            partial(change, made.id, waves=(second,)),
            partial(change, made.id, headcount=Headcount(2 + n, 1)),
            partial(change, made.id, waves=(first,)),
            partial(do_register, event, class_draft(event, participants=4, companions=1, waves=(second,))),
        ]
        if n % 2:
            works.append(partial(cancel, made.id))
    answers = together(whole_app, works)
    allowed = (WaveFull, MoveNotAllowed)
    assert [a for a in answers if isinstance(a, Exception) and not isinstance(a, allowed)] == []
    assert sum(a is None for a in answers) == 4
    assert_whole(event.id)


def test_a_wave_is_made_smaller_while_people_register(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(30))
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 12, id=event.waves[0].id)
    edited = replace(one_wave(12), spaces=(), stops=(), waves=(wave,))

    def shrink() -> Any:
        return edit_event(event.id, edited, by=SYSTEM, now=NOW)

    works: list[Any] = [partial(do_register, event, person_draft(event)) for _ in range(MANY)]
    answers = together(whole_app, [*works[:10], shrink, *works[10:]])
    capacity = get_event_by_id(event.id).waves[0].capacity
    sold = sum(isinstance(a, Registered) for a in answers)
    assert sold == capacity
    if capacity == 30:
        assert isinstance(answers[10], FieldError)
    assert_whole(event.id)
