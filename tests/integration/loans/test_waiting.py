"""Requests that wait for a training, and promises for which nobody is accredited any more."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.enums import Role
from app.boxes.enums import OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.boxes.operations.people import end_facilitator, grant_accreditation, withdraw_accreditation
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.models import Event
from app.events.queries import EventRow
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanState
from app.loans.errors import NoAccreditedFacilitator
from app.loans.operations import ask_loan, name_facilitators
from app.loans.queries import LoanFilter, get_loan, list_loans, list_waiting_for
from app.loans.standing import Standing, count_ready, list_at_stake, standings
from app.messages.models import Message
from app.registrations.drafts import Contact
from app.structures.drafts import ContactDraft
from app.structures.operations.contacts import add_contact
from app.training.models import TrainingScenario
from app.training.operations import grant_from_presence
from tests.factories import NOW, make_event, make_member, make_registration, person_draft
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.test_borrowers_pages import text_of, visitor_of
from tests.integration.loans.world import (
    BORROWER,
    STAFF,
    LoanWorld,
    make_facilitator,
    make_structure,
    make_world,
    set_structure,
)

TODAY = NOW.date()


def training(world: LoanWorld, *, teaches: bool = True) -> EventRow:
    event = make_event(world.organiser_id)
    if teaches:
        with transaction():
            db.session.add(TrainingScenario(event_id=event.id, scenario_id=world.scenario_id))
    return event


def after(event: EventRow, days: int = 7) -> tuple[str, str]:
    """A loan of one day, so many days after the training."""
    day = event.ends_at.date() + timedelta(days=days)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return f"{day} am", f"{day} pm"


def waiting(world: LoanWorld, event: EventRow, *people: int, **changes: Any) -> int:
    asked = world.ask(*after(event), facilitator_ids=people, waits_for_event_id=event.id, **changes)
    assert asked.state is LoanState.ASKED
    return asked.id


def other_structure(world: LoanWorld) -> int:
    with transaction():
        return make_structure(world.organiser_id)


def somebody(world: LoanWorld, structure_id: int | None = None) -> int:
    """A facilitator of the borrower, or of that structure, whom nobody accredited."""
    with transaction():
        return make_facilitator(world.organiser_id, structure_id or world.structure_id)


def give(world: LoanWorld, person: int, day: date | None = None) -> int | None:
    with transaction():
        return grant_accreditation(
            person, world.scenario_id, day or TODAY, organiser_id=world.organiser_id, by=STAFF, now=NOW, note="Vu jouer"
        )


def train(event: EventRow, email: str) -> None:
    """Somebody who registered with that mail was there."""
    came = make_registration(event, person_draft(event, contact=Contact("Aline Perrin", email)))
    with transaction():
        assert grant_from_presence(event, [came.id], by=SYSTEM, now=event.ends_at + timedelta(hours=3))


def standing(loan_id: int, now: object = NOW) -> Standing | None:
    return standings([get_loan(loan_id)], now).get(loan_id)  # type: ignore[arg-type]


def mails(loan_id: int) -> list[str]:
    statement = select(Message.template).where(Message.subject == f"loan:{loan_id}").order_by(Message.id)
    return list(db.session.execute(statement).scalars())


def test_a_trusted_borrowers_request_is_approved_once_its_person_was_at_the_training(whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=True)
    event = training(world)
    loan_id = waiting(world, event, email="aline@example.org")
    assert standing(loan_id) is Standing.WAITS
    assert list_waiting_for(event.id) == [loan_id]
    train(event, "somebody.else@example.org")
    assert get_loan(loan_id).state is LoanState.ASKED
    train(event, "aline@example.org")
    loan = get_loan(loan_id)
    assert loan.state is LoanState.APPROVED
    assert len(loan.loan_boxes) == 1
    assert [person.name for person in loan.facilitators] != []
    assert mails(loan_id) == ["loans.asked", "loans.approved"]


def test_anothers_wait_ends_and_staff_see_that_it_may_be_approved(whole_app: Flask) -> None:
    world = make_world()
    event = training(world)
    person = somebody(world)
    loan_id = waiting(world, event, person)
    other = world.ask(facilitator_ids=(somebody(world),)).id
    give(world, person, date(2040, 1, 1))  # begins after the loan
    assert get_loan(loan_id).waits_for_event_id == event.id
    assert count_ready(world.organiser_id, TODAY) == 0
    give(world, person)
    loan = get_loan(loan_id)
    assert (loan.state, loan.waits_for_event_id) == (LoanState.ASKED, None)
    assert standing(loan_id) is Standing.READY
    assert standing(other) is Standing.NOBODY
    ready = list_loans(world.organiser_id, LoanFilter(ready_on=TODAY))
    assert [line.id for line in ready.loans] == [loan_id]
    assert count_ready(world.organiser_id, TODAY) == 1
    assert mails(loan_id) == ["loans.asked"]
    assert next(line.verb for line in list_history(f"loan:{loan_id}")) == "loan.wait_ended"
    set_clock(whole_app.extensions, NOW)
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    client.set_cookie("lang", "en")
    page = client.get("/manage/boxes/loans?state=ready").text
    assert loan.reference in page
    assert page.count("May be approved now") >= 2
    assert "Nobody accredited" in client.get("/manage/boxes/loans?state=asked").text


def test_without_a_free_box_a_trusted_request_stays_and_staff_see_why(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    set_structure(world.structure_id, trusted_borrower=True)
    person = somebody(world)
    loan_id = waiting(world, training(world), person)
    with transaction():
        put_out_of_service(
            world.box_ids[0],
            OutReason.BROKEN,
            until=None,
            organiser_id=world.organiser_id,
            today=TODAY,
            by=SYSTEM,
            now=NOW,
        )
    give(world, person)
    loan = get_loan(loan_id)
    assert (loan.state, loan.waits_for_event_id) == (LoanState.ASKED, None)
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    client.set_cookie("lang", "en")
    assert "boxes are wanting" in client.get(f"/manage/boxes/loans/{loan.reference}").text


def test_what_staff_kept_as_a_request_stays_for_them(whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=True)
    person = somebody(world)
    with transaction():
        kept = ask_loan(world.draft(facilitator_ids=(person,)), by=STAFF, now=NOW)
    give(world, person)
    assert get_loan(kept.id).state is LoanState.ASKED


def test_a_training_that_trained_nobody_is_seen(whole_app: Flask) -> None:
    world = make_world()
    event = training(world)
    loan_id = waiting(world, event)
    assert standing(loan_id, event.ends_at + timedelta(hours=1)) is Standing.TRAINING_OVER
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    assert get_loan(loan_id).reference in client.get(f"/manage/events/{event.slug}/training").text
    db.session.remove()

    def change(**values: Any) -> None:
        with transaction():
            db.session.execute(update(Event).where(Event.id == event.id).values(**values))

    change(date_to_come=True)
    assert standing(loan_id) is Standing.TRAINING_LATE
    change(date_to_come=False, ends_at=event.ends_at + timedelta(days=30))
    assert standing(loan_id) is Standing.TRAINING_LATE
    change(deleted_at=NOW)
    assert standing(loan_id) is Standing.TRAINING_OFF


def test_only_trainings_for_the_scenario_are_waited_for_and_contacts_are_the_borrowers(whole_app: Flask) -> None:
    world, foreign = make_world(), make_world()
    with transaction():
        contact_id = add_contact(
            make_structure(world.organiser_id), ContactDraft("Odile Marchand", "", "odile@example.org"),
            organiser_id=world.organiser_id, by=SYSTEM, now=NOW,
        )  # fmt: skip

    def problems(**changes: Any) -> dict[str, str]:
        draft: LoanDraft = world.draft(**changes)
        with pytest.raises(FieldError) as refused, transaction():
            ask_loan(draft, by=BORROWER, now=NOW)
        return refused.value.problems

    assert problems(waits_for_event_id=training(world, teaches=False).id) == {"waits_for": "unknown_id"}
    assert problems(waits_for_event_id=training(foreign).id) == {"waits_for": "unknown_id"}
    assert problems(contact_id=contact_id) == {"contact": "unknown_id"}


def test_withdrawing_says_which_loans_have_nobody_and_staff_name_somebody_else(whole_app: Flask) -> None:
    world = make_world()
    person, other = (somebody(world) for _ in range(2))
    held = give(world, person)
    made = world.enter(facilitator_ids=(person,))
    both = world.enter("2027-02-08 am", "2027-02-08 pm", facilitator_ids=(person, world.facilitator_id))
    stakes = list_at_stake(world.organiser_id, person)
    assert [(line.reference, line.accreditation_ids) for line in stakes] == [(made.reference, frozenset({held}))]
    set_clock(whole_app.extensions, NOW)
    client = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    client.set_cookie("lang", "en")
    page = client.get(f"/manage/boxes/facilitators/{person}").text
    assert made.reference in page
    assert both.reference not in page
    assert held is not None
    with transaction():
        withdraw_accreditation(held, "Plus joué", organiser_id=world.organiser_id, by=STAFF, now=NOW)
    assert standing(made.id) is Standing.NOBODY_LEFT
    assert standing(both.id) is None
    here = f"/manage/boxes/loans/{made.reference}"
    assert "Nobody accredited any more" in client.get(here).text
    assert client.post(f"{here}/people", data={"facilitators": [str(other)]}).status_code == 422
    named = client.post(f"{here}/people", data={"facilitators": [str(world.facilitator_id)]})
    assert named.status_code == 302
    loan = get_loan(made.id)
    assert [p.id for p in loan.facilitators] == [world.facilitator_id]
    assert standing(made.id) is None
    assert mails(made.id) == ["loans.approved", "loans.changed"]  # the agreement names them: it is made anew
    assert "have left" not in client.get(f"{here}/people").text
    with transaction():
        end_facilitator(world.facilitator_id, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    assert f"taken off when you save: {loan.facilitators[0].name}" in client.get(f"{here}/people").text


def test_a_borrower_names_people_of_their_own_while_the_request_waits(whole_app: Flask) -> None:
    world = make_world()
    stranger = somebody(world, other_structure(world))
    loan_id = waiting(world, training(world))
    loan = get_loan(loan_id)
    client = visitor_of(whole_app, world)
    here = f"/my/loans/{loan.reference}"
    assert "Who runs the game" in text_of(client, here)
    page = client.get(here).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {"csrf_token": token, "facilitators": [str(stranger)]}
    assert client.post(f"{here}/people", data=sent).status_code == 422
    assert client.post(f"{here}/people", data=sent | {"facilitators": [str(world.facilitator_id)]}).status_code == 303
    db.session.remove()
    after_it = get_loan(loan_id)
    assert [p.id for p in after_it.facilitators] == [world.facilitator_id]
    assert after_it.waits_for_event_id is None
    entered = world.enter("2027-03-01 am", "2027-03-01 pm")
    with pytest.raises(MoveNotAllowed), transaction():
        name_facilitators(entered.id, [world.facilitator_id], by=BORROWER, now=NOW)
    with pytest.raises(NoAccreditedFacilitator), transaction():
        name_facilitators(entered.id, [], by=STAFF, now=NOW)


def test_naming_an_accredited_person_approves_a_trusted_borrowers_request(whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=True)
    loan_id = waiting(world, training(world))
    with transaction():
        state = name_facilitators(loan_id, [world.facilitator_id], by=BORROWER, now=NOW)
    assert state is LoanState.APPROVED
