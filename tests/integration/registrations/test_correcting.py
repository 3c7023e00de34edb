"""Correcting who is registered, on both databases: what else is told of them goes along, and nothing more."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.actor import VISITOR
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_version
from app.messages.models import Message, MessageState
from app.registrations.calendars import registration_calendar
from app.registrations.drafts import Contact, Headcount, Organisation
from app.registrations.enums import Source
from app.registrations.errors import (
    AlreadyRegistered,
    ChangeClosed,
    RegistrationChanged,
    RegistrationForgotten,
)
from app.registrations.models import Registration
from app.registrations.operations import (
    Correction,
    Registered,
    cancel_registration,
    correct_own_contact,
    correct_registration,
    erase_registration,
)
from app.registrations.queries import (
    RegistrationRow,
    find_family_name,
    get_registration,
    list_alive_by_email,
    mark_of_contact,
)
from app.structures.models import Structure
from tests.factories import NOW, class_draft, make_registration, person_draft
from tests.integration.registrations.conftest import STAFF, history, sequence, told


def as_it_is(made: Registered) -> Correction:
    row = get_registration(made.id)
    return Correction(
        Contact(row.contact_name, row.contact_email, row.contact_phone, find_family_name(row.id)),
        Organisation(row.organisation_name, row.uai, row.class_label, row.commune),
        row.oriented_by,
        row.locale,
    )


def correct(made: Registered, *, contact: dict[str, Any] | None = None, **changes: Any) -> tuple[str, ...]:
    options = {name: changes.pop(name) for name in ("known", "send") if name in changes}
    now_is = as_it_is(made)
    wanted = replace(now_is, contact=replace(now_is.contact, **(contact or {})), **changes)
    with transaction():
        return correct_registration(made.id, wanted, by=STAFF, now=NOW, **options)


def column(made: Registered, name: str) -> Any:
    return db.session.execute(select(getattr(Registration, name)).where(Registration.id == made.id)).scalar_one()


def mails(made: Registered) -> list[tuple[str, str, str]]:
    rows = db.session.execute(
        select(Message.template, Message.recipient, Message.state)
        .where(Message.subject == f"registration:{made.id}")
        .order_by(Message.id)
    )
    return [(row.template.partition(".")[2], row.recipient, row.state.value) for row in rows]


def mark(made: Registered) -> str:
    return mark_of_contact(get_registration(made.id), find_family_name(made.id))


def test_a_new_address_has_all_that_the_old_one_had(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=Contact("Hugo Dupond", "hugo@example.org")))
    version = get_version(event.id)
    changed = correct(
        made, contact={"name": "Hugo Dupont", "family_name": "Dupont", "email": "Hugo.Dupont@Example.org"}, send=True
    )
    assert changed == ("contact_name", "contact_email")
    row = get_registration(made.id)
    assert (row.contact_name, row.contact_email) == ("Hugo Dupont", "hugo.dupont@example.org")
    assert (column(made, "mail_key"), column(made, "same_key")) == (row.contact_email, "i:hugo.dupont@example.org")
    assert column(made, "sort_name") == "dupont hugo"
    assert "hugo.dupont@example.org" in column(made, "search_text")
    assert "dupond" not in column(made, "search_text")
    assert column(made, "changed_in") == get_version(event.id) > version, "doors ask what changed since"
    assert [r.id for r in list_alive_by_email(event.id, "hugo.dupont@example.org")] == [made.id]
    assert list_alive_by_email(event.id, "hugo@example.org") == []
    assert mails(made) == [
        ("confirmed", "hugo.dupont@example.org", "queued"),
        ("changed", "hugo.dupont@example.org", "queued"),
    ], "what was on its way to the old address goes to the new one"
    assert sequence(made.id) == 0, "no calendar shows it"
    assert history(made.id)[-1] == ("registration.corrected", {"fields": ["contact_name", "contact_email"]})
    assert "dupont" not in str(history(made.id)).lower()
    assert [check for check in run_checks(NOW) if check.problems] == []


def test_what_arrived_already_stays_as_it_was_and_nothing_is_sent_unless_asked(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org")))
    with transaction():
        db.session.execute(update(Message).values(state=MessageState.SENT))
    correct(made, contact={"email": "dupont@example.org"})
    assert mails(made) == [("confirmed", "hugo@example.org", "sent")]
    correct(made, contact={"phone": "06 39 98 44 10"}, send=True)
    assert told(made.id) == ["confirmed"], "the address is the same: nothing is sent again"


def test_without_an_address_what_was_on_its_way_goes_to_nobody(event: EventRow) -> None:
    made = make_registration(
        event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org", "+33639984410"))
    )
    correct(made, contact={"email": ""}, send=True)
    assert mails(made) == [("confirmed", "hugo@example.org", "skipped")]
    assert column(made, "same_key") == "i:+33639984410|hugo dupont"
    with pytest.raises(FieldError) as refused:
        correct(made, contact={"phone": ""})
    assert refused.value.problems == {"contact/email": "email_or_phone"}


def test_nobody_becomes_somebody_who_is_registered_already(event: EventRow) -> None:
    first = make_registration(event, person_draft(event, contact=Contact("Hugo Dupont", "hugo@example.org")))
    second = make_registration(event, person_draft(event, contact=Contact("Léa Roy", "lea@example.org")))
    with pytest.raises(AlreadyRegistered) as refused:
        correct(second, contact={"email": "hugo@example.org"})
    assert refused.value.registration_id == first.id
    assert get_registration(second.id).contact_email == "lea@example.org"
    assert mails(second) == [("confirmed", "lea@example.org", "queued")]
    with transaction():
        cancel_registration(first.id, by=STAFF, now=NOW)
    correct(second, contact={"email": "hugo@example.org"})
    assert column(second, "same_key") == "i:hugo@example.org"
    correct(first, contact={"phone": "06 39 98 44 10"})
    assert get_registration(first.id).contact_phone == "+33639984410", "of a cancelled one nobody is in the way"


def test_two_classes_of_a_teacher_stay_two(event: EventRow) -> None:
    teacher = Contact("Manon Lambert", "manon@example.org")
    school = Organisation("Collège des Trois-Rivières", "0219100C", "3e A", "Dijon")
    first = make_registration(event, class_draft(event, contact=teacher, organisation=school, headcount=Headcount(20)))
    other = replace(school, class_label="3e B")
    second = make_registration(event, class_draft(event, contact=teacher, organisation=other, headcount=Headcount(20)))
    with pytest.raises(AlreadyRegistered):
        correct(second, organisation=school)
    assert correct(second, organisation=replace(school, class_label="3e C")) == ("class_label",)
    assert (sequence(first.id), sequence(second.id)) == (0, 1), "the calendar of a class says its name"
    assert b"3e C" in registration_calendar(get_registration(second.id), event).content
    correct(second, contact={"name": "Manon Lambert-Roy", "family_name": ""})
    assert sequence(second.id) == 1, "of a class that has a name the calendar does not say the teacher's"
    correct(second, locale="en")
    assert sequence(second.id) == 2


def test_another_structure_is_the_one_of_that_number_and_a_misspelt_one_goes(event: EventRow) -> None:
    draft = person_draft(event, organisation=Organisation("Misson Locale", commune="Dijon"))
    made = make_registration(event, draft)
    wrong = get_registration(made.id).structure_id
    correct(made, organisation=Organisation("Mission Locale", commune="Dijon"))
    right = get_registration(made.id).structure_id
    assert right != wrong
    names = db.session.execute(select(Structure.name)).scalars().all()
    assert names == ["Mission Locale"]
    correct(made, organisation=Organisation())
    assert get_registration(made.id).structure_id is None


def test_the_list_is_sorted_by_the_family_name_that_is_said(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=Contact("Anne Le Goff", "anne@example.org")))
    assert find_family_name(made.id) == "Goff"
    assert correct(made, contact={"family_name": "Le Goff"}) == ("sort_name",)
    assert (column(made, "sort_name"), find_family_name(made.id)) == ("le goff anne", "Le Goff")
    assert correct(made, contact={"family_name": "Le Goff"}) == ()
    correct(made, contact={"name": "Le Goff Anne", "family_name": "Le Goff"})
    assert (column(made, "sort_name"), find_family_name(made.id)) == ("le goff anne", "Le Goff")
    with pytest.raises(FieldError) as refused:
        correct(made, contact={"family_name": "Goff"})
    assert refused.value.problems == {"contact/family_name": "family_not_in_name"}


def test_who_read_it_before_a_colleague_corrected_it_looks_again(event: EventRow) -> None:
    made = make_registration(event)
    known = mark(made)
    correct(made, contact={"phone": "06 39 98 44 10"}, known=known)
    with pytest.raises(RegistrationChanged):
        correct(made, contact={"phone": "06 39 98 44 11"}, known=known)
    assert get_registration(made.id).contact_phone == "+33639984410"
    before = history(made.id)
    assert correct(made, known=mark(made)) == ()
    assert history(made.id) == before, "nothing was different: nothing is written"


def own(made: Registered, name: str, phone: str) -> RegistrationRow:
    with transaction():
        correct_own_contact(made.id, name=name, phone=phone, by=VISITOR, now=NOW)
    return get_registration(made.id)


def test_visitors_correct_their_name_and_telephone_and_nothing_else(event: EventRow) -> None:
    made = make_registration(
        event,
        person_draft(
            event, contact=Contact("Anne Le Gof", "anne@example.org", family_name="Le Gof"), oriented_by="CIO"
        ),
    )
    row = own(made, "Anne Le Goff", "06 39 98 44 10")
    assert (row.contact_name, row.contact_phone) == ("Anne Le Goff", "+33639984410")
    assert (row.contact_email, row.oriented_by) == ("anne@example.org", "CIO")
    assert column(made, "sort_name") == "le goff anne", "the family name stays where it stood"
    assert told(made.id) == ["confirmed"]
    assert own(made, "Anne Le Goff", "").contact_phone == "", "who has a mail address needs no telephone"


def test_a_visitor_without_a_mail_is_not_told_who_else_has_the_number(event: EventRow) -> None:
    draft = person_draft(event, contact=Contact("Léa Roy", phone="+33639984410"), source=Source.WEB)
    first, second = (
        make_registration(event, draft),
        make_registration(event, replace(draft, contact=Contact("Léa Roi", phone="+33639984410"))),
    )
    assert own(second, "Léa Roy", "06 39 98 44 10").contact_name == "Léa Roy"
    assert (column(first, "same_key"), column(second, "same_key")) == ("i:+33639984410|lea roy", None)
    with pytest.raises(FieldError):
        own(second, "Léa Roy", "")


def test_what_is_over_or_forgotten_is_corrected_by_nobody(whole_app: Flask, event: EventRow) -> None:
    gone, erased, late = (make_registration(event, person_draft(event)) for _ in range(3))
    with transaction():
        cancel_registration(gone.id, by=STAFF, now=NOW)
        erase_registration(erased.id, by=STAFF, now=NOW)
    with pytest.raises(MoveNotAllowed):
        own(gone, "Hugo Roy", "")
    with pytest.raises(RegistrationForgotten):
        correct(erased, contact={"name": "Hugo Roy", "email": "hugo@example.org"})
    with pytest.raises(ChangeClosed), transaction():
        correct_own_contact(late.id, name="Hugo Roy", phone="", by=VISITOR, now=event.ends_at)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=STAFF, now=NOW)
    with pytest.raises(ChangeClosed):
        correct(late, contact={"phone": "06 39 98 44 10"})
