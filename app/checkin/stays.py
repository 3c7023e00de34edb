"""Who was in which space from when until when, by the scans of a day: what happened, for pictures beside what was planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from app.checkin.models import Scan
from app.checkin.passages import is_attempt, past_scan
from app.checkin.replaying import PastScan, walk
from app.checkin.rules import day_bounds
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.models import Registration, Ticket
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class Stay:
    """People of one registration in a space. `ends_at` is None where no scan says that they left."""

    registration_id: int
    space_id: int
    people: int
    starts_at: datetime
    ends_at: datetime | None


def list_stays(event: EventRow, day: date) -> list[Stay]:
    """The stays of a local day, by registration: one statement.

    Entering a space leaves the one before; who leaves the event leaves their space. A team, and who went somewhere by count, stays
    where it went. Passages that were taken back do not count.
    """
    begins, ends = day_bounds(day, ZoneInfo(event.timezone))
    of_day = and_(Scan.scanned_at >= begins, Scan.scanned_at < ends)
    rows = db.session.execute(
        select(Scan.__table__, Ticket.kind.label("ticket_kind"))
        .join(Registration, Registration.id == Scan.registration_id)
        .outerjoin(Ticket, Ticket.id == Scan.ticket_id)
        .where(Scan.event_id == event.id, is_attempt(Scan), or_(of_day, Scan.undoes.is_not(None)), in_no_bin())
        .order_by(Scan.registration_id, Scan.id)
    ).mappings()
    space_of = {checkpoint.id: checkpoint.space_id for checkpoint in event.checkpoints}
    of_one: dict[int, list[PastScan]] = {}
    for row in rows:
        of_one.setdefault(row["registration_id"], []).append(past_scan(row, row["ticket_kind"], space_of))
    return [stay for registration_id, scans in of_one.items() for stay in _stays(registration_id, scans)]


def _stays(registration_id: int, scans: Iterable[PastScan]) -> Iterator[Stay]:
    there: dict[int, tuple[int, datetime]] = {}
    for seen in walk(scans):
        now, moment = seen.decision.after.by_space(), seen.scan.scanned_at
        for space, (people, since) in list(there.items()):
            if now.get(space) != people:
                del there[space]
                if since < moment:
                    yield Stay(registration_id, space, people, since, moment)
        for space, people in now.items():
            there.setdefault(space, (people, moment))
    for space, (people, since) in there.items():
        yield Stay(registration_id, space, people, since, None)
