"""Corrections while others register and correct the same, and a calling off taken back twice at once; on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM, VISITOR
from app.core.audit import list_history
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.enums import EventState
from app.events.queries import EventRow, get_event_by_id
from app.registrations.drafts import Contact, Organisation, RegistrationDraft
from app.registrations.errors import AlreadyRegistered, RegistrationChanged
from app.registrations.operations import (
    Correction,
    Registered,
    cancel_event_registrations,
    correct_registration,
    register,
    reopen_event_registrations,
)
from app.registrations.queries import find_family_name, get_registration, mark_of_contact
from tests.factories import NOW, make_event, make_organiser, make_registration, person_draft
from tests.races.together import assert_whole, count, together

SAME = Contact("Hugo Dupont", "hugo@example.org")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def correct(made: Registered, contact: Contact = SAME, **more: Any) -> Callable[[], tuple[str, ...]]:
    wanted = Correction(contact, Organisation(), "", "fr")
    return lambda: correct_registration(made.id, wanted, by=SYSTEM, now=NOW, **more)


def come(event: EventRow, draft: RegistrationDraft) -> Callable[[], Any]:
    return lambda: register(event, draft, by=VISITOR, now=NOW)


def test_one_of_many_becomes_the_person_that_all_would_be(whole_app: Flask, event: EventRow) -> None:
    people = [make_registration(event, person_draft(event)) for _ in range(5)]
    draft = person_draft(event, contact=SAME)
    answers = together(whole_app, [*(correct(one) for one in people), come(event, draft)])
    assert sum(isinstance(answer, AlreadyRegistered) for answer in answers) == 5
    assert count("registrations", "same_key = 'i:hugo@example.org'") == 1
    assert_whole(event.id)


def test_two_who_read_the_same_do_not_overwrite_each_other(whole_app: Flask, event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=SAME))
    known = mark_of_contact(get_registration(made.id), find_family_name(made.id))
    names = ("Hugo Duponte", "Hugo Dupond", "Hugo Dupons")
    answers = together(whole_app, [correct(made, Contact(name, SAME.email), known=known) for name in names])
    assert sum(isinstance(answer, RegistrationChanged) for answer in answers) == 2
    (won,) = (n for n, answer in zip(names, answers, strict=True) if answer == ("contact_name",))
    assert get_registration(made.id).contact_name == won


def test_a_calling_off_is_taken_back_once(whole_app: Flask, event: EventRow) -> None:
    make_registration(event, person_draft(event))
    with transaction():
        cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=NOW)
    works = [lambda: reopen_event_registrations(event.id, by=SYSTEM, now=NOW)] * 3
    answers = together(whole_app, works)
    assert answers.count(EventState.PUBLISHED) == 1
    assert sum(isinstance(answer, MoveNotAllowed) for answer in answers) == 2
    assert get_event_by_id(event.id).state is EventState.PUBLISHED
    assert [line.verb for line in list_history(f"event:{event.id}")].count("event.reopen") == 1
    assert count("jobs", "name = 'registrations.tell_event_reopened'") == 1
