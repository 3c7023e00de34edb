"""Who is led where when, as stands, boards and sheets show it: groups by class and school, never a person's name. Pure.

Hours are those of the plan in force; of a group that it does not know, worked out from its wave and route (« vers »).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.i18n import Locale
from app.events.queries import EventRow, StopRow
from app.registrations.itinerary import Passage, Team, teams_of

LEAST_STAY = timedelta(minutes=15)
"""How long somebody is taken to stay at a stop that does not say."""


@dataclass(frozen=True)
class Guest:
    """A group that comes: what may be shown of it to everybody, with the waves in which it holds places."""

    id: int
    reference: str
    audience: str
    participants: int
    companions: int
    class_label: str
    organisation_name: str
    commune: str
    declined_stops: tuple[int, ...]
    waves: tuple[int, ...]

    @property
    def people(self) -> int:
        return self.participants + self.companions

    def name(self, event: EventRow, locale: Locale) -> str:
        """The class, else the body that comes, else who they are in general: « Familles »."""
        return self.class_label or self.organisation_name or event.audience(self.audience).label(locale)

    @property
    def origin(self) -> str:
        """The school of a class; empty where the name says it already."""
        return self.organisation_name if self.class_label else ""


@dataclass(frozen=True)
class Visit:
    """One team at one stop. `exact`: planned, else worked out. `teams` is how many the group goes round in."""

    guest: Guest
    wave_id: int
    team: int
    teams: int
    people: int
    stop: StopRow
    stand: int | None
    starts_at: datetime
    ends_at: datetime
    exact: bool


@dataclass(frozen=True)
class Visits:
    """All visits to the spaces of an event in the order of their hours; `planned`: there is a plan in force."""

    planned: bool
    every: tuple[Visit, ...]
    by_place: Mapping[tuple[int, date], tuple[Visit, ...]] = field(repr=False)

    def of(self, space_id: int, day: date) -> tuple[Visit, ...]:
        """Those to a space on a local day."""
        return self.by_place.get((space_id, day), ())


@dataclass(frozen=True)
class Told:
    """The passages of the plan in force by registration; `planned`: there is one."""

    planned: bool
    passages: Mapping[int, Sequence[Passage]] = field(default_factory=dict)


def visits_of(event: EventRow, guests: Iterable[Guest], told: Told) -> Visits:
    """The visits of these groups to spaces; none while the date is to come. Pure."""
    found: list[Visit] = []
    if not event.date_to_come:
        for guest in guests:
            passages = told.passages.get(guest.id, ())
            for wave in event.waves:
                if wave.id in guest.waves:
                    found += _visits(guest, wave.id, teams_of(event, guest, passages, wave=wave))
    every, zone = tuple(sorted(found, key=_order)), ZoneInfo(event.timezone)
    places: dict[tuple[int, date], list[Visit]] = {}
    for visit in every:
        assert visit.stop.space_id is not None
        places.setdefault((visit.stop.space_id, visit.starts_at.astimezone(zone).date()), []).append(visit)
    return Visits(told.planned, every, {place: tuple(visits) for place, visits in places.items()})


def _visits(guest: Guest, wave_id: int, teams: Sequence[Team]) -> Iterable[Visit]:
    for team in teams:
        for time in team.stops:
            if time.stop.space_id is not None and time.starts_at is not None:
                ends_at = time.ends_at or time.starts_at + LEAST_STAY
                yield Visit(
                    guest, wave_id, team.number, len(teams), team.people, time.stop, time.stand, time.starts_at, ends_at,
                    time.exact,
                )  # fmt: skip


def _order(visit: Visit) -> tuple[object, ...]:
    return visit.starts_at, visit.stand or 0, visit.guest.organisation_name, visit.guest.class_label, visit.team
