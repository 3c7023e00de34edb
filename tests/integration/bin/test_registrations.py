"""One registration goes into the bin and comes back whole, or says why not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft
from app.events.enums import EventMove
from app.events.errors import AudienceFull, EventNotFound, EventReadOnly, WaveFull
from app.events.models import Allotment, Wave
from app.events.operations import move_event
from app.events.queries import EventRow, get_places
from app.messages.models import Message
from app.registrations.drafts import Contact
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationDeleted, RegistrationForgotten, RegistrationNotFound
from app.registrations.operations import cancel_registration, erase_registration, register
from app.registrations.operations.retention import forget_names
from app.registrations.queries import get_by_reference, get_by_token, get_registration
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.bin.conftest import delete, restore
from tests.integration.bin.dump import whole_rows

CONTACT = Contact("Ana Petit", "ana.petit@example.org")


def templates() -> list[str]:
    return list(db.session.execute(select(Message.template).order_by(Message.id)).scalars())


def test_its_places_are_free_and_it_is_found_nowhere(event: EventRow) -> None:
    made = make_registration(event)
    delete(made.id)
    assert get_places(event).taken == 0
    with pytest.raises(RegistrationNotFound):
        get_registration(made.id)
    with pytest.raises(RegistrationNotFound):
        get_by_reference(made.reference, organiser_id=event.organiser_id)
    with pytest.raises(RegistrationDeleted):
        get_by_token(made.token)
    with pytest.raises(RegistrationNotFound):
        delete(made.id)


@pytest.mark.parametrize("status", ["confirmed", "waitlisted", "cancelled"])
def test_it_comes_back_exactly_as_it_was(status: str, whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(35))
    made = make_registration(event)
    if status == "waitlisted":
        made = make_registration(event, class_draft(event, waitlist=True))
    if status == "cancelled":
        with transaction():
            cancel_registration(made.id, by=SYSTEM, now=NOW, reason="Sortie déplacée")
    before = whole_rows()
    delete(made.id, now=NOW + timedelta(minutes=1))
    assert whole_rows() != before
    assert restore(made.id, now=NOW + timedelta(minutes=2)) is RegistrationStatus(status)
    assert whole_rows() == before
    verbs = [row.verb for row in list_history(f"registration:{made.id}")]
    assert verbs[:2] == ["registration.restored", "registration.deleted"]


def test_only_what_is_in_the_bin_comes_back(event: EventRow) -> None:
    made = make_registration(event)
    with pytest.raises(RegistrationNotFound):
        restore(made.id)
    delete(made.id)
    restore(made.id)
    with pytest.raises(RegistrationNotFound):
        restore(made.id)
    delete(made.id)
    with pytest.raises(RegistrationNotFound):
        restore(made.id, now=NOW + timedelta(days=30, seconds=1))


def test_a_full_wave_says_which_and_leaves_all_as_it_is(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(30))
    made = make_registration(event)
    delete(made.id)
    other = make_registration(event)
    before = whole_rows()
    with pytest.raises(WaveFull) as full:
        restore(made.id)
    assert full.value.wave_id == event.waves[0].id
    assert whole_rows() == before
    delete(other.id)
    restore(made.id)


def test_an_audience_without_places_says_so(whole_app: Flask) -> None:
    event = make_event(make_organiser(), one_wave(300, AllotmentDraft("school", max_groups=1)))
    made = make_registration(event)
    delete(made.id)
    make_registration(event)
    before = whole_rows()
    with pytest.raises(AudienceFull):
        restore(made.id)
    assert whole_rows() == before


def test_the_same_person_who_registered_again_is_told(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=CONTACT))
    delete(made.id)
    again = make_registration(event, person_draft(event, contact=CONTACT))
    before = whole_rows()
    with pytest.raises(AlreadyRegistered) as same:
        restore(made.id)
    assert same.value.registration_id == again.id
    assert whole_rows() == before


def test_a_line_of_a_file_may_be_written_again_and_then_stands_alone(event: EventRow) -> None:
    draft = replace(person_draft(event), import_key="a" * 64)
    made = make_registration(event, draft)
    delete(made.id)
    again = make_registration(event, replace(draft, contact=Contact("Ana Petit", "ana@example.org")))
    with transaction():
        cancel_registration(again.id, by=SYSTEM, now=NOW)
    with pytest.raises(AlreadyRegistered) as same:
        restore(made.id)
    assert same.value.registration_id == again.id


def test_the_person_is_told_if_wanted_and_told_again_when_it_is_back(
    event: EventRow, drain: Callable[[], None]
) -> None:
    with transaction():
        quiet = register(event, person_draft(event), by=SYSTEM, now=NOW, quiet=True)
        told = register(event, person_draft(event), by=SYSTEM, now=NOW, quiet=True)
    delete(quiet.id)
    delete(told.id, notify=True)
    drain()
    assert templates() == ["registrations.deleted"]
    title, state = db.session.execute(select(Message.title, Message.state)).one()
    assert (state, "nnul" in title) == ("sent", True)
    restore(quiet.id)
    restore(told.id)
    assert templates() == ["registrations.deleted", "registrations.confirmed"]


def test_who_is_brought_back_before_the_mail_left_is_told_nothing_of_it(
    event: EventRow, drain: Callable[[], None]
) -> None:
    made = make_registration(event)
    drain()
    delete(made.id, notify=True)
    restore(made.id)
    drain()
    states = db.session.execute(select(Message.template, Message.state).order_by(Message.id)).all()
    assert [(name.partition(".")[2], state.value) for name, state in states] == [
        ("confirmed", "sent"), ("deleted", "skipped"), ("confirmed", "sent"),
    ]  # fmt: skip


def test_a_read_only_event_deletes_nobody(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    with pytest.raises(EventReadOnly):
        delete(made.id)
    assert get_registration(made.id).alive


def test_a_read_only_event_takes_nobody_back(event: EventRow) -> None:
    made = make_registration(event)
    delete(made.id)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    before = whole_rows()
    with pytest.raises(EventReadOnly):
        restore(made.id)
    assert whole_rows() == before


def test_who_was_forgotten_in_the_bin_stays_there(event: EventRow) -> None:
    lost, shell = make_registration(event), make_registration(event)
    with transaction():
        erase_registration(shell.id, by=SYSTEM, now=NOW)
    delete(lost.id)
    delete(shell.id)
    with transaction():
        forget_names(event, now=NOW + timedelta(seconds=1))
    before = whole_rows()
    with pytest.raises(RegistrationForgotten):
        restore(lost.id)
    assert whole_rows() == before
    restore(shell.id)  # without a name before, it comes back as it was


def test_a_smaller_wave_refuses_who_was_deleted_before(event: EventRow) -> None:
    made = make_registration(event)
    delete(made.id)
    with transaction():
        db.session.execute(update(Wave).where(Wave.id == event.waves[0].id).values(capacity=10))
        db.session.execute(update(Allotment).where(Allotment.wave_id == event.waves[0].id).values(people=0))
    with pytest.raises(WaveFull):
        restore(made.id)


def test_nobody_comes_back_into_an_event_that_is_itself_in_the_bin(event: EventRow) -> None:
    from tests.integration.bin.conftest import delete_whole, restore_whole

    made = make_registration(event)
    delete(made.id)
    delete_whole(event.id)
    with pytest.raises(EventNotFound):
        restore(made.id)
    restore_whole(event.id)
    with pytest.raises(RegistrationNotFound):
        get_registration(made.id)  # deleted by itself before, it stays so
    restore(made.id)
