"""Recording scans: what happened at a door is stored, whatever the answer was, and stored once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, bindparam, insert, select, update

from app.checkin.drafts import ScanAnswer, ScanInput, believed, code_of, invalid, mark_of
from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.latecomers import GroupReturns, Latecomers, lock_event_first, locks_in_order
from app.checkin.ledger import Ledger
from app.checkin.models import Presence, Scan
from app.checkin.queries import count_in_spaces, label_of, ticket_label
from app.checkin.rules import (
    NOBODY,
    Decision,
    Passage,
    PastScan,
    Whereabouts,
    decide,
    decide_card,
    is_wrong_day,
    refuse_status,
    replay_days,
)
from app.core.db import db
from app.core.urls import settings
from app.events.models import Space
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationKind, RegistrationStatus, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.rules import ticket_status

__all__ = ["ScanAnswer", "ScanInput", "code_of", "invalid", "record_scans"]

# Written once, on plain tables: making these statements anew for each scan takes longer than running them.
_SCANS, _TICKETS, _PRESENCES = (cast(Table, model.__table__) for model in (Scan, Ticket, Presence))
_REGISTRATIONS = cast(Table, Registration.__table__)
_STORED = select(_SCANS).where(
    _SCANS.c.organiser_id == bindparam("organiser"), _SCANS.c.scan_id.in_(bindparam("sent", expanding=True))
)
_ANY_HOLDERS = (
    select(
        _TICKETS.c.id.label("ticket_id"), _TICKETS.c.code, _TICKETS.c.kind.label("ticket_kind"), _TICKETS.c.label.label("card"),
        _TICKETS.c.number,
        _REGISTRATIONS.c.id, _REGISTRATIONS.c.event_id, _REGISTRATIONS.c.status, _REGISTRATIONS.c.kind,
        _REGISTRATIONS.c.participants, _REGISTRATIONS.c.companions, _REGISTRATIONS.c.class_label,
        _REGISTRATIONS.c.organisation_name, _REGISTRATIONS.c.contact_name, _REGISTRATIONS.c.deleted_at,
        _REGISTRATIONS.c.absent_at,
    )
    .select_from(_TICKETS.join(_REGISTRATIONS, _REGISTRATIONS.c.id == _TICKETS.c.registration_id))
    .where(_REGISTRATIONS.c.organiser_id == bindparam("organiser"))
    .order_by(_REGISTRATIONS.c.id)
    .with_for_update(of=_REGISTRATIONS, key_share=True)
)  # fmt: skip
# a deleted one opens nothing; a passage of it from before can still be taken back
_SENT = _TICKETS.c.code.in_(bindparam("codes", expanding=True)) & _REGISTRATIONS.c.deleted_at.is_(None)
_UNDONE = _REGISTRATIONS.c.id.in_(bindparam("also", expanding=True)) & (
    (_TICKETS.c.kind == TicketKind.MAIN) | _TICKETS.c.id.in_(bindparam("shown", expanding=True))
)
_HOLDERS, _HOLDERS_AND_UNDONE = _ANY_HOLDERS.where(_SENT), _ANY_HOLDERS.where(_SENT | _UNDONE)
"""The first is what nearly every call asks: beside an OR, SQLite would read all tickets."""
_ACCEPTED = (  # the passages of some registrations, in order, with the kind of the ticket that was shown
    select(_SCANS, _TICKETS.c.kind.label("ticket_kind"))
    .select_from(_SCANS.join(_TICKETS, _TICKETS.c.id == _SCANS.c.ticket_id, isouter=True))
    .where(_SCANS.c.registration_id.in_(bindparam("ids", expanding=True)), _SCANS.c.result == ScanResult.ACCEPTED)
    .order_by(_SCANS.c.id)
)
_PRESENT = select(_PRESENCES).where(_PRESENCES.c.registration_id.in_(bindparam("ids", expanding=True)))
_INSERT_SCANS, _INSERT_PRESENCES = insert(_SCANS), insert(_PRESENCES)
_UPDATE_PRESENCE = update(_PRESENCES).where(_PRESENCES.c.registration_id == bindparam("whose"))


def record_scans(
    event: EventRow, device: str, items: Sequence[ScanInput], *, now: datetime, event_first: bool = False
) -> list[ScanAnswer]:
    """Store a batch and answer each item, in order. A repeated id gets its stored answer and changes nothing.

    Rows are locked in one order (spaces, then registrations, by id), so that batches of several doors never wait in a ring.
    Where a group is among them that gave its places back, the event's row comes before these: raises GroupReturns, on
    PostgreSQL, unless `event_first`; the same call is then to be done again with it, in a new transaction.
    """
    batch = _Batch(event, device, now)
    items = [believed(item, now) for item in items]
    if event_first:
        lock_event_first(event.id)
    batch.load(items, event_first=event_first)
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
    absent: bool = False

    @property
    def card(self) -> int | None:
        """The ticket's id when it is a route card."""
        return self.ticket_id if self.ticket_kind is TicketKind.ROUTE_CARD else None


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
        self.people = Ledger(self.zone)
        self.ticket_days: dict[int, set[date]] = {}
        self.rows: list[dict[str, Any]] = []
        self.stored: dict[str, Row[Any]] = {}
        self.late: Latecomers | None = None

    def load(self, items: Sequence[ScanInput], *, event_first: bool = False) -> None:
        """Lock, then read everything that the decisions need: a fixed number of statements, whatever the batch's size."""
        undoes = {i.undoes for i in items if i.undoes}
        undone = self._stored(undoes) if undoes else ()
        spaces = sorted({s for i in items if (s := self.space_of.get(i.checkpoint_id)) is not None})
        if spaces:
            lock = select(Space.id).where(Space.id.in_(spaces)).order_by(Space.id).with_for_update(key_share=True)
            db.session.execute(lock)
        codes = {code_of(i.code) or "" for i in items}  # what is no code is looked for too: it takes as long
        self._load_holders(codes, undone)
        self.stored = {row.scan_id: row for row in self._stored({i.id for i in items} | undoes)}
        counted = {*spaces, *self._joined(items), *self._load_late(event_first)}
        if counted:
            days = {self.people.day_of(i.scanned_at) for i in items}
            self.people.in_space = count_in_spaces(self.event, sorted(counted), sorted(days))
        classes = {h.registration_id for h in self.holders.values() if h.card is not None}
        late = self.people.seen_after(min(self.people.day_of(i.scanned_at) for i in items)) if items else set()
        if classes or late:
            self._load_past(classes, late)
        if len(set(self.days.values())) > 1:
            self._load_days()

    def _load_late(self, event_first: bool) -> set[int]:
        """Groups that gave their places back, as nearly never; the first spaces of their routes. Raises GroupReturns."""
        absent = {h.registration_id for h in self.holders.values() if h.absent and h.event_id == self.event.id}
        if not absent:
            return set()
        if not locks_in_order(event_first):
            raise GroupReturns
        self.late = Latecomers(self.event, sorted(absent), self.now)
        return {space for space in self.late.first_spaces.values() if space is not None}

    def _joined(self, items: Sequence[ScanInput]) -> set[int]:
        """Spaces in which groups are that may get late-comers from the entrance.

        They are let in whatever the space holds and marked when they are too many: no promise, so no lock of that space.
        """
        entering = any(i.direction is Direction.IN and self.space_of.get(i.checkpoint_id) is None for i in items)
        return self.people.spaces() if entering else set()

    def _stored(self, scan_ids: set[str]) -> Sequence[Row[Any]]:
        return db.session.execute(_STORED, {"organiser": self.event.organiser_id, "sent": list(scan_ids)}).all()

    def _load_holders(self, codes: set[str], undone: Sequence[Row[Any]]) -> None:
        also, shown = {row.registration_id for row in undone}, {row.ticket_id for row in undone}
        wanted = {"organiser": self.event.organiser_id, "codes": list(codes)}
        if also:
            wanted |= {"also": list(also - {None}), "shown": list(shown - {None})}
        for r in db.session.execute(_HOLDERS_AND_UNDONE if also else _HOLDERS, wanted):
            named = r.ticket_kind is not TicketKind.MAIN and r.deleted_at is None
            label = label_of(r.kind is RegistrationKind.GROUP, r.class_label, r.organisation_name, r.contact_name)
            if r.deleted_at is not None:
                label = ""
            self.holders[r.code] = _Holder(
                r.ticket_id, r.ticket_kind, r.id, r.event_id, ticket_status(r.status, r.number, r.participants),
                Headcount(r.participants, r.companions), ticket_label(r.card if named else "", label),
                r.absent_at is not None,
            )  # fmt: skip
        ids = {h.registration_id for h in self.holders.values() if h.event_id == self.event.id}
        # read after the locks: on PostgreSQL the joined row above may be older than the lock
        for p in db.session.execute(_PRESENT, {"ids": list(ids)}):
            self.people.know(p)

    def _load_past(self, classes: set[int], late: set[int]) -> None:
        """What the cards of classes tell, and where those were of whom something is told after a later day is known."""
        past: dict[int, list[PastScan]] = {}
        for row in db.session.execute(_ACCEPTED, {"ids": list(classes | late)}).mappings():
            past.setdefault(row["registration_id"], []).append(self._past_scan(row, row["ticket_kind"]))
        for registration_id in classes:
            self.people.recall_cards(registration_id, past.get(registration_id, ()))
        for registration_id in late:
            self.people.recall(registration_id, past.get(registration_id, ()))

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
        holder = self._holder(row.registration_id, row.ticket_id)
        return ScanAnswer(
            row.scan_id, row.result, row.reason, holder.label if holder else "",
            Headcount(row.expected_participants, row.expected_companions),
            Headcount(row.present_participants, row.present_companions),
        )  # fmt: skip

    def _holder(self, registration_id: int | None, ticket_id: int | None) -> _Holder | None:
        """That ticket of the registration, else another one of its own."""
        owners = [h for h in self.holders.values() if h.registration_id == registration_id]
        return next((h for h in owners if h.ticket_id == ticket_id), owners[0] if owners else None)

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
        at = self.people.at(holder.registration_id, self.people.day_of(item.scanned_at)) if holder else Whereabouts()
        return self._store(item, holder, Decision(ScanResult.REFUSED, reason, at))

    def _admit(self, item: ScanInput, holder: _Holder) -> ScanAnswer:
        """Every local day begins with nobody inside: what is asked is who is in on the day of the scan itself."""
        who, day = holder.registration_id, self.people.day_of(item.scanned_at)
        at = self.people.at(who, day)
        space_id = self.space_of[item.checkpoint_id]
        passage = Passage(item.direction, space_id, item.headcount)
        room = self._room(at.space_id if space_id is None else space_id, day)
        if holder.card is None:
            decision = decide(at, holder.expected, passage, room=room)
        else:
            cards = self.people.cards(who, day)
            decision = decide_card(at, holder.expected, passage, holder.card, cards, room=room)
        if (
            self.late
            and decision.result is ScanResult.ACCEPTED
            and item.direction is Direction.IN
            and self.late.awaits(who)
        ):
            first = self._room(self.late.first_spaces.get(who), day) if space_id is None else None
            decision = self.late.let_in(who, decision, at, first)
        if decision.result is ScanResult.ACCEPTED:
            self.people.move(who, item.scanned_at, decision)
            if self.people.has_cards(who):
                known = self.people.cards(who, day).after(holder.card, passage, decision.delta)
                self.people.set_cards(who, day, known)
        return self._store(item, holder, decision, moves=holder.card is None)

    def _room(self, space_id: int | None, day: date) -> int | None:
        """How many more people a space holds on a day; None when there is no space."""
        if space_id is None or space_id not in self.capacity:
            return None
        return self.capacity[space_id] - self.people.in_space.get((day, space_id), 0)

    def _store(self, item: ScanInput, holder: _Holder | None, decision: Decision, moves: bool = True) -> ScanAnswer:
        """Keep the passage with its answer. `moves`: whether it led the registration into (or out of) the door's space."""
        expected = holder.expected if holder else NOBODY
        present = decision.after.inside
        mark = mark_of(
            item.code, settings().secret_key
        )  # made each time: an unknown code takes no longer than a ticket
        self.rows.append(
            {
                "organiser_id": self.event.organiser_id, "event_id": self.event.id, "scan_id": item.id, "device": self.device,
                "code": "" if holder else mark, "registration_id": holder.registration_id if holder else None,
                "ticket_id": holder.ticket_id if holder else None, "checkpoint_id": item.checkpoint_id,
                "space_id": self.space_of[item.checkpoint_id] if moves else None, "direction": item.direction,
                "scanned_at": item.scanned_at, "received_at": self.now, "result": decision.result, "reason": decision.reason,
                "delta_participants": decision.delta.participants, "delta_companions": decision.delta.companions,
                "expected_participants": expected.participants, "expected_companions": expected.companions,
                "present_participants": present.participants, "present_companions": present.companions,
                "over": decision.over, "undoes": item.undoes if decision.result is ScanResult.ACCEPTED else None,
                "device_at": item.device_at,
            }
        )  # fmt: skip
        label = holder.label if holder else ""
        return ScanAnswer(item.id, decision.result, decision.reason, label, expected, present)

    def _undo(self, item: ScanInput) -> ScanAnswer:
        """Take one accepted scan back, by its own ticket. What is left is what the others of that registration add up to."""
        undoes = item.undoes or ""
        target = next((r for r in self.rows if r["scan_id"] == undoes), None)
        if target is None and (stored := self.stored.get(undoes)) is not None:
            target = dict(stored._mapping)
        holder = None
        if target is not None and target["event_id"] == self.event.id and target["registration_id"] is not None:
            holder = self._holder(target["registration_id"], target["ticket_id"])
        if target is None or holder is None or not self._shows(item, target):
            return self._refuse(item, None, Reason.INVALID)
        if target["result"] is not ScanResult.ACCEPTED or target["undoes"]:
            return self._refuse(item, holder, Reason.INVALID)
        past = self._past(holder.registration_id)
        if any(p.undoes == undoes for p in past):
            return self._refuse(item, holder, Reason.INVALID)
        day = self.people.day_of(target["scanned_at"])
        before = self.people.at(holder.registration_id, day)
        left = [*past, PastScan(item.id, item.direction, None, NOBODY, item.scanned_at, undoes)]
        after = replay_days(left, self.zone)[0].get(day, Whereabouts())
        change = Headcount(
            after.inside.participants - before.inside.participants, after.inside.companions - before.inside.companions
        )
        self.people.rewrite(holder.registration_id, left)
        return self._store(item, holder, Decision(ScanResult.ACCEPTED, None, after, change), moves=False)

    def _shows(self, item: ScanInput, target: Mapping[str, Any]) -> bool:
        """Whether the code that was sent is that of the ticket which the scan to undo was of."""
        shown = self.holders.get(code_of(item.code) or "")
        if shown is None or shown.registration_id != target["registration_id"]:
            return False
        return target["ticket_id"] in {None, shown.ticket_id}

    def _past(self, registration_id: int) -> list[PastScan]:
        """The accepted scans of a registration, those of this batch too."""
        kinds = {h.ticket_id: h.ticket_kind for h in self.holders.values()}
        stored = db.session.execute(_ACCEPTED, {"ids": [registration_id]}).mappings()
        fresh = [
            row
            for row in self.rows
            if row["registration_id"] == registration_id and row["result"] is ScanResult.ACCEPTED
        ]
        return [
            *(self._past_scan(row, row["ticket_kind"]) for row in stored),
            *(self._past_scan(row, kinds[row["ticket_id"]]) for row in fresh),
        ]

    def _past_scan(self, row: Mapping[Any, Any], kind: TicketKind | None) -> PastScan:
        card = row["ticket_id"] if kind is TicketKind.ROUTE_CARD else None
        return PastScan(
            row["scan_id"], row["direction"], row["space_id"], Headcount(row["delta_participants"], row["delta_companions"]),
            row["scanned_at"], row["undoes"], card, self.space_of.get(row["checkpoint_id"]),
        )  # fmt: skip

    def write(self) -> None:
        """Write scans and presences: three statements at most."""
        if self.rows:
            db.session.execute(_INSERT_SCANS, self.rows)
        people, event_id = self.people, self.event.id
        new = [people.row(r, event_id) for r in people.touched if r not in people.known]
        if new:
            db.session.execute(_INSERT_PRESENCES, new)
        old = [people.row(r, event_id) for r in people.touched if r in people.known]
        if old:
            db.session.execute(_UPDATE_PRESENCE, [{"whose": row.pop("registration_id"), **row} for row in old])
