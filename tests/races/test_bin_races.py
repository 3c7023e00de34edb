"""The bin at the same time as everybody else: places are sold once, and what happens at a door is never deleted."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.errors import NotFound
from app.events.errors import EventNotFound, PeopleCame, WaveFull
from app.events.operations import delete_event, restore_event
from app.events.parts import Moved
from app.events.queries import EventRow, find_event, get_places
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationNotFound
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    delete_registration,
    register,
    restore_registration,
)
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.races.together import assert_whole, count, together


def sign_up(event: EventRow, draft: RegistrationDraft) -> Registered:
    return register(event, draft, by=SYSTEM, now=NOW)


def delete(registration_id: int) -> None:
    delete_registration(registration_id, by=SYSTEM, now=NOW)


def restore(registration_id: int) -> RegistrationStatus:
    return restore_registration(registration_id, by=SYSTEM, now=NOW)


def delete_whole(event_id: int) -> Moved:
    return delete_event(event_id, by=SYSTEM, now=NOW)


def scan(event: EventRow, code: str) -> Any:
    item = ScanInput(str(uuid4()), code, event.checkpoints[0].id, Direction.IN, DAY_ONE)
    return record_scans(event, "door", [item], now=DAY_ONE)[0].result.value


@pytest.mark.parametrize("places", [1, 2])
def test_the_last_place_goes_to_who_comes_back_or_to_who_is_new(places: int, whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(places))
    made = [make_registration(event, person_draft(event)) for _ in range(places)]
    for each in made:
        restore_later = each.id
        together(whole_app, [partial(delete, restore_later)])
    works: list[Any] = [partial(restore, each.id) for each in made] * 2
    works += [partial(sign_up, event, person_draft(event)) for _ in range(6)]
    answers = together(whole_app, works)
    back = [a for a in answers if isinstance(a, RegistrationStatus)]
    new = [a for a in answers if isinstance(a, Registered)]
    assert len(back) + len(new) == places
    assert all(isinstance(a, (WaveFull, RegistrationNotFound, RegistrationStatus, Registered)) for a in answers)
    assert get_places(event).taken == places
    assert_whole(event.id)


def test_the_same_person_is_there_once_whoever_is_first(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    draft = person_draft(event, contact=Contact("Ana Petit", "ana.petit@example.org"))
    made = make_registration(event, draft)
    together(whole_app, [partial(delete, made.id)])
    works: list[Any] = [partial(restore, made.id), partial(sign_up, event, draft)] * 3
    answers = together(whole_app, works)
    assert sum(isinstance(a, (RegistrationStatus, Registered)) for a in answers) == 1
    assert all(
        isinstance(a, (RegistrationStatus, Registered, AlreadyRegistered, RegistrationNotFound)) for a in answers
    )
    assert count("registrations", "status = 'confirmed'") == 1
    assert_whole(event.id)


def test_one_registration_is_deleted_once_whatever_else_happens_to_it(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    works: list[Any] = [partial(delete, made.id) for _ in range(3)]
    works += [partial(cancel_registration, made.id, by=SYSTEM, now=NOW)]
    works += [partial(change_registration, made.id, waves=(event.waves[1].id,), by=SYSTEM, now=NOW)]
    answers = together(whole_app, works)
    assert answers[:3].count(None) == 1
    assert get_places(event).taken == 0
    assert_whole(event.id)


def test_who_registers_while_the_event_is_deleted_is_in_the_bin_with_it_or_refused(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(40))
    works: list[Any] = [partial(sign_up, event, person_draft(event)) for _ in range(12)]
    answers = together(whole_app, [*works[:6], partial(delete_whole, event.id), *works[6:]])
    moved = answers[6]
    assert isinstance(moved, Moved)
    assert all(isinstance(a, (Registered, EventNotFound)) for a in (*answers[:6], *answers[7:]))
    assert moved.people == sum(isinstance(a, Registered) for a in answers)
    assert find_event(event.slug) is None
    assert count("registrations", "status = 'confirmed'") == 0
    assert_whole(event.id)
    (back,) = together(whole_app, [partial(restore_event, event.id, by=SYSTEM, now=NOW)])
    assert back == moved
    assert_whole(event.id)


def test_an_event_is_deleted_or_somebody_comes_in_never_both(whole_app: Flask) -> None:
    for _ in range(3):
        event = make_event(make_organiser(f"Creativ’ {uuid4().hex[:6]}"))
        made = [make_registration(event, person_draft(event)) for _ in range(4)]
        works: list[Any] = [partial(scan, event, each.ticket_code) for each in made]
        answers = together(whole_app, [*works[:2], partial(delete_whole, event.id), *works[2:]])
        deleted = answers[2]
        came = [a for a in answers if a == "accepted"]
        assert isinstance(deleted, (Moved, PeopleCame))
        assert isinstance(deleted, PeopleCame) == bool(came)
        assert (find_event(event.slug) is None) == isinstance(deleted, Moved)
        assert_whole(event.id)


def test_two_who_delete_and_two_who_restore(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    make_registration(event)
    for works in (
        [partial(delete_whole, event.id)] * 3,
        [partial(restore_event, event.id, by=SYSTEM, now=NOW)] * 3,
    ):
        answers = together(whole_app, works)
        assert sum(isinstance(a, Moved) for a in answers) == 1
        assert all(isinstance(a, (Moved, NotFound)) for a in answers)
        assert_whole(event.id)
    assert get_places(event).taken == 30
