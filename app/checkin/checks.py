"""What `doctor` checks about the door: it walks through the scans again, and adds up what each says that it added."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.checkin import device_checks, traces
from app.checkin.append_only import missing_triggers
from app.checkin.device_models import TeamPresence
from app.checkin.models import Presence, Scan
from app.checkin.passages import is_attempt, past_scan
from app.checkin.replaying import first_in, replay_days
from app.checkin.rules import Whereabouts
from app.core.checks import check
from app.core.db import db
from app.events.models import Checkpoint, Event
from app.registrations.models import Registration, Ticket

TRACES, DEVICES = traces.__name__, device_checks.__name__  # registered wherever checks are


@check("checkin.append_only", "The scan store refuses changes and deletions")
def check_triggers(now: datetime) -> list[str]:
    return [f"trigger {name} is missing" for name in missing_triggers(db.session.connection())]


@check("checkin.presences", "Who is present, and where, is what the passages of their day come to")
def check_presences(now: datetime) -> list[str]:
    recounted = dict(_recount())
    problems = []
    teams: dict[int, list[tuple[int, int, int, int | None]]] = defaultdict(list)
    for team in db.session.execute(select(TeamPresence.__table__).order_by(TeamPresence.team)):
        teams[team.registration_id].append((team.team, team.participants, team.companions, team.space_id))
    for row in db.session.execute(select(Presence.__table__)):
        key, inside = row.registration_id, (row.participants, row.companions)
        stored = (
            *inside, row.came_participants, row.came_companions, row.space_id, row.first_in_at, row.last_scan_at,
            *teams.pop(key, ()),
        )  # fmt: skip
        counted = recounted.pop(key, None)
        if counted is None or counted.figures != stored:
            problems.append(f"registration {key}: stored {stored}, its scans give {counted and counted.figures}")
        elif counted.added != inside:
            problems.append(f"registration {key}: its scans added {counted.added}, it counts {inside}")
    problems += [f"registration {key} was scanned in, but is not counted" for key in recounted]
    return problems + [f"registration {key} has teams, but is not counted" for key in teams]


@dataclass(frozen=True)
class _Recount:
    """What the scans of one registration give: `figures` as they are stored, `added` as each scan says what it added."""

    figures: tuple[object, ...]
    added: tuple[int, int]


def _recount() -> Iterator[tuple[int, _Recount]]:
    """By registration, from the scan store alone: of the local day of its last scan, for each begins with nobody."""
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(
        select(
            Scan.__table__, Event.timezone, Ticket.kind.label("ticket_kind"), Checkpoint.space_id.label("door_space")
        )
        .join(Event, Event.id == Scan.event_id)
        .outerjoin(Ticket, Ticket.id == Scan.ticket_id)
        .outerjoin(Checkpoint, Checkpoint.id == Scan.checkpoint_id)
        .where(is_attempt(Scan), Scan.registration_id.is_not(None))
        .order_by(Scan.id)
    ).mappings():
        rows[row["registration_id"]].append(row)
    for who, scans in rows.items():
        yield who, _recount_one(scans)


def _recount_one(scans: Sequence[Any]) -> _Recount:
    zone = ZoneInfo(scans[0]["timezone"])
    past = [past_scan(row, row["ticket_kind"], {row["checkpoint_id"]: row["door_space"]}) for row in scans]
    days, came = replay_days(past, zone)
    made = {scan.scan_id: scan.scanned_at for scan in past}
    last = max(scan.scanned_at for scan in past if not scan.undoes)
    today = last.astimezone(zone).date()
    at, added = days.get(today, Whereabouts()), [0, 0]
    for scan in past:
        if made[scan.undoes or scan.scan_id].astimezone(zone).date() == today:
            added = [added[0] + scan.delta.participants, added[1] + scan.delta.companions]
    teams = [(t.team, t.people.participants, t.people.companions, t.space_id) for t in at.teams]
    inside = at.inside.participants, at.inside.companions
    figures = (*inside, came.participants, came.companions, at.space_id, first_in(past, zone), last, *teams)
    return _Recount(figures, (added[0], added[1]))


@check("checkin.own_event", "A scan counts people of its own event only")
def check_own_event(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Scan.id)
        .join(Registration, Registration.id == Scan.registration_id)
        .where(Registration.event_id != Scan.event_id)
    ).scalars()
    return [f"scan {scan_id} counts people of another event" for scan_id in rows]
