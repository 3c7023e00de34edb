"""Pictures of a plan for one day: bars along one axis of hours, and the levels of the heat map. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.events.queries import EventRow
from app.flows.queries import HeatCell, HeatRow, PassageRow

WIDTH = 960
"""Pixels that a day should take, as far as bars stay wide enough for a finger and a number."""
LEAST, MOST = 2.5, 5.0
"""Pixels a minute."""
HALF_HOUR = timedelta(minutes=30)
TINTS = 5
NAMED = 4.0
"""As LEAST, where bars carry the names of groups."""
LETTER = 7.6
LEVELS = (25, 50, 75, 90, 100)
"""Up to how many percent of the capacity each tint of the heat map reaches."""


@dataclass(frozen=True)
class Bar:
    """A passage: where it lies, its number on the route where that is shown, and what fits beside it."""

    row: PassageRow
    x: float
    width: float
    tint: int
    sign: str
    text: str
    optional: bool
    broken: bool


@dataclass
class Line:
    """A row of the picture. `first` of a group or space carries its name."""

    row: PassageRow
    bars: list[Bar] = field(default_factory=list)
    first: bool = True
    stand: int | None = None


@dataclass(frozen=True)
class Axis:
    """The hours of a day from the half-hour before its first passage to the one after its last."""

    starts_at: datetime
    ends_at: datetime
    scale: float

    @property
    def width(self) -> int:
        return round(self._minutes(self.ends_at) * self.scale)

    @property
    def ticks(self) -> list[tuple[float, datetime]]:
        count = int((self.ends_at - self.starts_at) / HALF_HOUR)
        return [(self.x(at), at) for at in (self.starts_at + n * HALF_HOUR for n in range(count))]

    def x(self, moment: datetime) -> float:
        return round(self._minutes(moment) * self.scale, 1)

    def _minutes(self, moment: datetime) -> float:
        return (moment - self.starts_at).total_seconds() / 60


def days_of(rows: Iterable[PassageRow], event: EventRow) -> list[date]:
    """The local days on which there are passages; the days of the waves where there are none."""
    zone = ZoneInfo(event.timezone)
    found = {row.starts_at.astimezone(zone).date() for row in rows}
    return sorted(found or {wave.starts_at.astimezone(zone).date() for wave in event.waves})


def of_day(rows: Iterable[PassageRow], day: date, timezone: str) -> list[PassageRow]:
    zone = ZoneInfo(timezone)
    return [row for row in rows if row.starts_at.astimezone(zone).date() == day]


def axis_of(rows: Sequence[PassageRow], least: float = LEAST) -> Axis | None:
    if not rows:
        return None
    first, last = min(row.starts_at for row in rows), max(row.ends_at for row in rows)
    starts = first - timedelta(minutes=first.minute % 30, seconds=first.second)
    ends = last + (-(last - starts) % HALF_HOUR)
    minutes = (ends - starts).total_seconds() / 60
    return Axis(starts, ends, min(MOST, max(least, WIDTH / minutes)))


def group_lines(rows: Sequence[PassageRow], axis: Axis, bar: Callable[[PassageRow, Axis], Bar]) -> list[Line]:
    """A row for each team, groups in the order in which they come."""
    by_group: dict[tuple[int, int], dict[int, Line]] = {}
    for row in rows:
        teams = by_group.setdefault((row.registration_id, row.wave_id), {})
        teams.setdefault(row.team, Line(row)).bars.append(bar(row, axis))
    found = []
    for teams in by_group.values():
        for number, team in enumerate(sorted(teams)):
            teams[team].first = number == 0
            found.append(teams[team])
    return found


def space_lines(
    rows: Sequence[PassageRow], axis: Axis, bar: Callable[[PassageRow, Axis], Bar]
) -> dict[int, list[Line]]:
    """By space: a row for each stand, or as few rows as show everybody who is there at once."""
    found: dict[int, list[Line]] = {}
    for row in rows:
        lines = found.setdefault(row.space_id, [])
        own = next((line for line in lines if _takes(line, row)), None)
        if own is None:
            own = Line(row, first=not lines, stand=row.stand)
            lines.append(own)
        own.bars.append(bar(row, axis))
    for lines in found.values():
        lines.sort(key=lambda line: line.stand or 0)
        for number, line in enumerate(lines):
            line.first = number == 0
    return found


def _takes(line: Line, row: PassageRow) -> bool:
    return line.stand == row.stand and line.bars[-1].row.ends_at <= row.starts_at


def bar_of(row: PassageRow, axis: Axis, *, name: str, number: int, numbered: bool, optional: bool, broken: bool) -> Bar:
    """`name` stands in the bar where it fits as it is, else nothing: the whole is in the bar's title."""
    sign = str(number) if numbered else ""
    width = round((row.ends_at - row.starts_at).total_seconds() / 60 * axis.scale, 1)
    signs = (14 if row.pinned else 0) + (14 if broken else 0) + len(sign) * LETTER + 10
    room = int((width - signs) / LETTER)
    return Bar(
        row,
        axis.x(row.starts_at),
        width,
        (number - 1) % TINTS,
        sign,
        name if len(name) <= room else "",
        optional,
        broken,
    )


@dataclass(frozen=True)
class Cell:
    """People at ten minutes: a level from 0 to 4, or « over »; empty where nobody is."""

    starts_at: datetime
    people: int
    level: str


@dataclass(frozen=True)
class CellRow:
    space: HeatRow
    cells: tuple[Cell, ...]


def level_of(people: int, capacity: int) -> str:
    """« 0 » to « 4 », « over », or nothing where nobody is."""
    if people <= 0:
        return ""
    if people > capacity:
        return "over"
    return str(next(n for n, most in enumerate(LEVELS) if people * 100 <= most * capacity))


def cell_rows(rows: Iterable[HeatRow], count: Callable[[HeatCell], int]) -> list[CellRow]:
    return [
        CellRow(
            row, tuple(Cell(c.starts_at, count(c), level_of(count(c), row.capacity)) for c in row.cells)
        )
        for row in rows
    ]  # fmt: skip


def trimmed(rows: list[CellRow]) -> list[CellRow]:
    """Without the stretches at the beginning and the end of the day in which nobody is anywhere."""
    full = [at for at in range(len(rows[0].cells) if rows else 0) if any(row.cells[at].people for row in rows)]
    if not full:
        return rows
    return [CellRow(row.space, row.cells[full[0] : full[-1] + 1]) for row in rows]


@dataclass(frozen=True)
class HourRow:
    """An hour by the clocks of the place, six times ten minutes; None before the first and after the last that is counted."""

    starts_at: datetime
    cells: tuple[Cell | None, ...]

    @property
    def is_empty(self) -> bool:
        return not any(cell and cell.people for cell in self.cells)


def hours_of(row: CellRow, timezone: str) -> list[HourRow]:
    """A row of the heat map with the time going down, as narrow as a phone. Hours that the clocks give twice stay two."""
    zone = ZoneInfo(timezone)
    found: dict[datetime, dict[int, Cell]] = {}
    for cell in row.cells:
        minute = cell.starts_at.astimezone(zone).minute
        hour = cell.starts_at.astimezone(UTC) - timedelta(minutes=minute)
        found.setdefault(hour, {})[minute // 10] = cell
    return [HourRow(at, tuple(cells.get(n) for n in range(6))) for at, cells in sorted(found.items())]


def pairs_of_hours(was: CellRow, meant: CellRow, timezone: str) -> list[tuple[HourRow, HourRow]]:
    """Two rows over the same ten minutes, hour by hour, without the hours in which both are empty."""
    rows = zip(hours_of(was, timezone), hours_of(meant, timezone), strict=True)
    return [(one, other) for one, other in rows if not (one.is_empty and other.is_empty)]


def beside(real: Sequence[HeatRow], planned: Sequence[HeatRow]) -> list[tuple[CellRow, CellRow]]:
    """Each space as it really was and as it was planned, over the same ten minutes."""
    moments = sorted({c.starts_at for row in [*real[:1], *planned[:1]] for c in row.cells})
    was, meant = ({row.space_id: row for row in rows} for rows in (real, planned))
    found = []
    for space in list(was) or list(meant):
        one, other = was.get(space), meant.get(space)
        some = one or other
        assert some is not None
        found.append(
            (_aligned(one, some, moments, lambda c: c.groups), _aligned(other, some, moments, lambda c: c.people))
        )
    return found


def _aligned(
    row: HeatRow | None, space: HeatRow, moments: Sequence[datetime], count: Callable[[HeatCell], int]
) -> CellRow:
    at = {} if row is None else {c.starts_at: count(c) for c in row.cells}
    return CellRow(space, tuple(Cell(m, at.get(m, 0), level_of(at.get(m, 0), space.capacity)) for m in moments))
