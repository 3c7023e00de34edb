"""Pure decisions of reports: names as lists show them, masked totals, and what deserves a look now."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.core.text import fold
from app.events.enums import EventState
from app.events.queries import EventRow, Places, WaveRow

LEAST_SHOWN = 5
"""Declared statistics below this number of people are not shown (domain: never beside a name, nor close to one)."""
NEARLY = 0.9
LATE_AFTER = timedelta(minutes=20)
LATE_UNTIL = timedelta(hours=3)
POINTS_OF_A_KIND = 3


def listed_name(name: str, sort_name: str) -> str:
    """« Bonnet, Théo » for « Théo Bonnet »: what the list is sorted by comes first. Else the name as it is."""
    words = name.split()
    for first in range(1, len(words)):
        if fold(" ".join((*words[first:], *words[:first])))[:160] == sort_name:
            return f"{' '.join(words[first:])}, {' '.join(words[:first])}"
    return name


def mask(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Counts, those under LEAST_SHOWN as None. One alone is found by subtraction: then the next smallest goes too."""
    masked: dict[str, int | None] = {key: count if count >= LEAST_SHOWN else None for key, count in counts.items()}
    shown = [key for key, count in masked.items() if count is not None]
    if len(counts) - len(shown) == 1 and shown:
        masked[min(shown, key=lambda key: counts[key])] = None
    return masked


def wave_of_arrival(at: datetime, waves: Iterable[WaveRow], zone: tzinfo) -> int | None:
    """The wave that somebody arriving then comes for: of those of the day, the one with the nearest start."""
    day = at.astimezone(zone).date()
    same_day = [w for w in waves if w.starts_at.astimezone(zone).date() == day]
    return min(same_day, key=lambda w: abs(w.starts_at - at)).id if same_day else None


class PointKind(enum.StrEnum):
    SPACE_FULL = "space_full"
    LATE_GROUP = "late_group"
    MAILS_FAILED = "mails_failed"
    JOBS_DEAD = "jobs_dead"
    OFFERS = "offers"
    WAITING = "waiting"
    WAVES_FULL = "waves_full"
    WAVE_NEARLY_FULL = "wave_nearly_full"


@dataclass(frozen=True)
class LateGroup:
    """A group of which nobody has come, though it was to come more than LATE_AFTER ago: as planned, else with its wave."""

    reference: str
    label: str
    contact_name: str
    contact_phone: str
    participants: int
    companions: int
    expected_at: datetime


@dataclass(frozen=True)
class Point:
    """Something to look at now. `number` counts what its kind is about; the rest is filled where the kind has it."""

    kind: PointKind
    number: int = 0
    wave: WaveRow | None = None
    group: LateGroup | None = None
    name: str = ""
    limit: int = 0


def list_points(
    event: EventRow,
    places: Places,
    *,
    spaces: Sequence[tuple[str, int, int]],
    late: Sequence[LateGroup],
    waiting: int,
    mails_failed: int,
    jobs_dead: int,
    now: datetime,
    offers: int = 0,
) -> list[Point]:
    """What deserves a look, the most pressing first. `spaces` are (name, people present, limit); `offers` of places are out."""
    points = [
        Point(PointKind.SPACE_FULL, number=present, name=name, limit=limit)
        for name, present, limit in spaces
        if present >= NEARLY * limit
    ]
    points += [Point(PointKind.LATE_GROUP, group=group) for group in late[:POINTS_OF_A_KIND]]
    if mails_failed:
        points.append(Point(PointKind.MAILS_FAILED, number=mails_failed))
    if jobs_dead:
        points.append(Point(PointKind.JOBS_DEAD, number=jobs_dead))
    if offers:
        points.append(Point(PointKind.OFFERS, number=offers))
    if waiting:
        points.append(Point(PointKind.WAITING, number=waiting))
    return points + _wave_points(event, places, now)


def _wave_points(event: EventRow, places: Places, now: datetime) -> list[Point]:
    coming = [w for w in event.waves if w.ends_at > now]
    full = [w for w in coming if places.left(event, w) <= 0]
    nearly = [w for w in coming if 0 < places.left(event, w) <= (1 - NEARLY) * w.capacity]
    points = [Point(PointKind.WAVES_FULL, number=len(full), wave=full[0])] if full else []
    nearly.sort(key=lambda w: (places.left(event, w), w.starts_at, w.id))
    points += [
        Point(PointKind.WAVE_NEARLY_FULL, number=places.left(event, w), wave=w) for w in nearly[:POINTS_OF_A_KIND]
    ]
    return points


def has_ended(state: EventState, cancel_code: str, cancel_reason: str, ends_at: datetime, now: datetime) -> bool:
    """Whether people who never came were missing: the event is over, and was not called off (archived since or not)."""
    return ends_at <= now and not was_called_off(state, cancel_code, cancel_reason)


def was_called_off(state: EventState, cancel_code: str, cancel_reason: str) -> bool:
    """Whether it was called off, archived since or not."""
    return state is EventState.CANCELLED or bool(cancel_code or cancel_reason)


def could_come(
    state: EventState, cancel_code: str, cancel_reason: str, starts_at: datetime, registered: int, now: datetime
) -> int:
    """Of the people registered for an event, those who could have come by now: none before it begins, nor if it is off."""
    return registered if starts_at <= now and not was_called_off(state, cancel_code, cancel_reason) else 0


@dataclass(frozen=True)
class Progress:
    """A figure against its target: « 412 sur 600 visés (69 %) »."""

    reached: int
    target: int

    @property
    def percent(self) -> int:
        """Rounded; 100 only when the target is reached."""
        percent = (200 * self.reached + self.target) // (2 * self.target)
        return min(percent, 99) if self.reached < self.target else percent

    @property
    def done(self) -> bool:
        return self.reached >= self.target

    @property
    def bar(self) -> tuple[float, float]:
        """How far the bar goes and where the target's mark stands, both in hundredths of the longer one."""
        whole = max(self.reached, self.target)
        return 100 * self.reached / whole, 100 * self.target / whole


def share(part: int, whole: int) -> int | None:
    """Hundredths, rounded; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None
