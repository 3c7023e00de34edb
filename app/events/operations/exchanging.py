"""Going from one holding to another: other waves, or another headcount."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, literal, or_, select, update

from app.core.db import db
from app.events.errors import AudienceFull, QueueFirst, WaveFull
from app.events.models import Allotment, Wave
from app.events.operations.apart import require_apart
from app.events.operations.places import (
    Held,
    begin_counting,
    is_waited_for,
    refusal_of_event,
    refusal_of_waves,
    take_event,
)
from app.events.operations.waiting import call_for_offers


def exchange_places(event_id: int, old: Held, new: Held, *, now: datetime, past_queue: bool = False) -> int:
    """Go from one holding to another in one step: the new places first, counted against what the old ones free.

    A class that grows from 28 to 30 in its own wave needs two places, not thirty. What becomes free is offered to whoever
    waits. Raises WaveFull (QueueFirst), AudienceFull (AudienceApart): the caller undoes what was written.
    """
    taken = take_event(event_id, Held((), new.audience, new.people - old.people, group=False))
    if taken.version is None:
        raise refusal_of_event(event_id, None)
    if not past_queue and new.people > old.people and is_waited_for(event_id, taken):
        raise QueueFirst(None)
    deltas = dict.fromkeys(new.wave_ids, new.people)
    for wave_id in old.wave_ids:
        deltas[wave_id] = deltas.get(wave_id, 0) - old.people
    if taken.apart:
        require_apart(event_id, [wave_id for wave_id, people in deltas.items() if people > 0], new.audience)
    for wave_id, people in sorted(deltas.items()):
        _change_wave(event_id, wave_id, people, past_queue=past_queue)
    _exchange_allotments(old, new)
    if any(people < 0 for people in deltas.values()):
        call_for_offers(event_id, now=now)
    return taken.version


def _change_wave(event_id: int, wave_id: int, people: int, *, past_queue: bool) -> None:
    """Raises WaveFull. Fewer people always fit, also in a wave whose capacity was lowered meanwhile."""
    room = and_(Wave.taken + people <= Wave.capacity, or_(literal(past_queue), Wave.waiting == 0))
    changed = db.session.execute(
        update(Wave)
        .where(Wave.id == wave_id, Wave.event_id == event_id, or_(literal(people <= 0), room))
        .values(taken=Wave.taken + people)
        .returning(Wave.id)
    ).scalar_one_or_none()
    if changed is None:
        raise refusal_of_waves({wave_id: people}, past_queue=past_queue) or WaveFull(wave_id)


def _exchange_allotments(old: Held, new: Held) -> None:
    changes: dict[tuple[int, str], tuple[int, int]] = {}
    for held, sign in ((old, -1), (new, 1)):
        for wave_id in held.wave_ids:
            people, groups = changes.get((wave_id, held.audience), (0, 0))
            changes[wave_id, held.audience] = (people + sign * held.people, groups + sign * int(held.group))
    waves: Iterable[int] = {wave_id for wave_id, _ in changes}
    rows = db.session.execute(
        select(Allotment.id, Allotment.wave_id, Allotment.audience)
        .where(Allotment.wave_id.in_(waves), Allotment.audience.in_({old.audience, new.audience}))
        .order_by(Allotment.id)
    ).all()
    known = {(wave_id, audience) for _, wave_id, audience in rows}
    for wave_id, audience in sorted(set(changes) - known):
        begin_counting([wave_id], audience, *changes[wave_id, audience])
    for allotment_id, wave_id, audience in rows:
        people, groups = changes.get((wave_id, audience), (0, 0))
        fits = and_(
            or_(
                literal(people <= 0), Allotment.max_people.is_(None), Allotment.people + people <= Allotment.max_people
            ),
            or_(
                literal(groups <= 0), Allotment.max_groups.is_(None), Allotment.groups + groups <= Allotment.max_groups
            ),
        )
        changed = db.session.execute(
            update(Allotment)
            .where(Allotment.id == allotment_id, fits)
            .values(people=Allotment.people + people, groups=Allotment.groups + groups)
            .returning(Allotment.id)
        ).scalar_one_or_none()
        if changed is None:
            raise AudienceFull(wave_id)
