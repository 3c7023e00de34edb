"""How full each space is by ten minutes: as planned and expected, and as it really was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.checkin.stays import list_stays
from app.core.cache import remembered
from app.events.queries import EventRow, SpaceRow
from app.flows.crowds import list_crowds
from app.flows.hours import Hours
from app.flows.queries.passages import list_passages
from app.flows.queries.people import count_individuals
from app.flows.queries.plans import WholePlan
from app.flows.spread import BUCKET, Expected, Spread, spread

TEN = timedelta(minutes=BUCKET)


@dataclass(frozen=True)
class HeatCell:
    """Ten minutes from `starts_at`: the most people of groups at once, and individuals expected (median, 95th percentile).

    Of what really was: all people in `groups`, nobody expected.
    """

    starts_at: datetime
    groups: int
    median: int = 0
    high: int = 0

    @property
    def people(self) -> int:
        """Groups and the individuals to expect on most days."""
        return self.groups + self.median

    @property
    def most(self) -> int:
        """Groups and the individuals of a full day: what the plan keeps below the capacity."""
        return self.groups + self.high


@dataclass(frozen=True)
class HeatRow:
    """A space over a day; all rows of a day have the same cells in the same order."""

    space_id: int
    name: str
    capacity: int
    stands: int | None
    cells: tuple[HeatCell, ...]


def heat(plan: WholePlan | None, event: EventRow, day: date) -> list[HeatRow]:
    """Each space on a local day of the event; without a plan the individuals alone. One statement.

    A row for each space, empty rows too; no rows where nobody is to come that day.
    """
    if plan is None:
        hours, expected, stays = *_expected(event), []
    else:
        hours, expected = plan.hours, plan.expected
        stays = [(p.space_id, p.starts_at, p.ends_at, p.people) for p in list_passages(plan.id) if not p.gone]
    number, zone = hours.number_of(day), ZoneInfo(event.timezone)
    at: dict[tuple[int, datetime], Expected] = {}
    for space, people in expected.items():
        for minute, found in people.items():
            if hours.days and hours.moment(minute).astimezone(zone).date() == day:
                at[int(space), hours.moment(minute)] = found
    stays = [stay for stay in stays if stay[1].astimezone(zone).date() == day]
    moments = [moment for _, moment in at] + [m for _, begins, ends, _ in stays for m in (begins, ends - TEN)]
    if number is not None:
        moments += [
            w.starts_at + timedelta(minutes=w.late_minutes) for w in event.waves if w.starts_at.astimezone(zone).date() == day
        ]  # fmt: skip
    return [
        HeatRow(
            space.id, space.name, space.capacity, space.stands,
            tuple(
                HeatCell(begins, people, at[space.id, begins].median, at[space.id, begins].high)
                if (space.id, begins) in at
                else HeatCell(begins, people)
                for begins, people in cells
            ),
        )
        for space, cells in _fill(event.spaces, stays, moments, zone)
    ]  # fmt: skip


def real_heat(event: EventRow, day: date) -> list[HeatRow]:
    """Each space on a local day by its scans: one statement. Who was never scanned out stays until the event closes that day."""
    zone = ZoneInfo(event.timezone)
    found = list_stays(event, day)
    if not found:
        return []
    last = max(stay.ends_at or stay.starts_at for stay in found)
    closing = event.ends_at.astimezone(zone)
    closes = datetime.combine(day, closing.time(), tzinfo=zone)
    over = max(last + TEN, closes) if last < closes else last + TEN
    stays = [(stay.space_id, stay.starts_at, stay.ends_at or over, stay.people) for stay in found]
    moments = [m for _, begins, ends, _ in stays for m in (begins, ends - timedelta(microseconds=1))]
    return [
        HeatRow(space.id, space.name, space.capacity, space.stands, tuple(HeatCell(at, people) for at, people in cells))
        for space, cells in _fill(event.spaces, stays, moments, zone)
    ]


_Stay = tuple[int, datetime, datetime, int]


def _fill(
    spaces: Iterable[SpaceRow], stays: Sequence[_Stay], moments: Sequence[datetime], zone: ZoneInfo
) -> list[tuple[SpaceRow, list[tuple[datetime, int]]]]:
    """Each space with the most people at once in every ten minutes from the first of these moments to the last."""
    if not moments:
        return []
    first, last = _ten(min(moments), zone), _ten(max(moments), zone)
    count = (last - first) // TEN + 1
    begins = [first + number * TEN for number in range(count)]
    return [(space, list(zip(begins, _most(space.id, stays, begins), strict=True))) for space in spaces]


def _most(space_id: int, stays: Sequence[_Stay], begins: Sequence[datetime]) -> list[int]:
    """The most people at once in each ten minutes: looked at when they begin and whenever somebody comes."""
    own = [stay for stay in stays if stay[0] == space_id]
    comes = sorted({stay[1] for stay in own})
    found = []
    for begin in begins:
        looked = [begin, *(moment for moment in comes if begin < moment < begin + TEN)]
        found.append(max(sum(stay[3] for stay in own if stay[1] <= moment < stay[2]) for moment in looked))
    return found


def _ten(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    return moment - timedelta(minutes=local.minute % BUCKET, seconds=local.second, microseconds=local.microsecond)


def _expected(event: EventRow) -> tuple[Hours, Spread]:
    """The individuals of an event without a plan: simulated once for as long as the same people are to come."""
    people = count_individuals(event.id)
    kept, key = remembered("flows.spread", most=50), (event.id, event.revision, tuple(sorted(people.items())))
    found = kept.get(key)
    if not isinstance(found, tuple):
        hours = Hours.of(
            (wave.starts_at + timedelta(minutes=wave.late_minutes) for wave in event.waves), event.timezone
        )
        found = kept[key] = (hours, spread(list_crowds(event, people, hours)))
    return found
