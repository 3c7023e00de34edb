"""Audiences that are kept apart: of two, only one holds places within a wave, a half-day or a day. Pure.

A wave belongs to the local day, and to the half of it (until 13:00 or from then on), in which it begins.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.events.enums import Span
from app.events.queries.rows import EventRow, WaveRow

AFTERNOON = 13
"""The local hour with which the second half of a day begins."""

Place = tuple[int, str]
"""A wave's id and an audience: what an allotment counts."""


class Clash(NamedTuple):
    """An audience that holds places in a wave, though another one, kept apart from it, does in `other_wave_id`."""

    wave_id: int
    audience: str
    other_wave_id: int
    other: str


def span_of(span: Span, wave: WaveRow, timezone: str) -> tuple[int, date, int]:
    """What two waves have in common when they are in the same span."""
    local: datetime = wave.starts_at.astimezone(ZoneInfo(timezone))
    if span is Span.WAVE:
        return wave.id, date.min, 0
    return 0, local.date(), 0 if span is Span.DAY or local.hour < AFTERNOON else 1


def exclusions(event: EventRow) -> Mapping[Place, frozenset[Place]]:
    """For each wave and audience that is kept apart from another: where that other one must hold nothing."""
    found: dict[Place, frozenset[Place]] = {}
    for one, other, span in event.apart:
        together: dict[tuple[int, date, int], list[int]] = {}
        for wave in event.waves:
            together.setdefault(span_of(span, wave, event.timezone), []).append(wave.id)
        for wave_ids in together.values():
            for mine, rival in ((one, other), (other, one)):
                shut = frozenset((there, rival) for there in wave_ids)  # one set for all of the span
                for wave_id in wave_ids:
                    before = found.get((wave_id, mine))
                    found[wave_id, mine] = shut if before is None else before | shut
    return found


def excluded_by(event: EventRow, wave_id: int, audience: str) -> frozenset[Place]:
    """`exclusions` of one wave and audience alone."""
    mine = event.wave(wave_id)
    found: set[Place] = set()
    for one, other, span in event.apart:
        if mine is not None and audience in {one, other}:
            rival = other if audience == one else one
            begin, end = _bounds(span, mine, event.timezone)
            there = [mine.id] if span is Span.WAVE else [w.id for w in event.waves if begin <= w.starts_at < end]
            found |= {(wave, rival) for wave in there}
    return frozenset(found)


def _bounds(span: Span, wave: WaveRow, timezone: str) -> tuple[datetime, datetime]:
    """From when until when the wave's day, or its half of it, goes on: a comparison tells what is inside, without local hours."""
    zone = ZoneInfo(timezone)
    local = wave.starts_at.astimezone(zone)
    begin = datetime(local.year, local.month, local.day, tzinfo=zone)
    noon, end = begin.replace(hour=AFTERNOON), begin + timedelta(days=1)  # the wall's clock: a day may have 23 hours
    if span is Span.HALF_DAY:
        begin, end = (begin, noon) if local.hour < AFTERNOON else (noon, end)
    return begin.astimezone(UTC), end.astimezone(UTC)


def list_clashes(event: EventRow, held: Iterable[Place]) -> tuple[Clash, ...]:
    """Where audiences that are kept apart hold places (`held`) within the same span, each pair once."""
    if not event.apart:
        return ()
    there, excluded = set(held), exclusions(event)
    found = (
        Clash(*place, *other) for place in sorted(there) for other in sorted(excluded.get(place, frozenset()) & there)
    )
    return tuple(clash for clash in found if (clash.wave_id, clash.audience) < (clash.other_wave_id, clash.other))
