"""Recording scans: what happened at a door is stored, whatever the answer was, and stored once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, and_, bindparam, insert, select, update

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.queries import count_in_spaces, label_of
from app.checkin.rules import (
    NOBODY,
    Decision,
    Passage,
    PastScan,
    Whereabouts,
    decide,
    first_in,
    is_wrong_day,
    refuse_status,
    replay,
)
from app.core.db import db
from app.events.models import Space
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationKind, RegistrationStatus, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket

CODE = re.compile(r"(?:.*/t/)?([0-9A-Z]{26})/?", re.ASCII | re.IGNORECASE | re.DOTALL)

# Written once, on plain tables: making these statements anew for each scan takes longer than running them.
_SCANS, _TICKETS, _PRESENCES = (cast(Table, model.__table__) for model in (Scan, Ticket, Presence))
_REGISTRATIONS = cast(Table, Registration.__table__)
_STORED = select(_SCANS).where(
    _SCANS.c.organiser_id == bindparam("organiser"), _SCANS.c.scan_id.in_(bindparam("sent", expanding=True))
)
_HOLDERS = (
    select(
        _TICKETS.c.id.label("ticket_id"), _TICKETS.c.code, _TICKETS.c.kind.label("ticket_kind"), _TICKETS.c.label.label("card"),
        _REGISTRATIONS.c.id, _REGISTRATIONS.c.event_id, _REGISTRATIONS.c.status, _REGISTRATIONS.c.kind,
        _REGISTRATIONS.c.participants, _REGISTRATIONS.c.companions, _REGISTRATIONS.c.class_label,
        _REGISTRATIONS.c.organisation_name, _REGISTRATIONS.c.contact_name,
    )
    .select_from(_TICKETS.join(_REGISTRATIONS, _REGISTRATIONS.c.id == _TICKETS.c.registration_id))
    .where(
        _REGISTRATIONS.c.organiser_id == bindparam("organiser"),
        _TICKETS.c.code.in_(bindparam("codes", expanding=True))
        | (_REGISTRATIONS.c.id.in_(bindparam("also", expanding=True)) & (_TICKETS.c.kind == TicketKind.MAIN)),
    )
    .order_by(_REGISTRATIONS.c.id)
    .with_for_update(of=_REGISTRATIONS, key_share=True)
)  # fmt: skip
_PRESENT = select(_PRESENCES).where(_PRESENCES.c.registration_id.in_(bindparam("ids", expanding=True)))
_INSERT_SCANS, _INSERT_PRESENCES = insert(_SCANS), insert(_PRESENCES)
_UPDATE_PRESENCE = update(_PRESENCES).where(_PRESENCES.c.registration_id == bindparam("whose"))


@dataclass(frozen=True)
class ScanInput:
    """One passage as a device sends it. `id` is its UUID in lower case; `code` a ticket's code or its address."""

    id: str
    code: str
    checkpoint_id: int
    direction: Direction
    scanned_at: datetime
    headcount: Headcount | None = None
    undoes: str | None = None


@dataclass(frozen=True)
class ScanAnswer:
    """What the device is told. `expected` and `present` are of the ticket's registration (or of one route card)."""

    id: str
    result: ScanResult
    reason: Reason | None
    label: str
    expected: Headcount
    present: Headcount


def invalid(scan_id: str) -> ScanAnswer:
    """The answer to an item that cannot be read: it is refused alone and not stored."""
    return ScanAnswer(scan_id, ScanResult.REFUSED, Reason.INVALID, "", NOBODY, NOBODY)


def code_of(text: str) -> str | None:
    """The ticket code in what a camera read: itself, or the end of its address. None when there is none."""
    found = CODE.fullmatch(text.strip())
    return found.group(1).upper() if found else None


def record_scans(event: EventRow, device: str, items: Sequence[ScanInput], *, now: datetime) -> list[ScanAnswer]:
    """Store a batch and answer each item, in order. A repeated id gets its stored answer and changes nothing.

    Rows are locked in one order (spaces, then registrations, by id), so that batches of several doors never wait in a ring.
    """
    batch = _Batch(event, device, now)
    batch.load(items)
    answers = [batch.take(item) for item in items]
    batch.write()
    return answers


@dataclass(frozen=True)
class _Holder:
    """What a ticket's code leads to."""

    ticket_id: int
    ticket_kind: TicketKind
    registration_id: int
    event_id: int
    status: RegistrationStatus
    expected: Headcount
    label: str


class _Batch:
    """The working state of one batch: what was read under locks, and what will be written."""

    def __init__(self, event: EventRow, device: str, now: datetime) -> None:
        self.event, self.device, self.now = event, device, now
        self.zone = ZoneInfo(event.timezone)
        self.space_of = {c.id: c.space_id for c in event.checkpoints}
        self.capacity = {s.id: s.capacity for s in event.spaces}
        self.days = {w.id: w.starts_at.astimezone(self.zone).date() for w in event.waves}
        self.done: dict[str, ScanAnswer] = {}
        self.holders: dict[str, _Holder] = {}
        self.at: dict[int, Whereabouts] = {}
        self.first_in: dict[int, datetime | None] = {}
        self.known: set[int] = set()
        self.touched: dict[int, datetime] = {}
        self.in_space: dict[int, int] = {}
        self.ticket_days: dict[int, set[date]] = {}
        self.rows: list[dict[str, Any]] = []
        self.stored: dict[str, Row[Any]] = {}
        self.cards_in: dict[int, bool] = {}

    def load(self, items: Sequence[ScanInput]) -> None:
        """Lock, then read everything that the decisions need: a fixed number of statements, whatever the batch's size."""
        undoes = {i.undoes for i in items if i.undoes}
        undone = {row.registration_id for row in self._stored(undoes)} if undoes else set()
        spaces = sorted({s for i in items if (s := self.space_of.get(i.checkpoint_id)) is not None})
        if spaces:
            lock = select(Space.id).where(Space.id.in_(spaces)).order_by(Space.id).with_for_update(key_share=True)
            db.session.execute(lock)
        codes = {c for i in items if (c := code_of(i.code)) is not None}
        self._load_holders(codes, {r for r in undone if r is not None})
        self.stored = {row.scan_id: row for row in self._stored({i.id for i in items} | undoes)}
        if spaces:
            self.in_space = count_in_spaces(self.event.id, spaces)
        cards = [h.ticket_id for h in self.holders.values() if h.ticket_kind is TicketKind.ROUTE_CARD]
        if cards:
            self._load_cards(cards)
        if len(set(self.days.values())) > 1:
            self._load_days()

    def _stored(self, scan_ids: set[str]) -> Sequence[Row[Any]]:
        return db.session.execute(_STORED, {"organiser": self.event.organiser_id, "sent": list(scan_ids)}).all()

    def _load_holders(self, codes: set[str], also: set[int]) -> None:
        wanted = {"organiser": self.event.organiser_id, "codes": list(codes), "also": list(also)}
        for r in db.session.execute(_HOLDERS, wanted):
            main = r.ticket_kind is TicketKind.MAIN
            label = label_of(r.kind is RegistrationKind.GROUP, r.class_label, r.organisation_name, r.contact_name)
            self.holders[r.code] = _Holder(
                r.ticket_id, r.ticket_kind, r.id, r.event_id, r.status,
                Headcount(r.participants, r.companions), label if main else f"{r.card} · {label}",
            )  # fmt: skip
        ids = {h.registration_id for h in self.holders.values() if h.event_id == self.event.id}
        # read after the locks: on PostgreSQL the joined row above may be older than the lock
        for p in db.session.execute(_PRESENT, {"ids": list(ids)}):
            self.known.add(p.registration_id)
            self.first_in[p.registration_id] = p.first_in_at
            self.at[p.registration_id] = Whereabouts(
                Headcount(p.participants, p.companions), Headcount(p.came_participants, p.came_companions), p.space_id
            )

    def _load_cards(self, ticket_ids: Sequence[int]) -> None:
        undone = select(Scan.undoes).where(Scan.organiser_id == self.event.organiser_id, Scan.undoes.is_not(None))
        rows = db.session.execute(
            select(Scan.ticket_id, Scan.direction)
            .where(
                Scan.ticket_id.in_(ticket_ids), Scan.result == ScanResult.ACCEPTED, Scan.space_id.is_(None),
                Scan.undoes.is_(None), Scan.scan_id.not_in(undone),
            )
            .order_by(Scan.id)
        )  # fmt: skip
        self.cards_in = {ticket_id: direction is Direction.IN for ticket_id, direction in rows if ticket_id is not None}

    def _load_days(self) -> None:
        ids = {h.registration_id for h in self.holders.values()}
        for registration_id, wave_id in db.session.execute(
            select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
                RegistrationWave.registration_id.in_(ids)
            )
        ):
            if wave_id in self.days:
                self.ticket_days.setdefault(registration_id, set()).add(self.days[wave_id])

    def take(self, item: ScanInput) -> ScanAnswer:
        """Answer one item and remember what to write."""
        if item.id in self.done:
            return self.done[item.id]
        if (stored := self.stored.get(item.id)) is not None:
            answer = self._stored_answer(stored)
        elif item.checkpoint_id not in self.space_of:
            answer = invalid(item.id)
        elif item.undoes is not None:
            answer = self._undo(item)
        else:
            answer = self._pass(item)
        self.done[item.id] = answer
        return answer

    def _stored_answer(self, row: Any) -> ScanAnswer:
        label = next((h.label for h in self.holders.values() if h.registration_id == row.registration_id), "")
        return ScanAnswer(
            row.scan_id, row.result, row.reason, label,
            Headcount(row.expected_participants, row.expected_companions),
            Headcount(row.present_participants, row.present_companions),
        )  # fmt: skip

    def _pass(self, item: ScanInput) -> ScanAnswer:
        code = code_of(item.code)
        holder = self.holders.get(code) if code else None
        if holder is None:
            return self._refuse(item, None, Reason.UNKNOWN)
        if holder.event_id != self.event.id:
            return self._refuse(item, None, Reason.WRONG_EVENT)
        refused = refuse_status(holder.status)
        if refused is not None:
            return self._refuse(item, holder, refused)
        scanned_on = item.scanned_at.astimezone(self.zone).date()
        own_days = self.ticket_days.get(holder.registration_id, set(self.days.values()))
        if item.direction is Direction.IN and is_wrong_day(scanned_on, own_days, self.days.values()):
            return self._refuse(item, holder, Reason.WRONG_WAVE)
        return self._admit(item, holder)

    def _refuse(self, item: ScanInput, holder: _Holder | None, reason: Reason) -> ScanAnswer:
        at = self.at.get(holder.registration_id, Whereabouts()) if holder else Whereabouts()
        return self._store(item, holder, Decision(ScanResult.REFUSED, reason, at))

    def _admit(self, item: ScanInput, holder: _Holder) -> ScanAnswer:
        at = self.at.get(holder.registration_id, Whereabouts())
        space_id = self.space_of[item.checkpoint_id]
        headcount = item.headcount
        if holder.ticket_kind is TicketKind.ROUTE_CARD and space_id is None:
            is_in = self.cards_in.get(holder.ticket_id, False)
            if is_in == (item.direction is Direction.IN):
                reason = Reason.ALREADY_IN if is_in else Reason.NOT_IN
                result = ScanResult.DUPLICATE if is_in else ScanResult.REFUSED
                return self._store(item, holder, Decision(result, reason, at))
            headcount = Headcount(1, 0)
        room = None
        if space_id is not None:
            room = self.capacity[space_id] - self.in_space.get(space_id, 0)
        decision = decide(at, holder.expected, Passage(item.direction, space_id, headcount), room=room)
        if decision.result is ScanResult.ACCEPTED:
            self._apply(item, holder, at, decision)
        return self._store(item, holder, decision)

    def _apply(self, item: ScanInput, holder: _Holder, before: Whereabouts, decision: Decision) -> None:
        after = decision.after
        for place, sign in ((before, -1), (after, 1)):
            if place.space_id is not None:
                self.in_space[place.space_id] = self.in_space.get(place.space_id, 0) + sign * place.inside.people
        self.at[holder.registration_id] = after
        self.touched[holder.registration_id] = item.scanned_at
        if decision.delta.people > 0 and self.first_in.get(holder.registration_id) is None:
            self.first_in[holder.registration_id] = item.scanned_at
        if holder.ticket_kind is TicketKind.ROUTE_CARD and self.space_of[item.checkpoint_id] is None:
            self.cards_in[holder.ticket_id] = item.direction is Direction.IN

    def _store(self, item: ScanInput, holder: _Holder | None, decision: Decision, space: bool = True) -> ScanAnswer:
        expected = holder.expected if holder else NOBODY
        present = decision.after.inside
        self.rows.append(
            {
                "organiser_id": self.event.organiser_id, "event_id": self.event.id, "scan_id": item.id, "device": self.device,
                "code": "" if holder else item.code[:300], "registration_id": holder.registration_id if holder else None,
                "ticket_id": holder.ticket_id if holder else None, "checkpoint_id": item.checkpoint_id,
                "space_id": self.space_of[item.checkpoint_id] if space else None, "direction": item.direction,
                "scanned_at": item.scanned_at, "received_at": self.now, "result": decision.result, "reason": decision.reason,
                "delta_participants": decision.delta.participants, "delta_companions": decision.delta.companions,
                "expected_participants": expected.participants, "expected_companions": expected.companions,
                "present_participants": present.participants, "present_companions": present.companions,
                "over": decision.over, "undoes": item.undoes if decision.result is ScanResult.ACCEPTED else None,
            }
        )  # fmt: skip
        label = holder.label if holder else ""
        return ScanAnswer(item.id, decision.result, decision.reason, label, expected, present)

    def _undo(self, item: ScanInput) -> ScanAnswer:
        """Take one accepted scan back. What is left is what the other scans of that registration add up to."""
        undoes = item.undoes or ""
        target = next((r for r in self.rows if r["scan_id"] == undoes), None)
        if target is None and (stored := self.stored.get(undoes)) is not None:
            target = dict(stored._mapping)
        holder = None
        if target is not None and target["event_id"] == self.event.id and target["registration_id"] is not None:
            owners = (h for h in self.holders.values() if h.registration_id == target["registration_id"])
            holder = next(owners, None)
        if target is None or holder is None or target["result"] is not ScanResult.ACCEPTED or target["undoes"]:
            return self._refuse(item, holder, Reason.INVALID)
        past = self._past(holder.registration_id)
        if any(p.undoes == undoes for p in past):
            return self._refuse(item, holder, Reason.INVALID)
        before = self.at.get(holder.registration_id, Whereabouts())
        after = replay([*past, PastScan(item.id, item.direction, None, NOBODY, item.scanned_at, undoes)])
        change = Headcount(
            after.inside.participants - before.inside.participants, after.inside.companions - before.inside.companions
        )
        decision = Decision(ScanResult.ACCEPTED, None, after, change)
        self._apply(item, replace(holder, ticket_kind=TicketKind.MAIN), before, decision)
        self.first_in[holder.registration_id] = first_in([p for p in past if p.scan_id != undoes])
        self._uncard(target)
        return self._store(item, holder, decision, space=False)

    def _uncard(self, target: dict[str, Any]) -> None:
        if target["ticket_id"] in self.cards_in:
            self.cards_in[target["ticket_id"]] = target["direction"] is not Direction.IN

    def _past(self, registration_id: int) -> list[PastScan]:
        stored = db.session.execute(
            select(Scan.__table__)
            .where(and_(Scan.registration_id == registration_id, Scan.result == ScanResult.ACCEPTED))
            .order_by(Scan.id)
        ).mappings()
        fresh = [
            row
            for row in self.rows
            if row["registration_id"] == registration_id and row["result"] is ScanResult.ACCEPTED
        ]
        return [
            PastScan(
                r["scan_id"], r["direction"], r["space_id"], Headcount(r["delta_participants"], r["delta_companions"]),
                r["scanned_at"], r["undoes"],
            )
            for r in [*stored, *fresh]
        ]  # fmt: skip

    def write(self) -> None:
        """Write scans and presences: three statements at most."""
        if self.rows:
            db.session.execute(_INSERT_SCANS, self.rows)
        new = [self._presence(r) for r in self.touched if r not in self.known]
        if new:
            db.session.execute(_INSERT_PRESENCES, new)
        old = [self._presence(r) for r in self.touched if r in self.known]
        if old:
            db.session.execute(_UPDATE_PRESENCE, [{"whose": row.pop("registration_id"), **row} for row in old])

    def _presence(self, registration_id: int) -> dict[str, Any]:
        at = self.at[registration_id]
        return {
            "registration_id": registration_id, "event_id": self.event.id,
            "participants": at.inside.participants, "companions": at.inside.companions,
            "came_participants": at.came.participants, "came_companions": at.came.companions,
            "space_id": at.space_id, "first_in_at": self.first_in.get(registration_id),
            "last_scan_at": self.touched[registration_id],
        }  # fmt: skip
