"""Facilitators who have left are made anonymous: « Animateur 12 » keeps its loans and accreditations, nobody is named."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update

from app.accounts.models import Organiser
from app.boxes.models import Accreditation, Facilitator
from app.boxes.queries import get_facilitator
from app.core.actor import SYSTEM, Actor
from app.core.audit import record
from app.core.db import db
from app.core.text import fold
from app.events.models import Event
from app.loans.errors import FacilitatorNeeded
from app.loans.models import EventBoxes, EventBoxesFacilitator, Loan, LoanFacilitator
from app.loans.operations.storing import today
from app.loans.rules import ENDED
from app.resources.settings import get_settings


def list_facilitators_to_forget(now: datetime) -> list[tuple[int, int]]:
    """(organiser, facilitator) of those who left, and have done nothing for as long as their organiser keeps names."""
    found = []
    for organiser_id in db.session.execute(select(Organiser.id).order_by(Organiser.id)).scalars().all():
        before = now - timedelta(days=get_settings(organiser_id).keep_names_days)
        statement = select(Facilitator.id, Facilitator.name).where(
            Facilitator.organiser_id == organiser_id, Facilitator.ended_at <= before, ~_did_something(before, today(before))
        )  # fmt: skip
        rows = db.session.execute(statement.order_by(Facilitator.id)).all()
        found += [(organiser_id, row.id) for row in rows if row.name != nameless(row.id)]
    return found


def forget_facilitator(facilitator_id: int, *, organiser_id: int, now: datetime, by: Actor = SYSTEM) -> None:
    """Their name, addresses, structure and the notes on their accreditations go, and they have left if they had not.

    Raises FacilitatorNotFound, FacilitatorNeeded while a loan that goes on, or an event to come, names them.
    """
    # Whoever names somebody for a loan or an event holds this row meanwhile (FOR SHARE).
    db.session.execute(select(Facilitator.id).where(Facilitator.id == facilitator_id).with_for_update())
    person = get_facilitator(organiser_id, facilitator_id)
    if going_on := list_going_on(facilitator_id, now=now):
        raise FacilitatorNeeded(going_on)
    name = nameless(facilitator_id)
    if person.name == name:
        return
    db.session.execute(
        update(Facilitator)
        .where(Facilitator.id == facilitator_id)
        .values(
            name=name, name_key=fold(name), email="", mail_key="", phone="", structure_id=None,
            ended_at=person.ended_at or now, revision=Facilitator.revision + 1,
        )
    )  # fmt: skip
    db.session.execute(
        update(Accreditation).where(Accreditation.facilitator_id == facilitator_id).values(note="", withdrawn_note="")
    )  # the place at the training stays: by it, presence that is read again writes nobody anew
    record(by, "facilitator.erased", f"facilitator:{facilitator_id}", now=now, organiser_id=organiser_id)


def nameless(facilitator_id: int) -> str:
    """What somebody is called whose name is no longer kept."""
    return f"Animateur {facilitator_id}"


def _did_something(since: datetime, day: date) -> ColumnElement[bool]:
    """A loan that goes on or ended since then, boxes at an event that ended since then, an accreditation given since then."""
    lent = exists().where(
        LoanFacilitator.facilitator_id == Facilitator.id,
        Loan.id == LoanFacilitator.loan_id,
        or_(Loan.ended_at.is_(None), Loan.ended_at > since),
    )
    at_events = exists().where(
        EventBoxesFacilitator.facilitator_id == Facilitator.id,
        EventBoxes.id == EventBoxesFacilitator.event_boxes_id,
        EventBoxes.to_date > day,
    )
    accredited = exists().where(Accreditation.facilitator_id == Facilitator.id, Accreditation.created_at > since)
    return or_(lent, at_events, accredited)


def list_going_on(facilitator_id: int, *, now: datetime) -> list[str]:
    """Numbers of loans, and addresses of events, for which somebody is still counted on."""
    loans = (
        select(Loan.reference)
        .join(LoanFacilitator, LoanFacilitator.loan_id == Loan.id)
        .where(LoanFacilitator.facilitator_id == facilitator_id, Loan.state.not_in(ENDED))
    )
    events = (
        select(Event.slug)
        .join(EventBoxes, EventBoxes.event_id == Event.id)
        .join(EventBoxesFacilitator, EventBoxesFacilitator.event_boxes_id == EventBoxes.id)
        .where(
            EventBoxesFacilitator.facilitator_id == facilitator_id, EventBoxes.ended_at.is_(None),
            EventBoxes.to_date >= today(now),
        )
    )  # fmt: skip
    found = [*db.session.execute(loans).scalars(), *db.session.execute(events).scalars()]
    return sorted(set(found))
