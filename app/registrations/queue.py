"""Going through a waiting list without reading all of it: only those are read to whom something could be offered now, or who
hold up others where something is free.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import db
from app.events.enums import WaitingPolicy
from app.events.models import Allotment, Wave
from app.events.queries import AllotmentPlaces, EventRow, Places, get_places
from app.registrations.enums import RegistrationKind
from app.registrations.models import WAITING_SQL, Registration, RegistrationWave
from app.registrations.waiting import LAST_HOUR, Party, Walk, Walker, offers_now, room_of

FIRST_PAGE, PAGE = 25, 250
"""Most often the very first ones say all: they hold up the others, or take what there is."""
PEOPLE = Registration.participants + Registration.companions
PARTY_COLUMNS = Registration.id, Registration.audience, Registration.kind, PEOPLE.label("people")
_GROUP = Registration.kind == RegistrationKind.GROUP


def go_through(
    event: EventRow, places: Places, *, now: datetime, before: int | None = None, but: int | None = None
) -> Walk:
    """Who on the event's list is to be offered places, and the waves that others hold up where some are free.

    With `before`, only those who came before that registration are looked at; `but` that one is left aside. Where nothing
    is offered now, whoever waits holds up their waves.
    """
    if not offers_now(event):  # it rests, and their turn with it
        return Walk((), frozenset(wave_id for wave_id, waiting in places.waiting.items() if waiting > 0))
    walker, last = Walker(room_of(event, places), event.waiting_policy), 0
    which = [Registration.id < before] if before is not None else []
    which += [Registration.id != but] if but is not None else []
    skip = event.waiting_policy is WaitingPolicy.SKIP
    able = _fits_now(event, places, now) if skip else hoping(event, now)
    while wanted := sorted(w for w in walker.open_waves if places.waiting.get(w, 0) > 0):
        size = PAGE if last else FIRST_PAGE
        most = [max(walker.room_in(wave_id) for wave_id in wanted) >= PEOPLE] if skip else []
        page = _read_page(event.id, last, wanted, *which, *most, able, size=size)
        for party in page:
            walker.meet(party)
        if len(page) < size:
            break
        last = page[-1].id
    return walker.walk


def find_open_places(event: EventRow, places: Places, *, now: datetime) -> Places:
    """The places as somebody new finds them: those who wait are thought to have been offered what is theirs.

    `held_up` says of which waves they get nothing. One statement where places are free and wanted, a second one for each
    `PAGE` of those who get some; none elsewhere.
    """
    if not any(places.waiting.values()):
        return places
    walk = go_through(event, places, now=now)
    waves, allotments = dict(places.waves), dict(places.allotments)
    for party in walk.chosen:
        for wave_id in party.waves:
            waves[wave_id] = waves.get(wave_id, 0) + party.people
            there = allotments.get((wave_id, party.audience), AllotmentPlaces(0, 0))
            more = AllotmentPlaces(there.people + party.people, there.groups + int(party.group))
            allotments[wave_id, party.audience] = more
    return replace(
        places,
        taken=places.taken + sum(party.people for party in walk.chosen),
        waves=waves,
        allotments=allotments,
        held_up=walk.held_up,
    )


def get_open_places(event: EventRow, *, now: datetime) -> Places:
    """`find_open_places` of the places as they are now."""
    return find_open_places(event, get_places(event), now=now)


def hoping(event: EventRow, now: datetime) -> ColumnElement[bool]:
    """Those to whom something can be offered. The others hold nobody up: their visit begins within the hour or began, or they
    are more people than could ever have places.
    """
    too_many = or_(
        Wave.capacity < PEOPLE, Allotment.max_people < PEOPLE, and_(_GROUP, Allotment.max_groups == 0)
    )  # fmt: skip
    return _all_waves(or_(_begins(now), too_many), event.capacity)


def _fits_now(event: EventRow, places: Places, now: datetime) -> ColumnElement[bool]:
    """Those who have room as it is: where whom there is none for lets everybody pass, nobody else needs to be read."""
    full = or_(
        Wave.capacity - Wave.taken < PEOPLE,
        Allotment.max_people - Allotment.people < PEOPLE,
        and_(_GROUP, Allotment.max_groups <= Allotment.groups),
    )
    return _all_waves(or_(_begins(now), full), None if event.capacity is None else event.capacity - places.taken)


def _begins(now: datetime) -> ColumnElement[bool]:
    return Wave.starts_at <= now + LAST_HOUR


def _all_waves(shut: ColumnElement[bool], most: int | None) -> ColumnElement[bool]:
    """Whether none of a registration's waves is shut to it, and it is no more than so many people."""
    found = (
        select(RegistrationWave.wave_id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .outerjoin(Allotment, and_(Allotment.wave_id == Wave.id, Allotment.audience == Registration.audience))
        .where(RegistrationWave.registration_id == Registration.id, shut)
        .correlate(Registration)
    )
    return ~found.exists() if most is None else and_(most >= PEOPLE, ~found.exists())


def _read_page(
    event_id: int, last: int, wave_ids: Collection[int], *which: ColumnElement[bool], size: int
) -> list[Party]:  # fmt: skip
    """The next ones of the list who want one of these waves, in their order. What is cheap to tell stands first in `which`."""
    wants = select(RegistrationWave.wave_id).where(
        RegistrationWave.registration_id == Registration.id, RegistrationWave.wave_id.in_(wave_ids)
    )
    waits = Registration.event_id == event_id, WAITING_SQL, Registration.id > last
    return list_parties(*waits, *which, wants.correlate(Registration).exists(), limit=size)


def list_parties(*which: ColumnElement[bool] | Any, limit: int | None = None) -> list[Party]:
    """Registrations as parties, in the order in which they came. Two statements."""
    rows = db.session.execute(select(*PARTY_COLUMNS).where(*which).order_by(Registration.id).limit(limit)).all()
    return parties_of(rows)


def parties_of(rows: Sequence[Any]) -> list[Party]:
    """The parties of rows that have PARTY_COLUMNS."""
    waves: dict[int, list[int]] = defaultdict(list)
    for some in parts_of([row.id for row in rows]):
        asked = select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
            RegistrationWave.registration_id.in_(some)
        )
        for registration_id, wave_id in db.session.execute(asked.order_by(RegistrationWave.wave_id)):
            waves[registration_id].append(wave_id)
    return [
        Party(row.id, tuple(waves[row.id]), row.audience, row.people, row.kind is RegistrationKind.GROUP)
        for row in rows
    ]  # fmt: skip


def parts_of(ids: Sequence[int], size: int = 1_000) -> list[Sequence[int]]:
    """So many at once as one statement takes."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
