"""What a copy of an event is: the same design on other days, at the same hours by the clocks of the place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.text import slugify
from app.events.drafts import (
    AllotmentDraft,
    ApartDraft,
    EventDraft,
    SpaceDraft,
    StopDraft,
    TransferDraft,
    WaveDraft,
)
from app.events.queries import EventRow, WaveRow

MOST_COPIES = 52
"""How many events one press of a button makes: a year of weekly ones."""
MOST_WAVES_AT_ONCE = 1000
SAME = (
    "title_fr", "title_en", "kind", "enrolment", "timezone", "venue_name", "venue_address", "venue_commune", "summary_fr",
    "summary_en", "description_fr", "description_en", "entrance_fr", "entrance_en", "join_url", "capacity",
    "largest_group",
    "asks_statistics", "waiting_list", "waiting_policy", "offer_hours", "transfer_minutes", "absent_minutes", "keep_names_days",
    "project_id",
)  # fmt: skip
"""What a copy takes from its source as it stands, beside days, audiences, waves, spaces and route."""
LONGEST_STEM = 60


@dataclass(frozen=True)
class CopyDraft:
    """One copy that is asked for. An empty slug is made from the title."""

    first_day: date
    title_fr: str
    title_en: str = ""
    slug: str = ""


def draft_from(event: EventRow) -> EventDraft:
    """The draft of a new event like this one, on the same days."""
    return EventDraft(
        **{name: getattr(event, name) for name in SAME},
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        registration_opens_at=event.registration_opens_at,
        registration_closes_at=event.registration_closes_at,
        reference_prefix=event.reference_prefix,
        audiences=tuple(a.code for a in event.audiences),
        waves=tuple(_wave_from(wave) for wave in event.waves),
        spaces=spaces_of(event),
        stops=stops_of(event),
        transfers=transfers_of(event),
        apart=tuple(ApartDraft(*pair) for pair in event.apart),
    )


def spaces_of(event: EventRow, *, ids: bool = False) -> tuple[SpaceDraft, ...]:
    """Its spaces as drafts; with their ids, they are the event's own."""
    return tuple(
        SpaceDraft(s.name, s.capacity, s.directions_fr, s.directions_en, s.id if ids else None, s.stands)
        for s in event.spaces
    )


def stops_of(event: EventRow, *, ids: bool = False) -> tuple[StopDraft, ...]:
    """Its route as drafts."""
    return tuple(
        StopDraft(
            s.name_fr, s.minutes, s.name_en, s.text_fr, s.text_en, s.optional, s.space_name, s.id if ids else None,
            s.any_order, s.audiences, s.largest_team, s.box,
        )
        for s in event.stops
    )  # fmt: skip


def transfers_of(event: EventRow) -> tuple[TransferDraft, ...]:
    """Its minutes to walk, by the names of its spaces."""
    names = {space.id: space.name for space in event.spaces}
    return tuple(TransferDraft(names[t.low_space_id], names[t.high_space_id], t.minutes) for t in event.transfers)


def _wave_from(wave: WaveRow) -> WaveDraft:
    allotments = tuple(AllotmentDraft(a.audience, a.max_people, a.max_groups) for a in wave.allotments)
    return WaveDraft(
        wave.starts_at, wave.ends_at, wave.capacity, wave.place, wave.host, allotments, forecast=wave.forecast
    )


def first_day_of(draft: EventDraft | EventRow) -> date:
    """Its first day by the clocks of the place."""
    return draft.starts_at.astimezone(ZoneInfo(draft.timezone)).date()


def moved_by(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The instant so many days later at the same hour by the clocks, whether or not they change in between."""
    local = moment.astimezone(zone)
    return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone, fold=local.fold)


def shifted(draft: EventDraft, days: int) -> EventDraft:
    """The draft so many days later: event, waves and registration window keep their hours by the clocks."""
    zone = ZoneInfo(draft.timezone)

    def moved(moment: datetime | None) -> datetime | None:
        return None if moment is None else moved_by(moment, days, zone)

    starts_at, ends_at = _span_moved(draft.starts_at, draft.ends_at, days, zone)
    return replace(
        draft,
        starts_at=starts_at,
        ends_at=ends_at,
        registration_opens_at=moved(draft.registration_opens_at),
        registration_closes_at=moved(draft.registration_closes_at),
        waves=tuple(_wave_moved(wave, days, zone) for wave in draft.waves),
    )


def _wave_moved(wave: WaveDraft, days: int, zone: ZoneInfo) -> WaveDraft:
    starts_at, ends_at = _span_moved(wave.starts_at, wave.ends_at, days, zone)
    return replace(wave, starts_at=starts_at, ends_at=ends_at)


def _span_moved(starts_at: datetime, ends_at: datetime, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both ends at their hours. In the night when clocks change they may cross: then the length is kept instead."""
    starts, ends = moved_by(starts_at, days, zone), moved_by(ends_at, days, zone)
    if ends.timestamp() <= starts.timestamp():
        length = ends_at.astimezone(UTC) - starts_at.astimezone(UTC)
        return starts, (starts.astimezone(UTC) + length).astimezone(zone)
    return starts, ends


def next_title(title: str, before: date, after: date) -> str:
    """The title with the event's year made that of its copy: Forum 2026 → Forum 2027, saison 2026-2027 → 2027-2028.

    A year stands alone or in a pair that the event's year belongs to; other figures stay.
    """
    by = after.year - before.year

    def later(found: re.Match[str]) -> str:
        years = [int(text) for text in re.findall(r"\d{4}", found[0])]
        if before.year not in years:
            return found[0]
        return re.sub(r"\d{4}", lambda year: f"{int(year[0]) + by:04d}", found[0])

    return re.sub(r"(?<!\d)(?:19|20)\d{2}(?:\s*[-–/]\s*(?:19|20)\d{2})?(?!\d)", later, title)


def slug_stems(title: str, first_day: date, *, by_day: bool) -> tuple[str, str]:
    """Addresses to try in turn: with the year unless the title says it, and with the day. `by_day`: the day at once."""
    stem = slugify(title, limit=LONGEST_STEM) or "evenement"
    year = str(first_day.year)
    with_year = stem if year in stem.split("-") else f"{stem}-{year}"
    dated = f"{stem.removesuffix(f'-{year}')}-{first_day.isoformat()}"
    return (dated, dated) if by_day else (with_year, dated)


def copies_on(event: EventRow, days: Sequence[date]) -> list[CopyDraft]:
    """A copy for each of these days, in their order, the year of the titles replaced."""
    before = first_day_of(event)
    return [
        CopyDraft(day, next_title(event.title_fr, before, day), next_title(event.title_en, before, day))
        for day in sorted(set(days))
    ]
