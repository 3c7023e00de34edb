"""One form, one loan: the number of what a form asks for is made from the key that the form was shown with.

Whoever sends a form again – a second press, the browser's Back – finds the number taken by a loan that they asked for
themselves: that loan is the answer. Nothing else is kept of the key. What is asked for without a form has a number by chance.
Boxes of an event have no number: the line of its history keeps the key's digest.
"""

import hmac
from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import exists, select

from app.core.actor import Actor
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import WriteConflict
from app.core.tokens import digest, new_reference, reference_of
from app.core.urls import settings
from app.loans.happenings import Happening
from app.loans.models import Loan

REFERENCE_PREFIX = "PR"
ATTEMPTS = 20
_PURPOSE = b"loan form"


def find_sent(organiser_id: int, form: str, by: Actor) -> str | None:
    """The number of the loan that `by` asked for with this form; None where it was not sent yet (or there is no form)."""
    for reference in _references(organiser_id, form, by) if form else ():
        loan_id = _loan_of(organiser_id, reference)
        if loan_id is None:
            return None
        if _asked(loan_id, by):
            return reference
    return None


def free_reference(organiser_id: int, form: str, by: Actor) -> str:
    """A number that no loan has: the form's own, else any. Raises WriteConflict."""
    for reference in _references(organiser_id, form, by):
        if _loan_of(organiser_id, reference) is None:
            return reference
    raise WriteConflict("no free reference")


def is_booked(event_id: int, form: str) -> bool:
    """Whether boxes of the event were booked with this form. Whoever asks holds the event."""
    lines = select(AuditEntry.details).where(
        AuditEntry.subject == f"event:{event_id}", AuditEntry.verb == "event.boxes_booked"
    )
    return any(details.get("key") == digest(form) for details in db.session.execute(lines).scalars())


def _references(organiser_id: int, form: str, by: Actor) -> Iterator[str]:
    """In the order in which they are tried: another loan may have the first by chance."""
    key = hmac.digest(settings().secret_key.encode(), _PURPOSE, sha256)
    for attempt in range(ATTEMPTS):
        said = f"{organiser_id} {by.kind} {by.id} {attempt} {form}"
        made = hmac.digest(key, said.encode(), sha256)
        yield reference_of(REFERENCE_PREFIX, made) if form else new_reference(REFERENCE_PREFIX)


def _loan_of(organiser_id: int, reference: str) -> int | None:
    statement = select(Loan.id).where(Loan.organiser_id == organiser_id, Loan.reference == reference)
    return db.session.execute(statement).scalar_one_or_none()


def _asked(loan_id: int, by: Actor) -> bool:
    lines = select(AuditEntry.id).where(
        AuditEntry.subject == f"loan:{loan_id}", AuditEntry.verb == f"loan.{Happening.ASKED}",
        AuditEntry.actor_kind == by.kind, AuditEntry.actor_id == by.id,
    )  # fmt: skip
    return bool(db.session.execute(select(exists(lines))).scalar_one())
