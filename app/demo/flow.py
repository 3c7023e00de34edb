"""How the visitors of the past forum went through it: scans that could have been, the same at each loading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput
from app.checkin.queries import DoorTicket, list_door_tickets
from app.events.queries import EventRow
from app.registrations.drafts import Headcount

SEED = 20211011
STAYED_AWAY = 6  # people alone who did not come
ONE_MISSING = 4  # classes in which one pupil was absent
AT_OFFERS = 463  # visitors who came through the offers, as the report of 2021 says
OF_CLASSES_AT_OFFERS = 310
SCANNED_TWICE = 8

# Minutes after coming in at which people reach each space, and by how many minutes that varies.
WAY = (
    ("Construire", 2, 4),
    ("Stands métiers", 24, 6),
    ("Orientation", 76, 8),
    ("Offres", 98, 6),
    ("Dégustation", 114, 6),
)
LEAVES = 132


@dataclass(frozen=True)
class _Visit:
    """Who comes of one registration, and when they stand at the door."""

    ticket: DoorTicket
    came: Headcount
    at: datetime
    offers: bool


def make_scans(event: EventRow) -> list[list[ScanInput]]:
    """Every scan of the forum in the order of time, one list a day."""
    random = Random(SEED)  # noqa: S311 - plausible, not secret
    tickets = list_door_tickets(event).tickets
    starts = {wave.id: wave.starts_at for wave in event.waves}
    visits = _visits(tickets, starts, random)
    scans = sorted((s for v in visits for s in _scans(event, v, random)), key=lambda s: s.scanned_at)
    days = sorted({s.scanned_at.date() for s in scans})
    return [[s for s in scans if s.scanned_at.date() == day] for day in days]


def _visits(tickets: Sequence[DoorTicket], starts: dict[int, datetime], random: Random) -> list[_Visit]:
    groups = [t for t in tickets if t.participants + t.companions > 1]
    alone = [t for t in tickets if t.participants + t.companions == 1]
    away = {t.code for t in random.sample(alone, STAYED_AWAY)}
    largest = max(groups, key=lambda t: t.participants)
    missing = {t.code for t in [largest, *random.sample([g for g in groups if g is not largest], ONE_MISSING - 1)]}
    came = {
        t.code: Headcount(t.participants - (t.code in missing), t.companions) for t in tickets if t.code not in away
    }
    at_offers = _choose_for_offers(groups, [t for t in alone if t.code not in away], came, random)
    return [
        _Visit(t, came[t.code], starts[t.waves[0]] + _delay(t, random), t.code in at_offers)
        for t in tickets
        if t.code in came
    ]


def _choose_for_offers(
    groups: Sequence[DoorTicket], alone: Sequence[DoorTicket], came: dict[str, Headcount], random: Random
) -> set[str]:
    """Registrations whose people add up to exactly AT_OFFERS: some classes, then people alone."""
    chosen: set[str] = set()
    people = 0
    for group in random.sample(list(groups), len(groups)):
        if people + came[group.code].people <= OF_CLASSES_AT_OFFERS:
            chosen.add(group.code)
            people += came[group.code].people
    return chosen | {t.code for t in random.sample(list(alone), AT_OFFERS - people)}


def _delay(ticket: DoorTicket, random: Random) -> timedelta:
    """Classes come together around their hour; people alone within their wave, a few of them late."""
    seconds = random.randint(-300, 480) if ticket.participants > 1 else int(random.triangular(-480, 2100, 240))
    return timedelta(seconds=seconds)


def _scans(event: EventRow, visit: _Visit, random: Random) -> list[ScanInput]:
    doors = {c.name: c.id for c in event.checkpoints if c.space_id is not None}
    entrance = next(c.id for c in event.checkpoints if c.space_id is None)
    whole = Headcount(visit.ticket.participants, visit.ticket.companions)
    counted = None if visit.came == whole else visit.came
    found = [_scan(visit, entrance, Direction.IN, timedelta(0), random, counted)]
    if random.random() < SCANNED_TWICE / 286 and counted is None:
        found.append(_scan(visit, entrance, Direction.IN, timedelta(seconds=40), random))
    for name, minutes, spread in WAY:
        if (name == "Offres" and not visit.offers) or (name == "Dégustation" and random.random() < 0.2):
            continue
        later = timedelta(minutes=minutes, seconds=random.randint(0, spread * 60))
        found.append(_scan(visit, doors[name], Direction.IN, later, random))
    found.append(
        _scan(visit, entrance, Direction.OUT, timedelta(minutes=LEAVES, seconds=random.randint(0, 900)), random)
    )
    return found


def _scan(
    visit: _Visit, door: int, direction: Direction, later: timedelta, random: Random, headcount: Headcount | None = None
) -> ScanInput:
    scan_id = str(UUID(int=random.getrandbits(128), version=4))
    return ScanInput(scan_id, visit.ticket.code, door, direction, visit.at + later, headcount)
