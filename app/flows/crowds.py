"""The individuals of an event as crowds that walk its route, for the spread of who is to be expected where. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import pairwise

from app.events.queries import EventRow, StopRow, WaveRow
from app.events.route import begin_of, blocks_of, minutes_between
from app.flows.hours import MINUTE, Hours
from app.flows.instance import DAY
from app.flows.spread import Crowd, Leg

MOST_WAYS = 12
Individuals = Mapping[tuple[int, str], int]
"""People registered one by one, by (wave, audience)."""


def list_crowds(event: EventRow, individuals: Individuals, hours: Hours) -> list[Crowd]:
    """The individuals of each wave and audience with the ways they may walk.

    A wave's forecast, where there is one, is how many come in all: of the audiences as they are registered, or evenly of those who
    may come alone.
    """
    crowds = []
    for wave in event.waves:
        registered = {audience: n for (wave_id, audience), n in individuals.items() if wave_id == wave.id and n > 0}
        if wave.forecast is not None:
            alone = {a.code: 1 for a in event.audiences if a.individuals} or {a.code: 1 for a in event.audiences}
            registered = _shared_out(wave.forecast, registered or alone)
        start, end = window_of(wave, hours, event.timezone)
        crowds += [
            Crowd(people, start, end + 1, _ways(event, audience)) for audience, people in sorted(registered.items())
        ]
    return crowds


def _shared_out(people: int, shares: Mapping[str, int]) -> dict[str, int]:
    """`people` by these shares, all of them: what rounding leaves goes to the first ones."""
    total = sum(shares.values())
    given = {name: people * share // total for name, share in shares.items()}
    for name in sorted(given)[: people - sum(given.values())]:
        given[name] += 1
    return given


def _ways(event: EventRow, audience: str) -> tuple[tuple[Leg, ...], ...]:
    """The orders in which individuals of an audience may walk: each block from any of its stops on, round."""
    blocks = [tuple(s for s in block if s.is_for(audience)) for block in blocks_of(event.stops)]
    orders: list[tuple[StopRow, ...]] = [()]
    for block in filter(None, blocks):
        turns = [block[turn:] + block[:turn] for turn in range(len(block))]
        if len(orders) * len(turns) > MOST_WAYS:
            turns = turns[:1]
        orders = [(*order, *turn) for order in orders for turn in turns]
    return tuple(_legs(event, order) for order in orders if order)


def _legs(event: EventRow, order: Sequence[StopRow]) -> tuple[Leg, ...]:
    walks = [0, *(minutes_between(event, before, after) for before, after in pairwise(order))]
    return tuple(
        Leg(None if stop.space_id is None else str(stop.space_id), stop.minutes, walk, stop.optional)
        for stop, walk in zip(order, walks, strict=True)
        if stop.minutes > 0
    )


def window_of(wave: WaveRow, hours: Hours, timezone: str) -> tuple[int, int]:
    """The minutes of a wave, both included; never beyond its day."""
    start = hours.minute(begin_of(wave), timezone)
    assert start is not None  # the hours are those of the waves
    length = (wave.ends_at.astimezone(UTC) - wave.starts_at.astimezone(UTC)) // MINUTE
    last = start // DAY * DAY + DAY - 1
    return start, max(start, min(start + length - 1, last))
