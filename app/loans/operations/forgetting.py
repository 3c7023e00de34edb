"""Keeping the names of borrowers no longer than the organiser says: what was lent, when and to which structure stays.

Agreements stay as they were made, as evidence of what was agreed: who accepted, and the file.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update

from app.accounts.models import Organiser
from app.boxes.enums import FileUse
from app.boxes.models import BoxFile, BoxOutage
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.loans.enums import LoanState
from app.loans.held import of_contact, tell_loans
from app.loans.models import Loan, LoanBox, LoanCount, LoanFacilitator
from app.loans.operations.storing import lock_loan, today, write
from app.loans.queries import LoanBoxRow
from app.loans.rules import ENDED
from app.messages.operations import forget_mails
from app.resources.settings import get_settings
from app.structures.registry import ContactPart, register_contact_part

_OWN_WORDS = frozenset({"name", "note"})
"""Fields of the history in which people's names and words stood."""


def list_to_forget(now: datetime) -> list[int]:
    """Ids of the loans that ended as long ago as their organiser keeps names, and still hold them.

    Where nobody ended a loan its last day counts, but while boxes of it are out: whoever has them is to be found.
    """
    found: list[int] = []
    for organiser_id in db.session.execute(select(Organiser.id).order_by(Organiser.id)).scalars().all():
        ended_before = now - timedelta(days=get_settings(organiser_id).keep_names_days)
        over = Loan.to_date < last_day_named(organiser_id, now)
        left = Loan.ended_at.is_(None) & (Loan.state != LoanState.HANDED_OVER) & over
        statement = select(Loan.id).where(
            Loan.organiser_id == organiser_id, Loan.names_removed_at.is_(None), or_(Loan.ended_at <= ended_before, left)
        )
        found += db.session.execute(statement.order_by(Loan.id)).scalars()
    return found


def last_day_named(organiser_id: int, now: datetime) -> date:
    """A loan that nobody ended, and whose last day was before this one, names nobody any more, nor who was to run it."""
    return today(now - timedelta(days=get_settings(organiser_id).keep_names_days))


def erase_own_loan(loan_id: int, *, now: datetime) -> None:
    """Whoever borrowed takes their name out of one loan that ended, before its time. The history names nobody.

    Raises LoanNotFound, MoveNotAllowed while it goes on.
    """
    loan, _ = lock_loan(loan_id)
    if loan.state not in ENDED:
        raise MoveNotAllowed("erase", loan.state.value)
    forget_names(loan_id, now=now, by=Actor(ActorKind.VISITOR, "", None, loan.organiser_id))


def forget_names(loan_id: int, *, now: datetime, by: Actor = SYSTEM) -> None:
    """Take whoever borrowed out of a loan that is over, out of its history, its mails and its photos of damage.

    All that people typed freely goes, for it may name them; so does who was to run it. Doing it again changes nothing.
    Raises LoanNotFound, MoveNotAllowed while the loan goes on: until its last day, and while boxes of it are out.
    """
    loan, _ = lock_loan(loan_id)
    goes_on = loan.to_date >= today(now) or loan.state is LoanState.HANDED_OVER
    if loan.state not in ENDED and goes_on:
        raise MoveNotAllowed("forget_names", loan.state.value)
    if loan.names_removed_at is not None:
        return
    write(
        loan.id, contact_id=None, contact_name="", email="", phone="", purpose_note="", place="", notes="",
        reason_note="", names_removed_at=now,
    )  # fmt: skip
    held = (*loan.loan_boxes, *loan.former_boxes)
    boxes = [box.id for box in held]
    names = {"handed_over_by": "", "handed_over_to": "", "returned_by": "", "returned_to": "", "checked_by": ""}
    db.session.execute(update(LoanBox).where(LoanBox.id.in_(boxes)).values(**names, note=""))
    db.session.execute(update(LoanCount).where(LoanCount.loan_box_id.in_(boxes)).values(note=""))
    db.session.execute(delete(BoxFile).where(BoxFile.loan_box_id.in_(boxes), BoxFile.use == FileUse.DAMAGE))
    _forget_outages_of(held)
    db.session.execute(delete(LoanFacilitator).where(LoanFacilitator.loan_id == loan.id))
    subject = f"loan:{loan.id}"
    forget_mails(subject)
    _forget_words(AuditEntry.subject == subject)
    details = {"reference": loan.reference}
    verb = "loan.names_erased" if by.kind is ActorKind.VISITOR else "loan.names_removed"
    record(by, verb, subject, now=now, organiser_id=loan.organiser_id, details=details)


def _forget_outages_of(held: Sequence[LoanBoxRow]) -> None:
    """What a check said of a box became the note of its outage. While that lasts it is the box's own, and goes when it ends
    (`boxes.operations.outages`).
    """
    for box in held:
        if box.checked_at is not None:
            during = BoxOutage.created_at <= box.checked_at, BoxOutage.ended_on >= today(box.checked_at)
            db.session.execute(update(BoxOutage).where(BoxOutage.box_id == box.box_id, *during).values(note=""))


def forget_outages(now: datetime) -> int:
    """Take the notes out of outages that ended as long ago as their organiser keeps names; how many. They may name people."""
    found = list_outages_to_forget(now)
    db.session.execute(update(BoxOutage).where(BoxOutage.id.in_(found)).values(note=""))
    return len(found)


def list_outages_to_forget(now: datetime) -> list[int]:
    """Ids of those that still have a note, whoever wrote it."""
    found: list[int] = []
    for organiser_id in db.session.execute(select(Organiser.id).order_by(Organiser.id)).scalars().all():
        before = last_day_named(organiser_id, now)
        statement = select(BoxOutage.id).where(
            BoxOutage.organiser_id == organiser_id, BoxOutage.note != "", BoxOutage.ended_on < before
        )
        found += db.session.execute(statement.order_by(BoxOutage.id)).scalars()
    return found


def _forget_words(*conditions: ColumnElement[bool]) -> None:
    """Borrowers signed their lines with their name, and some lines held it."""
    db.session.execute(
        update(AuditEntry)
        .where(*conditions, AuditEntry.actor_kind == ActorKind.VISITOR.value)
        .values(actor_label="", actor_id=None)
    )
    for line in db.session.execute(select(AuditEntry.id, AuditEntry.details).where(*conditions)).all():
        if not _OWN_WORDS.isdisjoint(line.details):
            kept = {name: value for name, value in line.details.items() if name not in _OWN_WORDS}
            db.session.execute(update(AuditEntry).where(AuditEntry.id == line.id).values(details=kept))


def _needs_contact(contact_id: int, structure_id: int, email: str, now: datetime) -> Sequence[str]:
    mine = of_contact(contact_id, structure_id, email)
    statement = select(Loan.reference).where(mine, Loan.state.not_in(ENDED)).order_by(Loan.from_date, Loan.id)
    return list(db.session.execute(statement).scalars())


def _forget_contact(contact_id: int, structure_id: int, email: str, now: datetime, by: Actor) -> None:
    mine = of_contact(contact_id, structure_id, email)
    over = select(Loan.id).where(mine, Loan.state.in_(ENDED), Loan.names_removed_at.is_(None))
    statement = over.order_by(Loan.scenario_id, Loan.id)  # as all lock scenarios, so that nobody waits for each other
    for loan_id in db.session.execute(statement).scalars().all():
        forget_names(loan_id, now=now, by=by)


register_contact_part("loans", ContactPart(tell_loans, _needs_contact, _forget_contact))
