"""What the decisions about a batch of scans need: a fixed number of statements, whatever the batch's size."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from app.checkin.drafts import ScanAnswer, ScanInput, code_of
from app.checkin.enums import Direction, ScanResult
from app.checkin.latecomers import GroupReturns, Latecomers, locks_in_order
from app.checkin.ledger import Ledger
from app.checkin.operations.lookups import (
    HOLDERS_AND_UNDONE,
    PRESENCES,
    SCANS,
    TEAMS,
    TICKETS,
    TYPED,
    lookups,
)
from app.checkin.passages import ATTEMPTS, past_scan
from app.checkin.queries import count_in_spaces, label_of, ticket_label
from app.checkin.replaying import PastScan
from app.core.db import db
from app.events.models import Space
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationKind, RegistrationStatus, TicketKind
from app.registrations.models import RegistrationWave
from app.registrations.rules import ticket_status


@dataclass(frozen=True)
class Holder:
    """What a ticket's code leads to."""

    ticket_id: int
    ticket_kind: TicketKind
    registration_id: int
    event_id: int
    status: RegistrationStatus
    expected: Headcount
    label: str
    group: bool = False
    absent: bool = False

    @property
    def card(self) -> int | None:
        """The ticket's id when it is a route card."""
        return self.ticket_id if self.ticket_kind is TicketKind.ROUTE_CARD else None


def with_codes(event: EventRow, items: Sequence[ScanInput]) -> list[ScanInput]:
    """The items with the code of each number that was typed: one statement, where there are any."""
    typed = {item.id: item.reference.strip().upper() for item in items if item.reference and not item.code}
    if not typed:
        return list(items)
    rows = db.session.execute(TYPED, {"typed": sorted(set(typed.values())), "organiser": event.organiser_id})
    codes = {row.reference: row.code for row in rows}
    return [
        replace(item, code=codes.get(typed[item.id], item.reference)) if item.id in typed else item for item in items
    ]


def read_past(registration_ids: Collection[int], space_of: Mapping[int, int | None]) -> dict[int, list[PastScan]]:
    """The passages of some registrations, in the order in which they came: one statement."""
    past: dict[int, list[PastScan]] = {registration_id: [] for registration_id in registration_ids}
    for row in db.session.execute(lookups().attempts, {"ids": list(registration_ids)}).mappings():
        past[row["registration_id"]].append(past_scan(row, row["ticket_kind"], space_of))
    return past


def lock_spaces(space_ids: Iterable[int | None]) -> list[int]:
    """Lock these spaces in the order of their ids, which is told."""
    spaces = sorted({space_id for space_id in space_ids if space_id is not None})
    if spaces:
        lock = select(Space.id).where(Space.id.in_(spaces)).order_by(Space.id).with_for_update(key_share=True)
        db.session.execute(lock)
    return spaces


class Reading:
    """The working state of one batch: what was read under locks."""

    def __init__(self, event: EventRow, device: str, now: datetime) -> None:
        self.event, self.device, self.now = event, device, now
        self.zone = ZoneInfo(event.timezone)
        self.space_of = {c.id: c.space_id for c in event.checkpoints}
        self.capacity = {s.id: s.capacity for s in event.spaces}
        self.days = {w.id: w.starts_at.astimezone(self.zone).date() for w in event.waves}
        self.done: dict[str, ScanAnswer] = {}
        self.holders: dict[str, Holder] = {}
        self.people = Ledger(self.zone)
        self.ticket_days: dict[int, set[date]] = {}
        self.rows: list[dict[str, Any]] = []
        self.stored: dict[str, Row[Any]] = {}
        self.late: Latecomers | None = None
        self.past: dict[int, list[PastScan]] = {}

    def load(self, items: Sequence[ScanInput], *, event_first: bool = False) -> None:
        """Lock, then read everything that the decisions need: a fixed number of statements, whatever the batch's size."""
        undoes = {i.undoes for i in items if i.undoes}
        undone = self._stored(undoes) if undoes else ()
        spaces = lock_spaces(self.space_of.get(i.checkpoint_id) for i in items)
        codes = {code_of(i.code) or "" for i in items}  # what is no code is looked for too: it takes as long
        self._load_holders(codes, undone)
        self.stored = {row.scan_id: row for row in self._stored({i.id for i in items} | undoes)}
        counted = {*spaces, *self._joined(items), *self._load_late(event_first)}
        if counted:
            days = {self.people.day_of(i.scanned_at) for i in items}
            self.people.in_space = count_in_spaces(self.event, sorted(counted), sorted(days))
        classes = {h.registration_id for h in self.holders.values() if h.card is not None}
        wanted = classes | self._wanted_past(items)
        if wanted:
            self._load_past(wanted, classes)
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
        return db.session.execute(
            lookups().stored, {"organiser": self.event.organiser_id, "sent": list(scan_ids)}
        ).all()

    def _load_holders(self, codes: set[str], undone: Sequence[Row[Any]]) -> None:
        also, shown = {row.registration_id for row in undone}, {row.ticket_id for row in undone}
        wanted = {"organiser": self.event.organiser_id, "codes": list(codes)}
        if also:
            wanted |= {"also": list(also - {None}), "shown": list(shown - {None})}
        for r in db.session.execute(HOLDERS_AND_UNDONE if also else lookups().holders, wanted):
            if r.deleted_at is not None and not also:
                continue
            named = r.ticket_kind is not TicketKind.MAIN and r.deleted_at is None
            group = r.kind is RegistrationKind.GROUP
            label = "" if r.deleted_at else label_of(group, r.class_label, r.organisation_name, r.contact_name)
            self.holders[r.code] = Holder(
                r.ticket_id, r.ticket_kind, r.id, r.event_id, ticket_status(r.status, r.number, r.participants),
                Headcount(r.participants, r.companions), ticket_label(r.card if named else "", label), group,
                r.absent_at is not None,
            )  # fmt: skip
        ids = {h.registration_id for h in self.holders.values() if h.event_id == self.event.id}
        # read after the locks: on PostgreSQL the joined row above may be older than the lock
        several: set[int] = set()
        for p in db.session.execute(lookups().present, {"ids": list(ids)}):
            self.people.know(p)
            if p.came_participants + p.came_companions > 1:
                several.add(p.registration_id)
        if several:
            self.people.know_teams(db.session.execute(lookups().split, {"ids": list(several)}))

    def _wanted_past(self, items: Sequence[ScanInput]) -> set[int]:
        """Registrations of which a passage comes late, or may be of people that another device counted."""
        found: set[int] = set()
        for item in items:
            holder = self.holders.get(code_of(item.code) or "")
            last = self.people.last(holder.registration_id) if holder else None
            if holder is None or last is None or item.id in self.stored:
                continue
            if item.scanned_at < last or (self.is_unsaid(item) and self._inside(holder.registration_id, item).people):
                found.add(holder.registration_id)
        return found

    def _inside(self, who: int, item: ScanInput) -> Headcount:
        return self.people.at(who, self.people.day_of(item.scanned_at)).inside

    def is_unsaid(self, item: ScanInput) -> bool:
        """Whether a device at the entrance leaves us to guess whom it knew to be inside."""
        return item.known is None and item.direction is Direction.IN and self.space_of.get(item.checkpoint_id) is None

    def _load_past(self, ids: set[int], classes: set[int]) -> None:
        """The passages of some registrations; what the cards of classes tell."""
        self.past |= read_past(ids, self.space_of)
        for registration_id in classes:
            self.people.recall_cards(registration_id, self.past[registration_id])
        for registration_id in ids:
            self.people.recall(registration_id, self.past[registration_id])

    def past_of(self, registration_id: int) -> list[PastScan]:
        """The passages of a registration, those of this batch too. Where they were not read before, one statement reads those of
        all the batch: the first that asks is seldom the last.
        """
        if registration_id not in self.past:
            unread = self.people.known - self.past.keys()
            stored = read_past(unread, self.space_of) if unread else {}
            kinds = {h.ticket_id: h.ticket_kind for h in self.holders.values()}
            fresh: dict[int, list[PastScan]] = {}
            for row in self.rows:
                if row["registration_id"] is not None and is_kept(row):
                    one = past_scan(row, kinds.get(row["ticket_id"]), self.space_of)
                    fresh.setdefault(row["registration_id"], []).append(one)
            for other in {registration_id, *stored} - self.past.keys():
                self.past[other] = [*stored.get(other, ()), *fresh.get(other, ())]
        return self.past[registration_id]

    def _load_days(self) -> None:
        ids = {h.registration_id for h in self.holders.values()}
        for registration_id, wave_id in db.session.execute(
            select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
                RegistrationWave.registration_id.in_(ids)
            )
        ):
            if wave_id in self.days:
                self.ticket_days.setdefault(registration_id, set()).add(self.days[wave_id])


def is_kept(row: Mapping[str, Any]) -> bool:
    """As passages.is_attempt, of a row that is not written yet."""
    said_no = row["known_participants"] is not None and row["reason"] in ATTEMPTS
    return row["result"] is ScanResult.ACCEPTED or said_no


__all__ = [
    "PRESENCES",
    "SCANS",
    "TEAMS",
    "TICKETS",
    "Holder",
    "Reading",
    "is_kept",
    "lock_spaces",
    "read_past",
    "with_codes",
]
