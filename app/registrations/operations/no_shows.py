"""Saying why people did not come, once the event is over."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.enums import EDITABLE, ReasonUse
from app.events.errors import EventReadOnly
from app.events.operations import lock_event
from app.events.queries import get_event_by_id
from app.events.queries.reasons import list_reasons
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import NotOver
from app.registrations.models import Registration

CHUNK = 500


def tell_no_shows(event_id: int, codes: Mapping[int, str], *, by: Actor, now: datetime) -> int:
    """Keep the coded reason of each registration named by id ("" takes it back); return how many changed.

    Ids that are not confirmed registrations of the event are left aside. Whether they came is known at the doors: the caller
    names those who were never scanned, and figures count a reason only there.
    Raises NotOver, EventReadOnly, FieldError (code), EventNotFound.
    """
    version = lock_event(event_id)
    event = get_event_by_id(event_id)
    if event.state not in EDITABLE:
        raise EventReadOnly
    if not event.is_over(now):
        raise NotOver
    known = {row.code for row in list_reasons(event.organiser_id, ReasonUse.NO_SHOW, retired=True)}
    if not set(codes.values()) - {""} <= known:
        raise FieldError({"code": "choice"})
    before = _codes_now(event_id, sorted(codes))
    changes = {i: (code, codes[i]) for i, code in before.items() if code != codes[i]}
    for code in sorted({after for _, after in changes.values()}):
        ids = [i for i, (_, after) in changes.items() if after == code]
        for start in range(0, len(ids), CHUNK):
            db.session.execute(
                update(Registration)
                .where(Registration.id.in_(ids[start : start + CHUNK]))
                .values(no_show_code=code, changed_in=version, updated_at=now)
            )
    for registration_id, pair in changes.items():
        subject, details = f"registration:{registration_id}", {"no_show_code": list(pair)}
        record(by, "registration.no_show_told", subject, now=now, organiser_id=event.organiser_id, details=details)
    return len(changes)


def _codes_now(event_id: int, ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        rows = db.session.execute(
            select(Registration.id, Registration.no_show_code).where(
                Registration.id.in_(ids[start : start + CHUNK]),
                Registration.event_id == event_id,
                Registration.status == RegistrationStatus.CONFIRMED,
                Registration.deleted_at.is_(None),
            )
        )
        found |= {row.id: row.no_show_code for row in rows}
    return found
