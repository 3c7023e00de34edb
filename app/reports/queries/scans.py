"""Passages that count."""

from sqlalchemy import ColumnElement, select

from app.checkin.enums import ScanResult
from app.checkin.models import Scan


def came_in(event_id: int) -> tuple[ColumnElement[bool], ...]:
    """Scans by which people came into the event, but for those undone since."""
    undone = select(Scan.undoes).where(Scan.event_id == event_id, Scan.undoes.is_not(None))
    return (
        Scan.event_id == event_id,
        Scan.result == ScanResult.ACCEPTED,
        Scan.delta_participants + Scan.delta_companions > 0,
        Scan.undoes.is_(None),
        Scan.scan_id.not_in(undone),
    )
