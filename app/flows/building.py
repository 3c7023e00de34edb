"""From an event and who is registered to the instance that is planned (docs/planning.md). Pure.

Groups are `<registration>-<wave>`, spaces and stops go by their ids: no names leave the event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.events.queries import EventRow, StopRow
from app.events.route import begin_of, blocks_of, minutes_between
from app.flows.crowds import Individuals, list_crowds, window_of
from app.flows.hours import MINUTE, Hours
from app.flows.instance import DAY
from app.flows.reading import INSTANCE, MOST_DAYS
from app.flows.spread import Spread, spread

STEP = 5
MOST_FREE = 12
Json = dict[str, Any]


class Omission(StrEnum):
    """Why something is not in the plan."""

    STOP_WITHOUT_SPACE = "stop_without_space"
    STOP_WITHOUT_MINUTES = "stop_without_minutes"
    GROUP_WITHOUT_STOPS = "group_without_stops"
    PIN_GONE = "pin_gone"


@dataclass(frozen=True)
class NotPlanned:
    """What was left out of planning: a stop, or a registration (in a wave, a pinned one at a stop)."""

    why: Omission
    stop_id: int | None = None
    registration_id: int | None = None
    wave_id: int | None = None


@dataclass(frozen=True)
class GroupToPlan:
    """A group that holds places, with all its people; it comes in each of its waves."""

    registration_id: int
    audience: str
    people: int
    waves: tuple[int, ...]
    declined: tuple[int, ...] = ()


@dataclass(frozen=True)
class TeamStop:
    """Where a team of a group is to be at a moment: pinned, or as people were told."""

    registration_id: int
    wave_id: int
    team: int
    stop_id: int
    starts_at: datetime


@dataclass(frozen=True)
class Built:
    """An instance as JSON, what its minutes stand for, what was left out of it, and the individuals to expect.

    `late`: by how many minutes spaces, by id, were said to be late when hours were told that it keeps.
    """

    instance: Json
    hours: Hours
    not_planned: tuple[NotPlanned, ...]
    expected: Spread = field(default_factory=dict)
    late: Mapping[int, int] = field(default_factory=dict)


def group_id(registration_id: int, wave_id: int) -> str:
    return f"{registration_id}-{wave_id}"


def registration_and_wave(group: str) -> tuple[int, int]:
    """What `group_id` was made of."""
    registration_id, _, wave_id = group.partition("-")
    return int(registration_id), int(wave_id)


def build_instance(
    event: EventRow,
    groups: Sequence[GroupToPlan],
    individuals: Individuals,
    *,
    previous: Sequence[TeamStop] = (),
    pins: Sequence[TeamStop] = (),
    now: datetime | None = None,
) -> Built:
    """What is to be planned now. `previous` are passages as people were told them, `pins` those that hold.

    `now`: what people were told to begin by then holds, and nothing else begins before; so does what they were told of a space
    that is late, on the day itself. Days are the local days of the waves, from their first wave to the event's closing hour. A
    wave's delay moves its window.
    Raises ValueError when the waves lie on more than 31 days.
    """
    hours = Hours.of((begin_of(wave) for wave in event.waves), event.timezone)
    if len(hours.days) > MOST_DAYS:
        raise ValueError(f"{len(hours.days)} days")
    planned = {stop.id: stop for stop in event.stops if stop.space_id is not None and stop.minutes > 0}
    built, left_out = _groups(event, groups, hours, planned)
    begun = _begun(previous, built, hours, event.timezone, planned, now)
    held = _held_by_delay(event, previous, built, hours, planned, now)
    kept_pins, gone = _pins(pins, begun + [slot for slot in held if slot not in begun], built, hours, event.timezone)
    days = _days(event, hours)
    _let_in(begun, built, days)
    expected = spread(list_crowds(event, individuals, hours))
    instance: Json = {
        "format": INSTANCE,
        "step": STEP,
        "days": days,
        **_places(event, planned),
        "groups": built,
        "flow": _flow(expected),
        "pins": kept_pins,
        "previous": _slots(previous, built, hours, event.timezone),
    }
    if earliest := _not_before(hours, now):
        instance["not_before"] = earliest
    of_stop = {str(stop.id): stop.space_id for stop in planned.values()}
    held_in = {of_stop[slot["stop"]] for slot in held}
    late = {space.id: space.late_minutes for space in event.spaces if space.id in held_in}
    return Built(instance, hours, (*_stops_left_out(event), *left_out, *gone), expected, late)


def _places(event: EventRow, planned: Mapping[int, StopRow]) -> Json:
    """Spaces, stops and the walks between them."""
    return {
        "spaces": [{"id": str(s.id), "capacity": s.capacity, "stands": s.stands or None} for s in event.spaces],
        "stops": [
            {"id": str(s.id), "space": str(s.space_id), "minutes": s.minutes, "largest_team": s.largest_team or None}
            for s in planned.values()
        ],
        "default_transfer": event.transfer_minutes,
        "transfers": [
            {"from": str(t.low_space_id), "to": str(t.high_space_id), "minutes": t.minutes} for t in event.transfers
        ],
    }


def _days(event: EventRow, hours: Hours) -> list[Json]:
    """Each from its first wave to the hour at which the event closes, or to what its last wave takes when that is later.

    On its last day an event is over when it says.
    """
    zone = ZoneInfo(event.timezone)
    closing = event.ends_at.astimezone(zone)
    route = _longest(event)
    days = []
    for number, day in enumerate(hours.days):
        windows = [window_of(wave, hours, event.timezone) for wave in event.waves]
        own = [(start, end) for start, end in windows if start // DAY == number]
        start, last = min(start for start, _ in own), max(end for _, end in own)
        closes = number * DAY + closing.hour * 60 + closing.minute
        if day.on == closing.date():
            end = max(hours.minute_on(number, event.ends_at), last)
        elif day.on < closing.date():
            end = closes if closes > last else last + route
        else:
            end = last + route
        days.append({"name": day.on.isoformat(), "from": start, "until": _inside(end, start, number)})
    return days


def _inside(end: int, start: int, number: int) -> int:
    return min(max(end, start + 1), number * DAY + DAY - 1)


def _longest(event: EventRow) -> int:
    """Minutes that the whole route takes."""
    stays = sum(stop.minutes for stop in event.stops)
    return stays + sum(minutes_between(event, before, after) for before, after in pairwise(event.stops))


def _groups(
    event: EventRow, groups: Sequence[GroupToPlan], hours: Hours, planned: Mapping[int, StopRow]
) -> tuple[list[Json], list[NotPlanned]]:
    waves = {wave.id: wave for wave in event.waves}
    built, left_out = [], []
    for group in groups:
        blocks = _blocks(event, group, planned)
        for wave_id in group.waves:
            if not blocks:
                left_out.append(
                    NotPlanned(Omission.GROUP_WITHOUT_STOPS, None, group.registration_id, wave_id)
                )  # fmt: skip
                continue
            start, end = window_of(waves[wave_id], hours, event.timezone)
            built.append(
                {
                    "id": group_id(group.registration_id, wave_id),
                    "people": group.people,
                    "stops": blocks,
                    "windows": [{"from": start, "until": end}],
                }
            )
    return built, left_out


def _blocks(event: EventRow, group: GroupToPlan, planned: Mapping[int, StopRow]) -> list[list[str]]:
    """The stops that this group goes to, in blocks; a block of very many is cut in two."""
    found: list[list[str]] = []
    for block in blocks_of(event.stops):
        own = [
            str(stop.id)
            for stop in block
            if stop.id in planned and stop.is_for(group.audience) and not (stop.optional and stop.id in group.declined)
        ]
        found += [own[at : at + MOST_FREE] for at in range(0, len(own), MOST_FREE)]
    return found


def _stops_left_out(event: EventRow) -> Iterable[NotPlanned]:
    for stop in event.stops:
        if stop.space_id is None:
            yield NotPlanned(Omission.STOP_WITHOUT_SPACE, stop.id)
        elif stop.minutes <= 0:
            yield NotPlanned(Omission.STOP_WITHOUT_MINUTES, stop.id)


def _flow(expected: Spread) -> list[Json]:
    """The 95th percentile of each space, one load for as long as it stays the same."""
    loads: list[Json] = []
    for space, people in expected.items():
        for minute, found in sorted(people.items()):
            last = loads[-1] if loads else None
            if last and (last["space"], last["until"], last["people"]) == (space, minute, found.high):
                last["until"] = minute + 10
            else:
                loads.append({"space": space, "from": minute, "until": minute + 10, "people": found.high})
    return loads


def _slots(stops: Sequence[TeamStop], groups: Sequence[Json], hours: Hours, timezone: str) -> list[Json]:
    """Those of groups and stops that are still planned."""
    wanted = {(group["id"], stop) for group in groups for block in group["stops"] for stop in block}
    found = []
    for at in stops:
        minute = hours.minute(at.starts_at, timezone)
        group, stop = group_id(at.registration_id, at.wave_id), str(at.stop_id)
        if (group, stop) in wanted and minute is not None and minute >= 0:
            found.append({"group": group, "team": at.team, "stop": stop, "start": minute})
    return found


def _not_before(hours: Hours, now: datetime | None) -> int:
    """The step from which on something can still begin, on a day of the plan or after it; 0 before the first of them."""
    begun = [] if now is None else [number for number, day in enumerate(hours.days) if day.zero <= now]
    if now is None or not begun:
        return 0
    number = begun[-1]
    minute = hours.minute_on(number, now + MINUTE - timedelta.resolution)
    return min(-(-minute // STEP) * STEP, number * DAY + DAY - STEP)


def _begun(
    previous: Sequence[TeamStop],
    groups: Sequence[Json],
    hours: Hours,
    timezone: str,
    planned: Mapping[int, StopRow],
    now: datetime | None,
) -> list[Json]:
    """What people were told to begin by now, of teams that there still are: nobody goes back in time."""
    if now is None:
        return []
    teams = {group["id"]: _team_count(group, planned) for group in groups}
    slots = _slots([at for at in previous if at.starts_at <= now], groups, hours, timezone)
    return [slot for slot in slots if slot["start"] % STEP == 0 and slot["team"] <= teams[slot["group"]]]


def _held_by_delay(
    event: EventRow,
    previous: Sequence[TeamStop],
    groups: Sequence[Json],
    hours: Hours,
    planned: Mapping[int, StopRow],
    now: datetime | None,
) -> list[Json]:
    """What people were told of spaces that are late, on the day that is on: planned anew, it would be as if they were not."""
    late = {space.id for space in event.spaces if space.late_minutes}
    if now is None or not late:
        return []
    zone = ZoneInfo(event.timezone)
    today = [
        at
        for at in previous
        if at.stop_id in planned
        and planned[at.stop_id].space_id in late
        and at.starts_at.astimezone(zone).date() == now.astimezone(zone).date()
    ]
    teams = {group["id"]: _team_count(group, planned) for group in groups}
    comes = {group["id"]: min(window["from"] for window in group["windows"]) for group in groups}
    return [
        slot
        for slot in _slots(today, groups, hours, event.timezone)
        if slot["start"] % STEP == 0 and slot["team"] <= teams[slot["group"]] and slot["start"] >= comes[slot["group"]]
    ]


def _team_count(group: Json, planned: Mapping[int, StopRow]) -> int:
    people, sizes = (
        int(group["people"]),
        [planned[int(stop)].largest_team for block in group["stops"] for stop in block],
    )
    return max([1, *(-(-people // size) for size in sizes if size)])


def _let_in(begun: Sequence[Json], groups: Sequence[Json], days: Sequence[Json]) -> None:
    """Who began before the window that they now have (their wave is late since) arrived then."""
    first: dict[str, int] = {}
    for slot in begun:
        first[slot["group"]] = min(slot["start"], first.get(slot["group"], slot["start"]))
    for group in groups:
        at = first.get(group["id"])
        if at is not None and at < group["windows"][0]["from"]:
            group["windows"].append({"from": at, "until": at})
            for day in days:
                if day["from"] // DAY == at // DAY:
                    day["from"] = min(day["from"], at)


def _pins(
    pins: Sequence[TeamStop], begun: Sequence[Json], groups: Sequence[Json], hours: Hours, timezone: str
) -> tuple[list[Json], list[NotPlanned]]:
    """Pins of what is still planned, and of what began; those of groups, stops and hours that are gone are said to be."""
    known = {(slot["group"], slot["team"], slot["stop"]) for slot in begun}
    more = [slot for slot in _slots(pins, groups, hours, timezone) if slot["start"] % STEP == 0]
    slots = [*begun, *(slot for slot in more if (slot["group"], slot["team"], slot["stop"]) not in known)]
    kept = {(slot["group"], slot["team"], slot["stop"]) for slot in slots}
    gone = [
        NotPlanned(Omission.PIN_GONE, pin.stop_id, pin.registration_id, pin.wave_id)
        for pin in pins
        if (group_id(pin.registration_id, pin.wave_id), pin.team, str(pin.stop_id)) not in kept
    ]
    return slots, gone
