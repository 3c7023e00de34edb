"""Rows of the scan store as the passages that are walked through."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.checkin.enums import Reason, ScanResult
from app.checkin.replaying import PastScan
from app.registrations.drafts import Headcount
from app.registrations.enums import TicketKind

ATTEMPTS = (Reason.ALREADY_IN, Reason.NOT_IN)


def is_attempt(scans: Any) -> ColumnElement[bool]:
    """Passages that count, and those that may yet: a device that says what it knew was told no, and who came before it may
    still be on the way to us. `scans`: the columns of the scan store.
    """
    said_no = and_(scans.known_participants.is_not(None), scans.reason.in_(ATTEMPTS))
    return or_(scans.result == ScanResult.ACCEPTED, said_no)


def past_scan(row: Mapping[Any, Any], kind: TicketKind | None, space_of: Mapping[int, int | None]) -> PastScan:
    """One row. `space_of`: the space of each checkpoint of the event."""
    return PastScan(
        scan_id=row["scan_id"],
        direction=row["direction"],
        space_id=row["space_id"],
        delta=Headcount(row["delta_participants"], row["delta_companions"]),
        scanned_at=row["scanned_at"],
        undoes=row["undoes"],
        card=row["ticket_id"] if kind is TicketKind.ROUTE_CARD else None,
        card_space_id=space_of.get(row["checkpoint_id"]),
        known=_counts(row, "known"),
        counted=_counts(row, "counted"),
        expected=Headcount(row["expected_participants"], row["expected_companions"]),
        device=row["device"],
        received_at=row["received_at"],
        team=row["team"],
        accepted=row["result"] is ScanResult.ACCEPTED,
        corrects=tuple(row["code"].split()) if row["checkpoint_id"] is None and row["undoes"] is None else (),
    )


def _counts(row: Mapping[Any, Any], name: str) -> Headcount | None:
    participants, companions = row[f"{name}_participants"], row[f"{name}_companions"]
    return None if participants is None else Headcount(participants, companions)
