"""What doors keep of an event: whoever was scanned there is never deleted, for the scan store is append-only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select

from app.checkin.device_models import WalkIn
from app.checkin.enums import ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.notes import forget_notes
from app.core.db import db
from app.events.parts import Part, register_part


def has_come(event_id: int, since: datetime | None = None) -> bool:
    """Whether anybody was let through one of its doors (from `since` on), be it that the passage was taken back."""
    accepted = exists().where(Scan.event_id == event_id, Scan.result == ScanResult.ACCEPTED)
    if since is not None:
        accepted = accepted.where(Scan.scanned_at >= since)
    return bool(db.session.execute(select(accepted)).scalar_one())


def _kept(event_id: int) -> bool:
    return bool(db.session.execute(select(exists().where(Scan.event_id == event_id))).scalar_one())


def _keeps(registration_ids: Sequence[int]) -> set[int]:
    found = db.session.execute(
        select(Scan.registration_id).where(Scan.registration_id.in_(registration_ids)).distinct()
    ).scalars()
    walked_in = db.session.execute(select(WalkIn.registration_id).where(WalkIn.registration_id.in_(registration_ids)))
    return {*walked_in.scalars(), *(registration_id for registration_id in found if registration_id is not None)}


def _visited(registration_ids: Sequence[int]) -> set[int]:
    came = Presence.came_participants + Presence.came_companions > 0
    found = select(Presence.registration_id).where(Presence.registration_id.in_(registration_ids), came)
    return set(db.session.execute(found).scalars())


register_part("scans", Part(came=has_come, kept=_kept, keeps=_keeps, visited=_visited, forget=forget_notes))
