"""Settling counts that cannot both be: what staff found is written as a passage of the desk, for scans are append-only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import exists, insert, select, update

from app.checkin.device_models import Conflict, DoorDevice, WalkIn
from app.checkin.devices.rules import ended_at, late_reason
from app.checkin.enums import ConflictKind, ConflictStatus, Direction, ScanResult
from app.checkin.errors import ConflictNotFound, ConflictSettled
from app.checkin.latecomers import lock_event_first
from app.checkin.ledger import Ledger
from app.checkin.models import Scan
from app.checkin.operations.reading import PRESENCES, SCANS, TICKETS, read_past
from app.checkin.operations.writing import write_people
from app.checkin.passages import past_scan
from app.checkin.replaying import PastScan, change, decide_at, standing_by_day, walk
from app.checkin.rules import NOBODY, minus, most, plus
from app.checkin.walk_in_drafts import scan_id_of
from app.core.actor import Actor, ActorKind
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.queries import EventRow, get_event_by_id
from app.events.reasons import MISTAKE
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration

DESK = "desk"
SETTLED = "door.conflict_settled"
MOST = 10_000


def settle_conflict(conflict_id: int, outcome: Headcount | None, *, by: Actor, now: datetime, note: str = "") -> None:
    """Write what staff found: `outcome` is how many came, None that both counts stand, for they were different people (only
    of people let in twice). Of a passage of a phone that was taken off (LATE): None that it counts, nobody that it does not: whom
    that phone registered at the door is then not registered either.

    Raises ConflictNotFound, ConflictSettled where somebody was first, FieldError (`participants`, `companions`, `outcome`).
    Nothing is asked of who found it: that its event is theirs is the edge's to know.
    """
    found = _lock(conflict_id, counts=outcome is None)
    registration_id = found["registration_id"]
    if found["status"] is not ConflictStatus.OPEN:
        raise ConflictSettled
    _require(outcome, found)
    first = Headcount(found["first_participants"], found["first_companions"])
    second = Headcount(found["second_participants"], found["second_companions"])
    late = found["kind"] is ConflictKind.LATE
    counted = NOBODY if late else most(first, second)
    found_people = outcome if outcome is not None else second if late else _both(found, first, second)
    if found_people != counted:
        _pass_desk(get_event_by_id(found["event_id"]), found, None if late else (counted, found_people), now)
    settled: dict[str, Any] = {"settled_participants": None, "settled_companions": None}
    if outcome is not None:
        settled = {"settled_participants": outcome.participants, "settled_companions": outcome.companions}
    account = by.id if by.kind is ActorKind.STAFF else None
    db.session.execute(
        update(Conflict)
        .where(Conflict.id == conflict_id)
        .values(
            status=ConflictStatus.SETTLED, settled_at=now, settled_by_id=account, note=note.strip()[:300], **settled
        )
    )
    if late and outcome is not None:
        _forget_walk_in(found, by=by, now=now)
    details = {"people": [counted.people, found_people.people], **_told(found, (first, second), outcome)}
    record(by, SETTLED, f"registration:{registration_id}", now=now, organiser_id=found["organiser_id"], details=details)


def _lock(conflict_id: int, *, counts: bool) -> Mapping[Any, Any]:
    """The question, its registration being locked; raises ConflictNotFound."""
    asked = db.session.execute(
        select(Conflict.registration_id, Conflict.event_id, Conflict.kind).where(Conflict.id == conflict_id)
    ).one_or_none()
    if asked is None:
        raise ConflictNotFound(str(conflict_id))
    if asked.kind is ConflictKind.LATE and not counts:
        lock_event_first(asked.event_id)  # they may be registered no more
    lock = select(Registration.id).where(Registration.id == asked.registration_id).with_for_update(key_share=True)
    db.session.execute(lock)
    return db.session.execute(select(Conflict.__table__).where(Conflict.id == conflict_id)).mappings().one()


def _told(
    found: Mapping[Any, Any], counts: tuple[Headcount, Headcount], outcome: Headcount | None
) -> dict[str, object]:
    """What the history keeps: both counts with the names of their phones, and which one it was."""
    ids = [found["first_scan"], found["second_scan"]]
    rows = db.session.execute(
        select(
            Scan.scan_id, Scan.reason, Scan.scanned_at, DoorDevice.name, DoorDevice.revoked_at, DoorDevice.signed_out_at
        )
        .outerjoin(DoorDevice, DoorDevice.id == Scan.device_id)
        .where(Scan.organiser_id == found["organiser_id"], Scan.scan_id.in_(ids))
    ).all()
    phones, why = {row.scan_id: row.name or "" for row in rows}, ""
    if found["kind"] is ConflictKind.LATE:
        which = "counted" if outcome is None else "not_counted"
        (row,) = rows
        why = late_reason(row.reason, ended_at(row.revoked_at, row.signed_out_at), row.scanned_at).value
    else:
        which = {None: "both", counts[1]: "second", counts[0]: "first"}.get(outcome, "another")
    return {
        "kind": found["kind"], "outcome": which, "why": why, "phones": [phones.get(scan_id, "") for scan_id in ids],
        "counts": [[count.participants, count.companions] for count in counts],
        "found": [outcome.participants, outcome.companions] if outcome is not None else [],
    }  # fmt: skip


def _forget_walk_in(found: Mapping[Any, Any], *, by: Actor, now: datetime) -> None:
    """Somebody whom a phone registered that was one no more did not come, unless another door let them in."""
    row = db.session.execute(
        select(WalkIn.walk_in_id, Registration.status)
        .join(Registration, Registration.id == WalkIn.registration_id)
        .where(WalkIn.registration_id == found["registration_id"])
    ).one_or_none()
    if row is None or scan_id_of(row.walk_in_id) != found["second_scan"]:
        return
    came = exists().where(Scan.registration_id == found["registration_id"], Scan.result == ScanResult.ACCEPTED)
    if row.status is RegistrationStatus.CONFIRMED and not db.session.execute(select(came)).scalar_one():
        cancel_registration(found["registration_id"], code=MISTAKE, by=by, now=now, quiet=True)


def _require(outcome: Headcount | None, found: Mapping[Any, Any]) -> None:
    if outcome is None:
        if found["kind"] is ConflictKind.DIFFERS:
            raise FieldError({"outcome": "choice"})
        return
    if found["kind"] is ConflictKind.LATE and outcome.people:
        raise FieldError({"outcome": "choice"})
    counts = {"participants": outcome.participants, "companions": outcome.companions}
    problems = {name: "out_of_range" for name, count in counts.items() if not 0 <= count <= MOST}
    if problems:
        raise FieldError(problems)


def _both(found: Mapping[Any, Any], first: Headcount, second: Headcount) -> Headcount:
    """As many as were in, and those of the second passage besides."""
    row = db.session.execute(
        select(
            Scan.known_participants, Scan.known_companions, Scan.counted_participants, Scan.counted_companions
        ).where(Scan.organiser_id == found["organiser_id"], Scan.scan_id == found["second_scan"])
    ).one()
    if row.counted_participants is not None:
        passed = Headcount(row.counted_participants, row.counted_companions)
    else:
        known = row.known_participants or 0, row.known_companions or 0
        passed = Headcount(max(0, second.participants - known[0]), max(0, second.companions - known[1]))
    return Headcount(first.participants + passed.participants, first.companions + passed.companions)


def _pass_desk(
    event: EventRow, found: Mapping[Any, Any], people: tuple[Headcount, Headcount] | None, now: datetime
) -> None:
    """The passage corrects the day of the counts, from (who was counted) to (who came): it is made now, or where that day is
    over at its last passage. Without people it stands for a passage that did not count, at its moment, by what that does there.
    """
    who, ledger = found["registration_id"], Ledger(ZoneInfo(event.timezone))
    presence = db.session.execute(select(PRESENCES).where(PRESENCES.c.registration_id == who)).one_or_none()
    if presence is not None:
        ledger.know(presence)
        ledger.split.add(who)
    space_of = {c.id: c.space_id for c in event.checkpoints}
    past, asked = read_past([who], space_of)[who], _asked(found, space_of)
    day = ledger.day_of(asked.scanned_at)
    that_day = standing_by_day(past, ledger.zone).get(day, [])
    moment = asked.scanned_at
    if people is None:
        people = _late(found, that_day, asked)
    else:
        moment = now if ledger.day_of(now) == day else max(scan.scanned_at for scan in that_day)
    if people[0] == people[1]:
        return
    ledger.recall(who, past)
    before = ledger.at(who, day).inside
    row = _desk_row(event, found, people, moment, now)
    ledger.rewrite(who, [*past, past_scan(row, None, space_of)])
    after = ledger.at(who, day).inside
    row |= {"present_participants": after.participants, "present_companions": after.companions}
    moved = change(before, after)
    row |= {"delta_participants": moved.participants, "delta_companions": moved.companions}
    db.session.execute(insert(SCANS), [row])
    write_people(ledger, event.id)


def _desk_row(
    event: EventRow, found: Mapping[Any, Any], people: tuple[Headcount, Headcount], moment: datetime, now: datetime
) -> dict[str, Any]:
    counted, came = people
    return {
        "organiser_id": event.organiser_id, "event_id": event.id,
        "scan_id": str(uuid5(NAMESPACE_URL, f"door-conflict:{found['id']}")), "device": DESK,
        "code": f"{found['first_scan']} {found['second_scan']}", "registration_id": found["registration_id"], "ticket_id": None,
        "checkpoint_id": None, "space_id": None, "direction": Direction.IN if came.people >= counted.people else Direction.OUT,
        "scanned_at": moment, "received_at": now, "result": ScanResult.ACCEPTED, "reason": None,
        "delta_participants": 0, "delta_companions": 0,
        "expected_participants": came.participants, "expected_companions": came.companions,
        "over": False, "undoes": None, "device_at": None, "known_participants": None, "known_companions": None,
        "counted_participants": counted.participants, "counted_companions": counted.companions, "team": None,
    }  # fmt: skip


def _late(found: Mapping[Any, Any], that_day: Sequence[PastScan], asked: PastScan) -> tuple[Headcount, Headcount]:
    """By whom a passage that did not count changes its day: who left may have come in by another such passage, of
    which staff are asked too. Of later ones that staff counted before, together with which these would be more than were
    expected, they are the same people: the larger of the two counts holds, as for two phones.
    """
    if asked.direction is Direction.OUT:
        return Headcount(found["second_participants"], found["second_companions"]), NOBODY
    seen, later = decide_at(that_day, asked), NOBODY
    before, after = seen.before.inside, seen.decision.after.inside
    for other in walk(that_day):
        if other.scan.scanned_at > asked.scanned_at and len(other.scan.corrects) == 1:
            later = plus(later, minus(other.decision.after.inside, other.before.inside))
    if later.people and minus(plus(after, later), asked.expected).people:
        after = plus(before, minus(minus(after, before), later))
    return before, after


def _asked(found: Mapping[Any, Any], space_of: Mapping[int, int | None]) -> PastScan:
    """The later of the two passages."""
    row = (
        db.session.execute(
            select(SCANS, TICKETS.c.kind.label("ticket_kind"))
            .select_from(SCANS.outerjoin(TICKETS, TICKETS.c.id == SCANS.c.ticket_id))
            .where(SCANS.c.organiser_id == found["organiser_id"], SCANS.c.scan_id == found["second_scan"])
        )
        .mappings()
        .one()
    )
    return past_scan(row, row["ticket_kind"], space_of)
