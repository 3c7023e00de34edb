"""How long the places of a group that is not there are kept: from when the minutes count, and how long the team waits.

The minutes never count from before the group could know of them: it was to come, had its places, and the doors were open.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.checkin.enums import Direction, ScanResult
from app.checkin.models import Scan
from app.checkin.rules import day_bounds
from app.core.audit import AuditEntry
from app.core.db import db
from app.events.queries import EventRow

AWAITED = "registration.awaited"
MINUTE = timedelta(minutes=1)
_PLACED = frozenset(
    {
        "registration.changed", "registration.offer_accepted", "registration.reinstated", "registration.restored",
        "registration.expected_again",
    }
)  # fmt: skip
"""What gives a group its places, or other ones."""
_BEGUN = frozenset({"event.publish", "event.reopen", "event.restored"})


@dataclass(frozen=True)
class Patience:
    """What is known of one day. `begins_at`: nothing counts from before it (None: nothing was set, nobody came that day);
    `placed_at`: when a group was given its places; `awaited`: until when the team said that they wait for it.
    """

    begins_at: datetime | None = None
    placed_at: dict[int, datetime] = field(default_factory=dict)
    awaited: dict[int, datetime] = field(default_factory=dict)

    def over_at(
        self, event: EventRow, registration_id: int, made_at: datetime, expected_at: datetime
    ) -> datetime | None:
        """When a group that was to come then, and registered at `made_at`, gives its places back unless it comes, as pages
        tell it: on a whole minute. None where nobody set a time.
        """
        if event.absent_minutes is None:
            return None
        counted = [expected_at, made_at, self.placed_at.get(registration_id), self.begins_at]
        over = max(at for at in counted if at is not None) + timedelta(minutes=event.absent_minutes)
        awaited = self.awaited.get(registration_id)
        return whole_minute(over if awaited is None else max(over, awaited))


def whole_minute(moment: datetime) -> datetime:
    """The next whole minute, unless it is one."""
    down = moment.replace(second=0, microsecond=0)
    return down if down == moment else down + MINUTE


def read_patience(event: EventRow, registration_ids: Collection[int], today: date) -> Patience:
    """What bears on these groups on that day: two statements, none where no time is set or nobody is missing."""
    if event.absent_minutes is None or not registration_ids:
        return Patience()
    begins, ends = day_bounds(today, ZoneInfo(event.timezone))
    groups, own = {f"registration:{one}": one for one in registration_ids}, f"event:{event.id}"
    rows = db.session.execute(
        select(AuditEntry.subject, AuditEntry.verb, AuditEntry.at, AuditEntry.details)
        .where(
            AuditEntry.subject.in_([own, *groups]), AuditEntry.verb.in_([AWAITED, "event.edited", *_PLACED, *_BEGUN]),
            AuditEntry.at >= begins, AuditEntry.at < ends,
        )
        .order_by(AuditEntry.id)
    ).all()  # fmt: skip
    starts = [row.at for row in rows if row.subject == own and (row.verb in _BEGUN or _bears(row.details))]
    opened = _first_scan(event.id, begins, ends)
    return Patience(
        begins_at=max([*starts, *([opened] if opened else [])], default=None),
        placed_at={groups[row.subject]: row.at for row in rows if row.verb in _PLACED},
        awaited={
            groups[row.subject]: datetime.fromisoformat(str(row.details["awaited_until"]))
            for row in rows
            if row.verb == AWAITED
        },
    )


def came_today(registration_ids: Collection[int], today: date, zone: ZoneInfo) -> set[int]:
    """Those of whom somebody was let in on that day, by the scans that stand."""
    begins, ends = day_bounds(today, zone)
    found = db.session.execute(
        select(Scan.registration_id).where(
            Scan.registration_id.in_(registration_ids), *_let_in(begins, ends), _stands(),
        )
    ).scalars()  # fmt: skip
    return {one for one in found if one is not None}


def _bears(details: dict[str, Any]) -> bool:
    """Whether an edit changed the minutes, or hours of waves."""
    waves = (part for part in details.get("parts", ()) if part.get("part") == "wave")
    return "absent_minutes" in details or any("starts_at" in part.get("fields", ()) for part in waves)


def _first_scan(event_id: int, begins: datetime, ends: datetime) -> datetime | None:
    """When the doors let somebody in for the first time on that day, by the scans that stand."""
    return db.session.execute(
        select(Scan.scanned_at)
        .where(
            Scan.event_id == event_id, Scan.direction == Direction.IN, *_let_in(begins, ends), _stands(),
        )
        .order_by(Scan.scanned_at)
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip


def _let_in(begins: datetime, ends: datetime) -> list[ColumnElement[bool]]:
    inside: ColumnElement[bool] = or_(Scan.delta_participants > 0, Scan.delta_companions > 0)
    return [Scan.result == ScanResult.ACCEPTED, Scan.scanned_at >= begins, Scan.scanned_at < ends, inside]


def _stands() -> ColumnElement[bool]:
    later = aliased(Scan)
    undone = exists().where(later.organiser_id == Scan.organiser_id, later.undoes == Scan.scan_id)
    return and_(Scan.undoes.is_(None), ~undone)
