"""Keeping names no longer than each event says: then people become totals."""

from datetime import datetime

from sqlalchemy import delete, select

from app.core.actor import SYSTEM
from app.core.audit import record
from app.core.db import db
from app.events.operations import lock_event
from app.events.queries import EventRow
from app.registrations.models import ImportFile, Registration
from app.registrations.operations.erasing import anonymise, forget_binned_answers
from app.registrations.queries import FORGOTTEN


def forget_names(event: EventRow, *, now: datetime, most: int = 200) -> int:
    """Anonymise up to `most` registrations of an event whose time has come; return how many it did.

    Declared statistics stay, for no name leads to them any more; those of registrations in the bin go, unless somebody
    came, and so do files that were imported.
    """
    db.session.execute(delete(ImportFile).where(ImportFile.event_id == event.id))
    wanted = (
        select(Registration.id)
        .where(Registration.event_id == event.id, Registration.contact_name != FORGOTTEN)
        .order_by(Registration.id)
        .limit(most)
    )
    version = lock_event(event.id)
    ids = list(db.session.execute(wanted).scalars())
    forget_binned_answers(ids)
    for registration_id in ids:
        anonymise(registration_id, version=version, now=now)
    if ids:
        record(
            SYSTEM, "event.names_forgotten", f"event:{event.id}", now=now, organiser_id=event.organiser_id,
            details={"registrations": len(ids)},
        )  # fmt: skip
    return len(ids)
