"""The route of an event: which stops an audience goes to, in what order, how long it takes. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.events.queries.rows import EventRow, StopRow, WaveRow


def stops_of(event: EventRow, audience: str | None = None, declined: Collection[int] = ()) -> tuple[StopRow, ...]:
    """The stops of an audience in their order, without the optional ones left out; of no audience in particular, all of them."""
    return tuple(
        stop
        for stop in event.stops
        if (audience is None or stop.is_for(audience)) and not (stop.optional and stop.id in declined)
    )


def has_variants(event: EventRow) -> bool:
    """Whether it matters to the route who one is."""
    return any(stop.audiences for stop in event.stops)


@dataclass(frozen=True)
class Variant:
    """One way through the stops, and the audiences that take it."""

    audiences: tuple[str, ...]
    stops: tuple[StopRow, ...]


def list_variants(event: EventRow) -> tuple[Variant, ...]:
    """The different routes of an event, in the order of its audiences; one for all where everybody takes the same."""
    found: dict[tuple[int, ...], Variant] = {}
    for audience in event.audiences:
        stops = stops_of(event, audience.code)
        key = tuple(stop.position for stop in stops)
        before = found.get(key, Variant((), stops))
        found[key] = Variant((*before.audiences, audience.code), stops)
    return tuple(found.values()) or (Variant((), event.stops),)


def minutes_between(event: EventRow, before: StopRow, after: StopRow) -> int:
    """Minutes to walk from one stop to another: none inside a space, nor where a stop has no space."""
    one, other = before.space_id, after.space_id
    if one is None or other is None or one == other:
        return 0
    low, high = min(one, other), max(one, other)
    known = (t.minutes for t in event.transfers if (t.low_space_id, t.high_space_id) == (low, high))
    return next(known, event.transfer_minutes)


def blocks_of(stops: Iterable[StopRow]) -> tuple[tuple[StopRow, ...], ...]:
    """The stops in blocks: blocks one after the other, those inside a block in any order."""
    blocks: list[list[StopRow]] = []
    for stop in stops:
        if stop.any_order and blocks:
            blocks[-1].append(stop)
        else:
            blocks.append([stop])
    return tuple(tuple(block) for block in blocks)


def route_minutes(event: EventRow, stops: Sequence[StopRow]) -> int:
    """How long these stops take one after the other, with the minutes to walk; 0 when none of them says how long it takes."""
    stays = sum(stop.minutes for stop in stops)
    walks = sum(minutes_between(event, a, b) for a, b in pairwise(stops))
    return stays + walks if stays else 0


def longest_minutes(event: EventRow) -> int:
    """How long the longest variant takes: what an event is over by."""
    return max(route_minutes(event, variant.stops) for variant in list_variants(event))


Times = tuple[datetime | None, datetime | None]


def work_out(event: EventRow, stops: Sequence[StopRow], begins: datetime | None) -> list[Times]:
    """When each stop is likely to begin and end for who begins then; None from a stop of unknown length on."""
    times: list[Times] = []
    at, before = begins, None
    for stop in stops:
        if at is not None and before is not None:
            at += timedelta(minutes=minutes_between(event, before, stop))
        ends = at + timedelta(minutes=stop.minutes) if at is not None and stop.minutes else None
        times.append((at, ends))
        at, before = ends, stop
    return times


def begin_of(wave: WaveRow) -> datetime:
    """When a wave sets off: its beginning, and what it is late by."""
    return wave.starts_at + timedelta(minutes=wave.late_minutes)
