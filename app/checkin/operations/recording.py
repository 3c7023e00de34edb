"""Recording scans: what happened at a door is stored, whatever the answer was, and stored once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.checkin.drafts import WENT_IN, ScanAnswer, ScanInput, believed, code_of, invalid, mark_of
from app.checkin.enums import ConflictKind, ConflictStatus, Direction, Reason, ScanResult
from app.checkin.latecomers import lock_event_first
from app.checkin.notes import note_why
from app.checkin.operations.reading import Holder, Reading, is_kept, with_codes
from app.checkin.operations.writing import MOST_LATE, count_late, write
from app.checkin.passages import ATTEMPTS, past_scan
from app.checkin.replaying import KEPT, PastScan, change, clashes, decide_at, guess_known, standing_by_day, walk
from app.checkin.rules import (
    NOBODY,
    Cards,
    Clash,
    Decision,
    Passage,
    Whereabouts,
    decide,
    decide_card,
    is_wrong_day,
    minus,
    refuse_status,
)
from app.core.urls import settings
from app.events.queries import EventRow
from app.registrations.drafts import Headcount


def record_scans(
    event: EventRow,
    device: str,
    items: Sequence[ScanInput],
    *,
    now: datetime,
    event_first: bool = False,
    device_id: int | None = None,
) -> list[ScanAnswer]:
    """Store a batch and answer each item, in order. A repeated id gets its stored answer and changes nothing.

    Where people are in the end does not hang on the order in which devices send: a passage that comes late is counted at its
    place in the day (see replaying). `device` tells devices apart, `device_id` is the enrolled phone's.

    Rows are locked in one order (spaces, then registrations, by id), so that batches of several doors never wait in a ring.
    Where a group is among them that gave its places back, the event's row comes before these: raises GroupReturns, on
    PostgreSQL, unless `event_first`; the same call is then to be done again with it, in a new transaction.
    """
    batch = Batch(event, device, now)
    batch.device_id = device_id
    days = frozenset(batch.days.values())
    items = with_codes(event, [believed(item, now, days, batch.zone) for item in items])
    if event_first:
        lock_event_first(event.id)
    batch.load(items, event_first=event_first)
    answers = [batch.take(item) for item in items]
    write(batch, batch.conflicts, batch.undone)
    note_why(batch.notes, organiser_id=event.organiser_id, now=now)
    return answers


class Batch(Reading):
    """Decides one item after the other, and remembers what to write."""

    device_id: int | None = None

    def __init__(self, event: EventRow, device: str, now: datetime) -> None:
        super().__init__(event, device, now)
        self.conflicts: list[dict[str, Any]] = []
        self.undone: list[str] = []
        self.notes: list[tuple[int, str, str]] = []
        self._late_asked: int | None = None

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
            Headcount(row.present_participants, row.present_companions), row.over,
        )  # fmt: skip

    def _holder(self, registration_id: int | None, ticket_id: int | None) -> Holder | None:
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
        refused = refuse_status(holder.status, item.direction)
        if refused is None and item.direction is Direction.IN:
            own_days = self.ticket_days.get(holder.registration_id, set(self.days.values()))
            if is_wrong_day(self.people.day_of(item.scanned_at), own_days, self.days.values()):
                refused = Reason.WRONG_WAVE
        if refused is not None and item.override is None:
            if item.let_in and self.now - item.scanned_at > WENT_IN:
                return self._keep_only(item, holder, refused)
            return self._refuse(item, holder, refused)
        if item.capped and self._is_too_many(item, holder):
            return self._refuse(item, holder, Reason.INVALID)
        return self._admit(item, holder, overruled=refused is not None or item.beyond)

    def _is_too_many(self, item: ScanInput, holder: Holder) -> bool:
        """Whether more come in than the ticket still awaits, as far as the device that counted knew; at a space, than it is for."""
        if item.headcount is None or item.direction is Direction.OUT:
            return False
        known = item.known or self.people.at(holder.registration_id, self.people.day_of(item.scanned_at)).inside
        at_entrance = self.space_of[item.checkpoint_id] is None
        awaited = minus(holder.expected, known) if at_entrance else holder.expected
        return minus(item.headcount, awaited).people > 0

    def _refuse(self, item: ScanInput, holder: Holder | None, reason: Reason) -> ScanAnswer:
        at = self.people.at(holder.registration_id, self.people.day_of(item.scanned_at)) if holder else Whereabouts()
        return self._store(item, holder, Decision(ScanResult.REFUSED, reason, at))

    def _admit(self, item: ScanInput, holder: Holder, *, overruled: bool) -> ScanAnswer:
        """Every local day begins with nobody inside: what is asked is who is in on the day of the scan itself."""
        if item.ended:
            return self._keep_only(item, holder)
        who, day = holder.registration_id, self.people.day_of(item.scanned_at)
        last = self.people.last(who)
        if last is not None and item.scanned_at < last:
            return self._admit_late(item, holder, overruled=overruled)
        cards = self.people.cards(who, day) if self.people.has_cards(who) else Cards()
        here = _Here(self.people.at(who, day), cards)
        if who in self.people.known and self.is_unsaid(item) and here.at.inside.people:
            here = replace(
                here, known=guess_known(self._as_past(item, holder), self._before(who, item), here.at.inside)
            )
        decision, overruled = self._decide(item, holder, here, overruled=overruled)
        if decision.result is ScanResult.ACCEPTED:
            self.people.move(who, item.scanned_at, decision)
            if self.people.has_cards(who):
                self.people.set_cards(who, day, cards.after(holder.card, self._passage(item), decision.delta))
        answer = self._store(item, holder, decision, overruled=overruled)
        self._remember(holder)
        if is_kept(self.rows[-1]) and decision.result is not ScanResult.ACCEPTED:
            self.people.note(who, item.scanned_at)
        if decision.clash is not None:
            self._ask(who, day)
        return answer

    def _admit_late(self, item: ScanInput, holder: Holder, *, overruled: bool) -> ScanAnswer:
        """A passage before others that are known: it counts at its place in the day, and these anew after it."""
        who, day = holder.registration_id, self.people.day_of(item.scanned_at)
        past, here = self.past_of(who), _Here(Whereabouts(), Cards())
        for seen in walk(standing_by_day(past, self.zone).get(day, [])):
            if seen.scan.scanned_at <= item.scanned_at:
                here = _Here(seen.decision.after, seen.cards)
        known = guess_known(self._as_past(item, holder), self._before(who, item), here.at.inside)
        here = replace(here, known=known)
        local, overruled = self._decide(item, holder, here, overruled=overruled)
        if local.result is not ScanResult.ACCEPTED and not (item.known and local.reason in ATTEMPTS):
            return self._store(item, holder, replace(local, after=self.people.at(who, day)), overruled=overruled)
        before = self.people.at(who, day).inside
        accepted = local.result is ScanResult.ACCEPTED
        self.past[who] = [*past, replace(self._as_past(item, holder, local.delta), accepted=accepted)]
        self.people.rewrite(who, self.past[who])
        if item.known is None and change(before, self.people.at(who, day).inside) != local.delta:
            # what it adds is other than what it added at its place: so it must say itself what it was
            said = Headcount(abs(local.delta.participants), abs(local.delta.companions))
            item = replace(item, known=known or here.at.inside, headcount=item.headcount or said)
            self.past[who] = [*past, self._as_past(item, holder, local.delta)]
            self.people.rewrite(who, self.past[who])
        after = self.people.at(who, day)
        decision = replace(local, after=after, delta=change(before, after.inside))
        answer = self._store(item, holder, decision, overruled=overruled)
        self._ask(who, day)
        return answer

    def _keep_only(self, item: ScanInput, holder: Holder, reason: Reason = Reason.INVALID) -> ScanAnswer:
        """A passage of a phone that was one no more: who has it may be a thief, so it changes nothing; or of a ticket that opens
        nothing, of people whom a phone without network let in before it knew. Where it would have changed something, staff
        are asked, of so many at most (MOST_LATE).
        """
        who, day = holder.registration_id, self.people.day_of(item.scanned_at)
        answer = self._store(item, holder, Decision(ScanResult.REFUSED, reason, self.people.at(who, day)), moves=False)
        past = PastScan(
            item.id, item.direction, None, NOBODY, item.scanned_at, None, holder.card, self.space_of[item.checkpoint_id],
            item.known, item.headcount, holder.expected, team=item.team,
        )  # fmt: skip
        decision = decide_at(standing_by_day(self.past_of(who), self.zone).get(day, []), past).decision
        leaves = item.direction is Direction.OUT and item.headcount is not None and past.card_space_id is None
        if decision.result is ScanResult.ACCEPTED and (decision.delta.people or leaves) and self.late_left() > 0:
            passed = item.headcount if leaves and item.headcount else _size(decision.delta)
            self.conflicts.append(self._question(who, "", item.id, Clash(ConflictKind.LATE, NOBODY, passed)))
        return answer

    def late_left(self) -> int:
        """How many questions about passages that do not count there is room for."""
        if self._late_asked is None:
            self._late_asked = count_late(self.event.id)
        return MOST_LATE - self._late_asked - sum(row["kind"] is ConflictKind.LATE for row in self.conflicts)

    def _before(self, who: int, item: ScanInput) -> list[tuple[PastScan, Headcount]]:
        """What each passage of that day before this one changed."""
        standing = standing_by_day(self.past_of(who), self.zone).get(self.people.day_of(item.scanned_at), [])
        return [
            (seen.scan, change(seen.before.inside, seen.decision.after.inside))
            for seen in walk(standing)
            if seen.scan.scanned_at <= item.scanned_at
        ]

    def _passage(self, item: ScanInput) -> Passage:
        return Passage(item.direction, self.space_of[item.checkpoint_id], item.headcount, item.known, item.team)

    def _decide(self, item: ScanInput, holder: Holder, here: "_Here", *, overruled: bool) -> tuple[Decision, bool]:
        """What the passage does where people are then, and whether staff overruled a no."""
        who, day, passage = holder.registration_id, self.people.day_of(item.scanned_at), self._passage(item)
        if here.known is not None:
            passage = replace(passage, known=here.known)
        room = self._room(here.at.space_id if passage.space_id is None else passage.space_id, day)
        decision = _judge(holder, here, passage, room)
        let_in = item.override is not None or (item.known is not None and self.now - item.scanned_at > KEPT)
        if decision.reason is Reason.SPACE_FULL and let_in:  # a phone without network let them in: they are there
            overruled = overruled or item.override is not None
            decision = replace(_judge(holder, here, passage, None), over=True)
        accepted = decision.result is ScanResult.ACCEPTED
        if self.late and accepted and item.direction is Direction.IN and self.late.awaits(who):
            first = self._room(self.late.first_spaces.get(who), day) if passage.space_id is None else None
            decision = self.late.let_in(who, decision, here.at, None if item.override else first)
            overruled = overruled or (item.override is not None and decision.over)
        if overruled and accepted:
            decision = replace(decision, over=True)
        return decision, overruled

    def _as_past(self, item: ScanInput, holder: Holder, delta: Headcount = NOBODY) -> PastScan:
        space = self.space_of[item.checkpoint_id]
        return PastScan(
            item.id, item.direction, None if holder.card or item.team else space, delta, item.scanned_at, None, holder.card,
            space, item.known, item.headcount, holder.expected, self.device, self.now, item.team,
        )  # fmt: skip

    def _remember(self, holder: Holder) -> None:
        """Add the row just made to the passages of its registration, where these were read."""
        row = self.rows[-1]
        if holder.registration_id in self.past and is_kept(row):
            self.past[holder.registration_id].append(past_scan(row, holder.ticket_kind, self.space_of))

    def _ask(self, who: int, day: date) -> None:
        """Have staff confirm counts of that day that cannot both be; what was asked before is not asked again."""
        for first, second, clash in clashes(standing_by_day(self.past_of(who), self.zone).get(day, [])):
            self.conflicts.append(self._question(who, first.scan_id, second.scan_id, clash))

    def _question(self, who: int, first: str, second: str, clash: Clash) -> dict[str, Any]:
        return {
            "organiser_id": self.event.organiser_id, "event_id": self.event.id, "registration_id": who,
            "kind": clash.kind, "first_scan": first, "second_scan": second,
            "first_participants": clash.first.participants, "first_companions": clash.first.companions,
            "second_participants": clash.second.participants, "second_companions": clash.second.companions,
            "status": ConflictStatus.OPEN, "created_at": self.now,
        }  # fmt: skip

    def _room(self, space_id: int | None, day: date) -> int | None:
        """How many more people a space holds on a day; None when there is no space."""
        if space_id is None or space_id not in self.capacity:
            return None
        return self.capacity[space_id] - self.people.in_space.get((day, space_id), 0)

    def _store(
        self, item: ScanInput, holder: Holder | None, decision: Decision, *, moves: bool = True, overruled: bool = False
    ) -> ScanAnswer:
        """Keep the passage with its answer. `moves`: whether it is a passage, which may lead the registration through a door."""
        expected = holder.expected if holder else NOBODY
        present = decision.after.inside
        moves = moves and not item.team and (holder is None or holder.card is None)
        mark = mark_of(
            item.code or item.reference, settings().secret_key
        )  # made each time: an unknown code takes no longer
        accepted = decision.result is ScanResult.ACCEPTED
        why = item.override if accepted and overruled else None
        if why and why.note and holder:
            self.notes.append((holder.registration_id, item.id, why.note))
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
                "over": decision.over, "undoes": item.undoes if accepted else None, "device_at": item.device_at,
                "device_id": self.device_id, "offset_ms": item.offset_ms,
                "known_participants": item.known.participants if item.known else None,
                "known_companions": item.known.companions if item.known else None,
                "counted_participants": item.headcount.participants if item.headcount else None,
                "counted_companions": item.headcount.companions if item.headcount else None,
                "team": item.team, "override_reason": why.reason if why else None,
            }
        )  # fmt: skip
        label = holder.label if holder else ""
        return ScanAnswer(item.id, decision.result, decision.reason, label, expected, present, decision.over)

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
        if target["result"] is ScanResult.REFUSED and not target["undoes"]:
            self.undone.append(undoes)  # where staff were asked about it, they need not answer
            self.conflicts = [row for row in self.conflicts if row["second_scan"] != undoes]
        if item.ended:
            return self._refuse(item, holder, Reason.INVALID)
        if target["result"] is not ScanResult.ACCEPTED or target["undoes"] or target["checkpoint_id"] is None:
            return self._refuse(item, holder, Reason.INVALID)
        past = self.past_of(holder.registration_id)
        if any(p.undoes == undoes for p in past):
            return self._refuse(item, holder, Reason.INVALID)
        day = self.people.day_of(target["scanned_at"])
        self.people.recall(holder.registration_id, past)  # it may be of an earlier day than their last one
        before = self.people.at(holder.registration_id, day)
        past.append(PastScan(item.id, item.direction, None, NOBODY, item.scanned_at, undoes))
        self.people.rewrite(holder.registration_id, past)
        after = self.people.at(holder.registration_id, day)
        self.undone.append(undoes)
        moved = change(before.inside, after.inside)
        return self._store(item, holder, Decision(ScanResult.ACCEPTED, None, after, moved), moves=False)

    def _shows(self, item: ScanInput, target: Mapping[str, Any]) -> bool:
        """Whether the code that was sent is that of the ticket which the scan to undo was of."""
        shown = self.holders.get(code_of(item.code) or "")
        if shown is None or shown.registration_id != target["registration_id"]:
            return False
        return target["ticket_id"] in {None, shown.ticket_id}


@dataclass(frozen=True)
class _Here:
    """Where people are at a passage, and what is known of their cards. `known`: whom its device is taken to know of."""

    at: Whereabouts
    cards: Cards
    known: Headcount | None = None


def _size(moved: Headcount) -> Headcount:
    return Headcount(abs(moved.participants), abs(moved.companions))


def _judge(holder: Holder, here: _Here, passage: Passage, room: int | None) -> Decision:
    if holder.card is not None:
        return decide_card(here.at, holder.expected, passage, holder.card, here.cards, room=room)
    return decide(here.at, holder.expected, passage, room=room)
