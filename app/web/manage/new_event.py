"""What each kind of event starts with, so that a new one needs few answers."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import BuiltinAudience as A
from app.events.enums import Enrolment, EventKind
from app.web.forms.timetable import at


class Shape(enum.StrEnum):
    """How people arrive: once for the whole event, in waves each day, or once each day."""

    WHOLE = "whole"
    WAVES = "waves"
    DAYS = "days"


@dataclass(frozen=True)
class KindDefaults:
    """What the form of a kind proposes; everything of it can be changed."""

    shape: Shape
    starts: time
    ends: time
    capacity: int
    audiences: tuple[str, ...]
    enrolment: Enrolment = Enrolment.ONE
    every: int = 40
    online: bool = False


_EVERYBODY = tuple(A)
_YOUNG = (A.SCHOOL, A.STUDENT, A.JOB_SEEKER)
_ADVISERS = (A.EMPLOYMENT_PRESCRIBER, A.GUIDANCE_PRESCRIBER)

DEFAULTS: dict[EventKind, KindDefaults] = {
    EventKind.FORUM: KindDefaults(Shape.WAVES, time(9), time(17), 60, _EVERYBODY),
    EventKind.INFORMATION_MEETING: KindDefaults(Shape.WHOLE, time(10), time(11, 30), 25, (A.JOB_SEEKER, *_ADVISERS)),
    EventKind.PRESCRIBERS_MORNING: KindDefaults(Shape.WHOLE, time(8, 30), time(11, 30), 20, _ADVISERS),
    EventKind.VISIT: KindDefaults(Shape.WHOLE, time(14), time(16), 30, (*_YOUNG, A.FAMILY)),
    EventKind.OPEN_WEEK: KindDefaults(
        Shape.WAVES, time(9), time(17), 15, (*_YOUNG, A.FAMILY), enrolment=Enrolment.SEVERAL, every=120
    ),
    EventKind.WEBINAR: KindDefaults(Shape.WHOLE, time(11), time(12), 100, (*_ADVISERS, A.PROFESSIONAL), online=True),
    EventKind.ROUND_TABLE: KindDefaults(Shape.WHOLE, time(17), time(19), 80, (A.PROFESSIONAL, *_ADVISERS)),
    EventKind.WORKSHOP: KindDefaults(Shape.WHOLE, time(9, 30), time(12), 12, (A.JOB_SEEKER, A.STUDENT)),
    EventKind.SPEED_DATING: KindDefaults(Shape.WAVES, time(9), time(12), 20, (A.JOB_SEEKER, A.STUDENT), every=30),
    EventKind.IDEATHON: KindDefaults(Shape.WHOLE, time(9), time(17), 100, (A.STUDENT, A.PROFESSIONAL)),
    EventKind.TRAINING: KindDefaults(
        Shape.DAYS, time(9), time(17), 16, (A.GUIDANCE_PRESCRIBER, A.PROFESSIONAL), enrolment=Enrolment.ALL
    ),
    EventKind.BRIEFING: KindDefaults(
        Shape.WHOLE, time(8, 30), time(9, 30), 40, (A.PROFESSIONAL, A.GUIDANCE_PRESCRIBER)
    ),
    EventKind.COMMITTEE: KindDefaults(Shape.WHOLE, time(14), time(16), 20, (A.PROFESSIONAL,)),
}


def make_draft(form: Any, kind: EventKind, timezone: str) -> EventDraft:
    """The draft that a valid NewEventForm asks for."""
    defaults, zone = DEFAULTS[kind], ZoneInfo(timezone)
    first = form.starts_day.data
    last = form.ends_day.data or first
    starts, ends = at(first, form.starts_hour.data, zone), at(last, form.ends_hour.data, zone)
    return EventDraft(
        title_fr=form.title_fr.data,
        title_en=form.title_en.data,
        kind=kind,
        starts_at=starts,
        ends_at=ends,
        timezone=timezone,
        audiences=tuple(form.audiences.data or ()),
        enrolment=defaults.enrolment,
        venue_name=form.venue_name.data or "",
        venue_commune=form.venue_commune.data or "",
        join_url=form.join_url.data or "",
        waves=_first_waves(form, defaults, starts, ends, zone),
    )


def _first_waves(
    form: Any, defaults: KindDefaults, starts: datetime, ends: datetime, zone: ZoneInfo
) -> tuple[WaveDraft, ...]:
    capacity = form.capacity.data
    if defaults.shape is Shape.WHOLE:
        return (WaveDraft(starts, ends, capacity),)
    first, last = starts.date(), ends.date()
    days = [first + timedelta(days=n) for n in range(max(0, min((last - first).days, 30)) + 1)]
    opens, shuts = form.starts_hour.data, form.ends_hour.data
    minutes = form.every.data or defaults.every
    spans = [(opens, shuts)] if defaults.shape is Shape.DAYS else slots(opens, shuts, minutes)
    return tuple(WaveDraft(at(d, a, zone), at(d, b, zone), capacity) for d in days for a, b in spans)


def slots(first: time, last: time, minutes: int, pause: tuple[time, time] | None = None) -> list[tuple[time, time]]:
    """Windows of so many minutes from `first`, the last one ending by `last`; those that touch the break are left out.

    After a break they go on from its end.
    """
    day = date(2000, 1, 1)
    start, end = datetime.combine(day, first), datetime.combine(day, last)
    step = timedelta(minutes=minutes)
    found: list[tuple[time, time]] = []
    while start + step <= end:
        if pause is not None and start.time() < pause[1] and (start + step).time() > pause[0]:
            start = datetime.combine(day, pause[1])
            continue
        found.append((start.time(), (start + step).time()))
        start += step
    return found


def slot_rows(days: Sequence[date], spans: Sequence[tuple[time, time]], capacity: int) -> list[dict[str, object]]:
    """The rows that a generator adds to the table of waves."""
    return [
        {"day": day, "starts_at": starts, "ends_at": ends, "capacity": capacity}
        for day in days
        for starts, ends in spans
    ]
