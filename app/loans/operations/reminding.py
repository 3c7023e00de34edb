"""Reminders of boxes that are out, each once, and what borrowers answer."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.loans.enums import LoanState, ReminderKind
from app.loans.models import Loan, LoanReminder
from app.loans.notifications import queue_reminder
from app.loans.operations.storing import lock_loan, today, write
from app.loans.queries import LoanRow
from app.loans.rules import reminder_due

LATEST_ANSWER = timedelta(days=60)
"""As far ahead a borrower may promise boxes; for longer, one talks."""


def list_to_remind(now: datetime) -> list[int]:
    """Ids of the loans that are out and whose return comes soon or is over."""
    soon = today(now) + timedelta(days=3)
    statement = select(Loan.id).where(Loan.state == LoanState.HANDED_OVER, Loan.to_date <= soon, Loan.email != "")
    return list(db.session.execute(statement.order_by(Loan.id)).scalars())


def remind(loan_id: int, *, now: datetime) -> ReminderKind | None:
    """Queue the reminder whose turn it is, unless it was sent or the borrower's promised day is not over. Raises LoanNotFound."""
    loan, _ = lock_loan(loan_id)
    kind = reminder_due(loan.to_date, loan.promised_on, today(now))
    if kind is None or not loan.email or not _is_out(loan) or _was_sent(loan, kind):
        return None
    db.session.execute(insert(LoanReminder).values(loan_id=loan.id, kind=kind, for_date=loan.to_date, sent_at=now))
    queue_reminder(loan, kind, now=now)
    return kind


def answer_reminder(loan_id: int, day: date, *, by: Actor, now: datetime) -> None:
    """The borrower says when they bring the boxes back; no reminder follows until that day is over.

    Raises LoanNotFound, MoveNotAllowed when nothing is out, FieldError (day: past, too_far).
    """
    loan, _ = lock_loan(loan_id, by=by)
    if not _is_out(loan):
        raise MoveNotAllowed("promise", loan.state.value)
    if not today(now) <= day <= today(now) + LATEST_ANSWER:
        raise FieldError({"day": "past" if day < today(now) else "promise_too_far"})
    write(loan.id, promised_on=day)
    db.session.execute(
        update(LoanReminder)
        .where(LoanReminder.loan_id == loan.id, LoanReminder.answered_at.is_(None))
        .values(answered_at=now)
    )
    details = {"reference": loan.reference, "day": day.isoformat()}
    record(by, "loan.promised", f"loan:{loan.id}", now=now, organiser_id=loan.organiser_id, details=details)


def _is_out(loan: LoanRow) -> bool:
    return loan.state is LoanState.HANDED_OVER and any(box.is_away for box in loan.loan_boxes)


def _was_sent(loan: LoanRow, kind: ReminderKind) -> bool:
    statement = select(LoanReminder.id).where(
        LoanReminder.loan_id == loan.id, LoanReminder.kind == kind, LoanReminder.for_date == loan.to_date
    )
    return db.session.execute(statement).first() is not None
