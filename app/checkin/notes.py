"""What staff said of somebody whom they let in though the answer was no.

Scans are never changed, so these words stand in the history of the registration: who is erased takes them along.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.checkin.device_models import Conflict, WalkIn
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry, record
from app.core.db import db

LET_IN = "door.let_in"


def note_why(rows: Sequence[tuple[int, str, str]], *, organiser_id: int, now: datetime) -> None:
    """Write down (registration, id of the scan, words) of passages that were just stored."""
    for registration_id, scan_id, said in rows:
        details = {"scan": scan_id, "said": said}
        record(SYSTEM, LET_IN, f"registration:{registration_id}", now=now, organiser_id=organiser_id, details=details)


def list_notes(registration_ids: Collection[int]) -> dict[str, str]:
    """The words by the id of their scan, of these registrations: one statement, none where there are no registrations."""
    if not registration_ids:
        return {}
    subjects = [f"registration:{registration_id}" for registration_id in registration_ids]
    found: list[dict[str, Any]] = list(
        db.session.execute(
            select(AuditEntry.details).where(AuditEntry.subject.in_(subjects), AuditEntry.verb == LET_IN)
        ).scalars()
    )
    return {details["scan"]: details["said"] for details in found if "said" in details}


def forget_notes(registration_id: int) -> None:
    """Blank what was said of somebody at a door, beside the history."""
    for model in (WalkIn, Conflict):
        db.session.execute(
            update(model).where(model.registration_id == registration_id, model.note != "").values(note=""),
            execution_options={"synchronize_session": False},
        )
