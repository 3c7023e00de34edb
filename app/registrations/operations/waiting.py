"""The waiting list: offering free places to whoever is next, and what becomes of an offer.

Offers are made to all at once, under the event's row: a statement for each wave and for each end of an offer, and for
registrations, mails, history and calendars one for every thousand of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from app.core.actor import SYSTEM, Actor
from app.core.audit import record, record_many
from app.core.db import db
from app.events.enums import EventState, WaitingPolicy
from app.events.models import Event, Wave
from app.events.operations import count_waiting, lock_event, take_places
from app.events.operations.whole_places import AllHeld, give_all, take_all
from app.events.queries import EventRow, get_event_by_id, get_places
from app.events.reasons import DECLINED, LAPSED
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequence, raise_sequences
from app.registrations.enums import RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed, NotInTurn, OfferExpired
from app.registrations.models import OFFERED_SQL, WAITING_SQL, Registration, RegistrationWave
from app.registrations.notifications import Kind, Told, tell, tell_many
from app.registrations.operations.cancelling import end_by_hand
from app.registrations.operations.locking import lock_registration, wanted_by
from app.registrations.operations.reminding import remind_later
from app.registrations.queries import RegistrationRow, waiting_before
from app.registrations.queue import PEOPLE, go_through, hoping, list_parties, parts_of
from app.registrations.rules import may_change, require_move
from app.registrations.waiting import Party, Walk, first_start, offer_until, offers_now

LAPSE_JOB = "registrations.lapse_offers"
OFFERED_VERB, LAPSED_VERB = "registration.offered", "registration.offer_lapsed"
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Offered:
    """To how many registrations places were offered, and for how many people."""

    count: int = 0
    people: int = 0


def offer_places(event_id: int, *, by: Actor = SYSTEM, now: datetime) -> Offered:
    """Offer what is free to those who wait, in their order and as the event's policy says, and queue the mails.

    Nothing is offered by an event that is off, over or without a date, nor within the hour before a visit. Raises EventNotFound.
    """
    _hold(event_id)
    event = get_event_by_id(event_id)
    _cap_offers(event, now)
    return _offer(event, by=by, now=now)[0]


def serve_queue(
    event_id: int, *, now: datetime, before: int | None = None, but: int | None = None
) -> frozenset[int]:  # fmt: skip
    """Offer what is free to those who wait; the waves that they hold up all the same, for it is their turn.

    With `before`, only to who came before that registration; `but` that one is left aside. The event's row is held from
    here on. Raises EventNotFound.
    """
    _hold(event_id)
    return _offer(get_event_by_id(event_id), before=before, but=but, by=SYSTEM, now=now)[1].held_up


def _hold(event_id: int) -> None:
    db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True))


@dataclass(frozen=True)
class _Waiting:
    """Somebody on the list, with where to write to."""

    party: Party
    email: str
    locale: str


def _offer(
    event: EventRow, *, before: int | None = None, but: int | None = None, by: Actor, now: datetime
) -> tuple[Offered, Walk]:
    done = go_through(event, get_places(event), now=now, before=before, but=but)
    if done.chosen:
        _make_offers(event, _reached(done.chosen), by=by, now=now)
    return Offered(len(done.chosen), sum(party.people for party in done.chosen)), done


def _reached(parties: Sequence[Party]) -> list[_Waiting]:
    """The parties with where to write to, in their order."""
    address: dict[int, tuple[str, str]] = {}
    for some in parts_of([party.id for party in parties]):
        wanted = select(Registration.id, Registration.contact_email, Registration.locale)
        for row in db.session.execute(wanted.where(Registration.id.in_(some))):
            address[row.id] = (row.contact_email, row.locale)
    return [_Waiting(party, *address[party.id]) for party in parties]


def _make_offers(event: EventRow, chosen: Sequence[_Waiting], *, by: Actor, now: datetime) -> None:
    version = take_all(event.id, _sum([found.party for found in chosen]))
    until = {found.party.id: _until(event, found.party, now) for found in chosen}
    _mark_offered(event, chosen, until, version, by=by, now=now)


def _until(event: EventRow, party: Party, now: datetime) -> datetime:
    """An offer made by hand within the last hour holds until the visit begins."""
    start = first_start(event, party.waves)
    return offer_until(now, event.offer_hours, start) or start


def _sum(parties: Sequence[Party]) -> AllHeld:
    waves: dict[int, int] = defaultdict(int)
    audiences: dict[tuple[int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for party in parties:
        for wave_id in party.waves:
            waves[wave_id] += party.people
            people, groups = audiences[wave_id, party.audience]
            audiences[wave_id, party.audience] = (people + party.people, groups + int(party.group))
    return AllHeld(sum(party.people for party in parties), waves, audiences)


def _mark_offered(
    event: EventRow,
    chosen: Sequence[_Waiting],
    until: dict[int, datetime],
    version: int,
    *,
    by: Actor,
    now: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    """Write what an offer is, its places being taken: statuses, counters, history, calendars, mails, the job at its end."""
    waits: dict[int, int] = defaultdict(int)
    for found in chosen:
        for wave_id in found.party.waves:
            waits[wave_id] += 1
    for wave_id, number in sorted(waits.items()):
        count_waiting([wave_id], -number)
    _set_people([found.party.id for found in chosen], _PEOPLE_THERE)
    for moment in sorted(set(until.values())):
        values = {"status": RegistrationStatus.OFFERED, "offer_expires_at": moment}
        _set(sorted(key for key, end in until.items() if end == moment), version, now, values)
        payload, subject = {"event_id": event.id}, f"event:{event.id}"
        enqueue(LAPSE_JOB, payload, now=now, subject=subject, organiser_id=event.organiser_id, run_at=moment)
        remind_later(event.id, event.organiser_id, moment, now=now)
    ends = {key: {"offered_until": moment.isoformat(), **(more or {})} for key, moment in until.items()}
    change = (RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED)
    _note(event, OFFERED_VERB, chosen, change, ends, by=by, now=now)
    _tell("offered", event, chosen, now)


_PEOPLE_THERE = select(PEOPLE).where(Registration.id == RegistrationWave.registration_id).scalar_subquery()


def _set_people(ids: Sequence[int], people: Any) -> None:
    for some in parts_of(ids):
        held = update(RegistrationWave).where(RegistrationWave.registration_id.in_(some)).values(people=people)
        db.session.execute(held, execution_options=_QUIET)


def _set(ids: Sequence[int], version: int, now: datetime, values: dict[str, Any]) -> None:
    for some in parts_of(ids):
        changed = update(Registration).where(Registration.id.in_(some))
        db.session.execute(
            changed.values(**values, changed_in=version, updated_at=now), execution_options=_QUIET
        )  # fmt: skip


def _note(
    event: EventRow,
    verb: str,
    found: Sequence[_Waiting],
    change: tuple[RegistrationStatus, RegistrationStatus],
    more: dict[int, dict[str, Any]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """A line of history for each, and one more change of each calendar entry."""
    details = {
        f"registration:{one.party.id}": {
            "people": one.party.people, "status": [status.value for status in change], **more.get(one.party.id, {}),
        }
        for one in found
    }  # fmt: skip
    record_many(by, verb, details, now=now, organiser_id=event.organiser_id)
    raise_sequences(details, now=now)


def _tell(kind: Kind, event: EventRow, found: Sequence[_Waiting], now: datetime) -> None:
    told = [Told(one.party.id, one.email, one.locale) for one in found if one.email]
    tell_many(kind, told, organiser_id=event.organiser_id, now=now)


def accept_offer(registration_id: int, *, by: Actor, now: datetime, quiet: bool = False) -> None:
    """Confirm the places that are offered. Raises OfferExpired from the offer's end on: whoever asked then lapses it.

    Raises MoveNotAllowed, ChangeClosed, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    if before.status is RegistrationStatus.LAPSED or has_run_out(before, now):
        raise OfferExpired
    require_move(before.status, RegistrationMove.ACCEPT)
    if not may_change(get_event_by_id(before.event_id), before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    values = {"status": RegistrationStatus.CONFIRMED, "offer_expires_at": None}
    _set([registration_id], lock_event(before.event_id), now, values)
    subject = f"registration:{registration_id}"
    raise_sequence(subject, now=now)
    details = {"people": before.people, "status": [before.status.value, RegistrationStatus.CONFIRMED.value]}
    record(by, "registration.offer_accepted", subject, now=now, organiser_id=before.organiser_id, details=details)
    if before.contact_email and not quiet:
        tell("confirmed", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)


def has_run_out(registration: RegistrationRow, now: datetime) -> bool:
    """Whether places are offered to it until a moment that is over."""
    until = registration.offer_expires_at
    return registration.status is RegistrationStatus.OFFERED and until is not None and until <= now


def decline_offer(registration_id: int, *, by: Actor, now: datetime, quiet: bool = False) -> None:
    """« Non merci »: the places are free for the next, also after the offer's end.

    Raises MoveNotAllowed, ChangeClosed, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.DECLINE)
    if not may_change(get_event_by_id(before.event_id), before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    end_by_hand(before, "registration.offer_declined", code=DECLINED, reason="", by=by, now=now, quiet=quiet)


def lapse_offers(event_id: int | None, *, now: datetime) -> int:
    """End the offers whose time is over, at one event or at all of them, and offer the places to the next; how many ended.

    Who is told by mail: those of an event that still takes place. Raises EventNotFound.
    """
    found = [event_id] if event_id is not None else list_events_run_out(now)
    return sum(_lapse(one, now) for one in found)


def list_events_run_out(now: datetime) -> list[int]:
    """Events of which an offer's time is over, but for those that are called off."""
    over = select(Registration.event_id).where(*_run_out(now)).distinct()
    wanted = select(Event.id).where(Event.id.in_(over), Event.state != EventState.CANCELLED).order_by(Event.id)
    return list(db.session.execute(wanted).scalars())


def list_events_with_room(now: datetime) -> list[int]:
    """Events of which somebody waits for a wave that has places and is still to come."""
    room = Wave.waiting > 0, Wave.taken < Wave.capacity, Wave.starts_at > now
    return list(
        db.session.execute(
            select(Event.id)
            .where(
                Event.id.in_(select(Wave.event_id).where(*room)),
                Event.state.in_([EventState.PUBLISHED, EventState.CLOSED]),
                Event.deleted_at.is_(None),
                Event.date_to_come.is_(False),
                or_(Event.capacity.is_(None), Event.taken < Event.capacity),
            )
            .order_by(Event.id)
        ).scalars()
    )


def _run_out(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Registration.status == RegistrationStatus.OFFERED, Registration.offer_expires_at <= now


def _lapse(event_id: int, now: datetime) -> int:
    _hold(event_id)
    event = get_event_by_id(event_id)
    if event.state is EventState.CANCELLED:  # nobody can answer; should it take place after all, they get more time
        return 0
    ended = _reached(list_parties(Registration.event_id == event_id, *_run_out(now)))
    if not ended:
        return 0
    version = give_all(event_id, _sum([found.party for found in ended]))
    ids = [found.party.id for found in ended]
    _set_people(ids, 0)
    values = {"status": RegistrationStatus.LAPSED, "cancel_code": LAPSED, "cancelled_at": now}
    _set(ids, version, now, values)
    change = (RegistrationStatus.OFFERED, RegistrationStatus.LAPSED)
    _note(event, LAPSED_VERB, ended, change, {}, by=SYSTEM, now=now)
    if offers_now(event):
        _tell("lapsed", event, ended, now)
    _offer(event, by=SYSTEM, now=now)
    return len(ended)


def offer_to(registration_id: int, *, by: Actor, now: datetime, past: bool = False) -> datetime:
    """The team offers places to one who waits; until when. With `past` before others, which the history says.

    Raises NotInTurn where the policy lets others go first, WaveFull, AudienceFull (AudienceApart), MoveNotAllowed,
    ChangeClosed when the visit began or the event offers nothing, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.OFFER)
    event = get_event_by_id(before.event_id)
    if not offers_now(event) or first_start(event, before.waves) <= now:
        raise ChangeClosed
    me = _reached(list_parties(Registration.id == registration_id))[0]
    if not past and not _is_next(event, me.party, now):
        raise NotInTurn
    version = take_places(event.id, wanted_by(before), past_queue=True)
    until = _until(event, me.party, now)
    ahead = waiting_before(before)
    more = {"past": ahead.parties} if past and ahead.parties else None
    _mark_offered(event, [me], {registration_id: until}, version, by=by, now=now, more=more)
    return until


def _is_next(event: EventRow, party: Party, now: datetime) -> bool:
    """Whether nobody who came before is to be served first: with HOLD whoever waits for one of the waves, with SKIP who fits.

    Places of the event as a whole are everybody's: where they are limited, so is whoever waits for another wave.
    """
    shares = RegistrationWave.wave_id.in_(party.waves)
    wants = select(RegistrationWave.wave_id).where(RegistrationWave.registration_id == Registration.id, shares)
    earlier = [
        Registration.event_id == event.id, WAITING_SQL, Registration.id < party.id, hoping(event, now)
    ]  # fmt: skip
    if event.waiting_policy is WaitingPolicy.HOLD:
        if list_parties(*earlier, wants.correlate(Registration).exists(), limit=1):
            return False
        if event.capacity is None:
            return True
    done = go_through(event, get_places(event), now=now, before=party.id)
    rivals = done.chosen if event.capacity is not None else [p for p in done.chosen if set(p.waves) & set(party.waves)]
    return not rivals and done.held_up.isdisjoint(party.waves)


def _cap_offers(event: EventRow, now: datetime) -> None:
    """No offer lasts longer than until its visit begins, also when that begins earlier than it did."""
    if not offers_now(event):
        return
    first = (
        select(func.min(Wave.starts_at))
        .join(RegistrationWave, RegistrationWave.wave_id == Wave.id)
        .where(RegistrationWave.registration_id == Registration.id)
        .correlate(Registration)
        .scalar_subquery()
    )
    offered = Registration.event_id == event.id, OFFERED_SQL
    ends: dict[datetime, list[int]] = defaultdict(list)
    for row in db.session.execute(
        select(Registration.id, first.label("first")).where(*offered, Registration.offer_expires_at > first)
    ):
        ends[row.first].append(row.id)
    for until, ids in sorted(ends.items()):
        _set(ids, lock_event(event.id), now, {"offer_expires_at": until})
        payload, subject = {"event_id": event.id}, f"event:{event.id}"
        enqueue(LAPSE_JOB, payload, now=now, subject=subject, organiser_id=event.organiser_id, run_at=max(now, until))
        remind_later(event.id, event.organiser_id, until, now=now)
