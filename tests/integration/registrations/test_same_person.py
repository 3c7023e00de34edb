"""Who is known by the telephone, having given no mail."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.core.checks import run_checks
from app.core.db import db
from app.events.queries import EventRow
from app.messages.models import Message
from app.registrations.drafts import Contact, Organisation
from app.registrations.enums import RegistrationStatus, Source
from app.registrations.errors import AlreadyRegistered
from app.registrations.models import Registration
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.registrations.conftest import cancel, change, refuse, taken

pytestmark = pytest.mark.usefixtures("whole_app")

ANA = Contact("Ana Petit", phone="06 39 98 01 02")
BY_TELEPHONE = (Source.STAFF, Source.API, Source.IMPORT)


@pytest.mark.parametrize("source", BY_TELEPHONE)
def test_one_person_registers_once(event: EventRow, source: Source) -> None:
    first = make_registration(event, person_draft(event, contact=ANA, source=source))
    other_words = Contact("  ANÀ  petit ", phone="+33 6 39 98 01 02")
    again = person_draft(event, contact=other_words, source=source, waves=(event.waves[1].id,))
    refusal = refuse(event, again)
    assert (type(refusal), refusal.code, refusal.registration_id) == (AlreadyRegistered, "already_registered", first.id)
    assert taken(event) == (1, [1, 0])
    change(first, waves=(event.waves[1].id,))
    assert refuse(event, again).registration_id == first.id
    cancel(first)
    assert make_registration(event, again).status is RegistrationStatus.CONFIRMED
    assert db.session.execute(select(Message.id)).all() == []


def test_a_family_shares_its_telephone(event: EventRow) -> None:
    for contact in (ANA, replace(ANA, name="Léo Petit"), replace(ANA, email="ana@example.org")):
        make_registration(event, person_draft(event, contact=contact, source=Source.STAFF))
    assert taken(event) == (3, [3, 0])


@pytest.mark.parametrize("source", [*BY_TELEPHONE, Source.WEB])
def test_a_teacher_registers_each_class_once(event: EventRow, source: Source) -> None:
    school = Organisation("Collège des Trois-Rivières", "0219100C", "3e B")
    a_class = class_draft(event, participants=5, companions=0, contact=ANA, organisation=school, source=Source.STAFF)
    first = make_registration(event, a_class)
    for other in (replace(school, class_label="3e C"), replace(school, uai="0210001M")):
        make_registration(event, replace(a_class, organisation=other, source=source))
    make_registration(event, person_draft(event, contact=ANA, source=source))  # and comes alone another time
    colleague = replace(ANA, name="Un collègue")  # a school's telephone: it is the class that counts
    same = replace(a_class, contact=colleague, organisation=replace(school, class_label=" 3E  b "))
    assert refuse(event, same).registration_id == first.id


def test_who_waits_is_known_too() -> None:
    event = make_event(make_organiser(), one_wave(1))
    make_registration(event, person_draft(event))
    draft = person_draft(event, contact=ANA, source=Source.STAFF, waitlist=True)
    waiting = make_registration(event, draft)
    assert waiting.status is RegistrationStatus.WAITLISTED
    for asked in (draft, replace(draft, waitlist=False)):  # and is told that, not that it is full
        assert refuse(event, asked).registration_id == waiting.id


@pytest.mark.parametrize("capacity", [5, 1])
def test_a_visitor_is_not_told_of_somebody_else_on_the_page(capacity: int) -> None:
    event = make_event(make_organiser(), one_wave(capacity))
    first = make_registration(event, person_draft(event, contact=ANA))
    second = make_registration(event, person_draft(event, contact=ANA, waitlist=True))
    status = RegistrationStatus.CONFIRMED if capacity > 1 else RegistrationStatus.WAITLISTED
    assert (first.status, second.status) == (RegistrationStatus.CONFIRMED, status)
    assert refuse(event, person_draft(event, contact=ANA, source=Source.STAFF)).registration_id == first.id
    keys = db.session.execute(select(Registration.same_key).order_by(Registration.id)).scalars().all()
    assert keys == ["i:+33639980102|ana petit", None]
    cancel(first)
    make_registration(event, person_draft(event, contact=ANA, waitlist=True))
    assert [r.name for r in run_checks(NOW) if not r.ok] == []
