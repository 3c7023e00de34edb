"""What each kind of event starts with, so that a new one needs few answers."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core.i18n import format_day
from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import BuiltinAudience as A
from app.events.enums import Enrolment, EventKind
from app.events.library import KindDesign
from app.events.library_kinds import kind_design
from app.web.forms.base import choices
from app.web.forms.cloning import NewHostedForm, NewMeetingForm
from app.web.forms.events import NewDatesForm, NewEventForm, NewSpanForm, NewWavesForm
from app.web.forms.timetable import at
from app.web.i18n import current_locale
from app.web.manage.event_sections import as_id
from app.web.wording import message_for

LONGEST_NIGHT = timedelta(hours=14)
"""What ends on the next day within so many hours goes on through the night; longer, it opens on both days."""
MOST_DAYS = 31
SATURDAY = 5

Span = tuple[time, time]


class Shape(enum.StrEnum):
    """How people come: all at once, in waves each day, or to every one of some dates."""

    WHOLE = "whole"
    WAVES = "waves"
    DATES = "dates"


@dataclass(frozen=True)
class KindDefaults:
    """What the form of a kind proposes; everything of it can be changed.

    `enrolment` is for one that lasts one day; `repeated` for one that is held on several days and has one wave a day.
    `last_arrival` and `pause` shape the waves.
    """

    shape: Shape
    starts: time
    ends: time
    capacity: int
    audiences: tuple[str, ...]
    enrolment: Enrolment = Enrolment.ONE
    repeated: Enrolment = Enrolment.ONE
    every: int = 40
    last_arrival: time | None = None
    pause: Span | None = None
    online: bool = False


_EVERYBODY = tuple(A)
_YOUNG = (A.SCHOOL, A.STUDENT, A.JOB_SEEKER)
_ADVISERS = (A.EMPLOYMENT_PRESCRIBER, A.GUIDANCE_PRESCRIBER)

# The forum's hours, pause and places are those of October 2021: eight waves a day, the fullest of 77 people.
DEFAULTS: dict[EventKind, KindDefaults] = {
    EventKind.FORUM: KindDefaults(
        Shape.WAVES, time(9), time(17, 30), 80, _EVERYBODY, last_arrival=time(15, 30), pause=(time(11, 40), time(13, 30))
    ),
    EventKind.INFORMATION_MEETING: KindDefaults(Shape.WHOLE, time(10), time(11, 30), 25, (A.JOB_SEEKER, *_ADVISERS)),
    EventKind.PRESCRIBERS_MORNING: KindDefaults(Shape.WHOLE, time(8, 30), time(11, 30), 20, _ADVISERS),
    EventKind.VISIT: KindDefaults(Shape.WHOLE, time(14), time(16), 30, (*_YOUNG, A.FAMILY)),
    EventKind.OPEN_WEEK: KindDefaults(
        Shape.WAVES, time(9), time(17), 15, (*_YOUNG, A.FAMILY), enrolment=Enrolment.SEVERAL,
        repeated=Enrolment.SEVERAL, every=120, pause=(time(12), time(13)),
    ),
    EventKind.WEBINAR: KindDefaults(Shape.WHOLE, time(11), time(12), 100, (*_ADVISERS, A.PROFESSIONAL), online=True),
    EventKind.ROUND_TABLE: KindDefaults(Shape.WHOLE, time(17), time(19), 80, (A.PROFESSIONAL, *_ADVISERS)),
    EventKind.WORKSHOP: KindDefaults(
        Shape.WHOLE, time(9, 30), time(12), 12, (A.JOB_SEEKER, A.STUDENT), repeated=Enrolment.ALL
    ),
    EventKind.SPEED_DATING: KindDefaults(Shape.WAVES, time(9), time(12), 20, (A.JOB_SEEKER, A.STUDENT), every=30),
    EventKind.IDEATHON: KindDefaults(
        Shape.WHOLE, time(9), time(17), 100, (A.STUDENT, A.PROFESSIONAL), repeated=Enrolment.ALL
    ),
    EventKind.TRAINING: KindDefaults(
        Shape.DATES, time(9), time(17), 16, (A.GUIDANCE_PRESCRIBER, A.PROFESSIONAL),
        enrolment=Enrolment.ALL, repeated=Enrolment.ALL,
    ),
    EventKind.BRIEFING: KindDefaults(
        Shape.WHOLE, time(8, 30), time(9, 30), 40, (A.PROFESSIONAL, A.GUIDANCE_PRESCRIBER)
    ),
    EventKind.COMMITTEE: KindDefaults(Shape.WHOLE, time(14), time(16), 20, (A.PROFESSIONAL,)),
}  # fmt: skip

_FORMS: dict[Shape, type[NewEventForm]] = {
    Shape.WHOLE: NewSpanForm,
    Shape.WAVES: NewWavesForm,
    Shape.DATES: NewDatesForm,
}


_OWN_FORMS: dict[EventKind, type[NewEventForm]] = {
    EventKind.INFORMATION_MEETING: NewMeetingForm,
    EventKind.PRESCRIBERS_MORNING: NewHostedForm,
    EventKind.VISIT: NewHostedForm,
}


def form_of(kind: EventKind) -> type[NewEventForm]:
    """The form that asks for what this kind needs."""
    return _OWN_FORMS.get(kind) or _FORMS[DEFAULTS[kind].shape]


def proposed(kind: EventKind) -> dict[str, Any]:
    """What the form of this kind holds at first."""
    defaults = DEFAULTS[kind]
    values: dict[str, Any] = {
        "kind": kind.value, "starts_hour": defaults.starts, "ends_hour": defaults.ends, "capacity": defaults.capacity,
        "audiences": list(defaults.audiences), "every": defaults.every, "last_arrival": defaults.last_arrival,
    }  # fmt: skip
    if defaults.pause is not None:
        values |= {"pause_from": defaults.pause[0], "pause_until": defaults.pause[1]}
    if kind is EventKind.INFORMATION_MEETING:
        values |= {"expected": defaults.capacity, "capacity": None, "ends_hour": None}
    return values | {"brings": [part.value for part in kind_design(kind).parts()]}


def settled_design(form: Any, kind: EventKind) -> KindDesign | None:
    """What goes with the event that a form asks for, once what it leaves to its kind is filled in.

    None when the form goes back with a problem at its field.
    """
    if kind is EventKind.PRESCRIBERS_MORNING and not form.host.data and not form.venue_name.data:
        form.host.errors = [message_for("required")]
        return None
    if kind is not EventKind.INFORMATION_MEETING:
        return kind_design(kind)
    people = form.expected.data or form.capacity.data
    if people is None:
        form.expected.errors = [message_for("number")]
        return None
    design = kind_design(kind, people)
    form.capacity.data = form.capacity.data or people
    if form.ends_hour.data is None:
        ends = datetime.combine(date(2000, 1, 1), form.starts_hour.data) + timedelta(minutes=design.minutes)
        form.ends_hour.data = ends.time()
    return design


def span_days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, 31 at most; the first alone when the last comes before it."""
    return [first + timedelta(days=n) for n in range(max(0, min((last - first).days, MOST_DAYS - 1)) + 1)]


def usual_days(days: Sequence[date]) -> list[date]:
    """The days on which such an event is most likely open: no weekend, unless there is nothing else."""
    return [day for day in days if day.weekday() < SATURDAY] or list(days)


def is_night(days: Sequence[date], opens: time, shuts: time) -> bool:
    """Whether it goes on from the evening of the first day into the second."""
    if len(days) != 2 or shuts >= opens:
        return False
    return datetime.combine(days[1], shuts) - datetime.combine(days[0], opens) <= LONGEST_NIGHT


def asked_days(form: Any, kind: EventKind) -> list[date] | None:
    """The days on which a valid form's event is open; None when the form goes back: with a problem, or to ask which days."""
    if DEFAULTS[kind].shape is Shape.DATES:
        dates = sorted({day for day in form.dates.data if day})
        form.dates.errors = [] if dates else [message_for("date")]
        return dates or None
    first, last = form.starts_day.data, form.ends_day.data or form.starts_day.data
    wrong = "ends_before_start" if last < first else "too_many_days" if (last - first).days >= MOST_DAYS else ""
    if wrong:
        form.ends_day.errors = [message_for(wrong)]
        return None
    days = span_days(first, last)
    if len(days) <= 2:
        return days
    return _ticked(form, days)


def _ticked(form: Any, days: Sequence[date]) -> list[date] | None:
    """Of many days those ticked; None when the form has not asked about them yet, and now does."""
    if form.offered.data != _span_name(form):
        form.offered.data, form.days.data = _span_name(form), [day.isoformat() for day in usual_days(days)]
        return None
    found = [day for day in days if day.isoformat() in (form.days.data or ())]
    form.days.errors = [] if found else [message_for("choice")]
    return found or None


def offer_days(form: Any) -> None:
    """The days between the first and the last to tick, once the form asked about them."""
    if "offered" in form and form.offered.data and form.offered.data == _span_name(form):
        days = span_days(form.starts_day.data, form.ends_day.data)
        form.days.choices = day_choices(days)


def day_choices(days: Sequence[date]) -> Any:
    """Days to tick, by their dates."""
    noon = {day: datetime.combine(day, time(12), UTC) for day in days}
    return choices({day.isoformat(): format_day(at, "UTC", current_locale()) for day, at in noon.items()})


def _span_name(form: Any) -> str:
    return f"{form.starts_day.data}~{form.ends_day.data}"


def make_draft(form: Any, kind: EventKind, days: Sequence[date], timezone: str) -> EventDraft:
    """The draft that a valid form asks for, open on these days."""
    defaults, zone = DEFAULTS[kind], ZoneInfo(timezone)
    opens, shuts = form.starts_hour.data, form.ends_hour.data
    waves: tuple[WaveDraft, ...]
    night = is_night(days, opens, shuts)
    starts, ends = at(days[0], opens, zone), at(days[-1], shuts, zone)
    if night:
        waves = (WaveDraft(starts, ends, form.capacity.data),)
    else:
        spans = _spans(form, defaults)
        waves = tuple(WaveDraft(at(d, a, zone), at(d, b, zone), form.capacity.data) for d in days for a, b in spans)
    return EventDraft(
        title_fr=form.title_fr.data,
        title_en=form.title_en.data,
        kind=kind,
        starts_at=starts,
        ends_at=ends,
        timezone=timezone,
        audiences=tuple(form.audiences.data or ()),
        enrolment=defaults.repeated if len(days) > 1 and not night else defaults.enrolment,
        venue_name=form.venue_name.data or "",
        venue_commune=form.venue_commune.data or "",
        join_url=form.join_url.data or "",
        project_id=as_id(form.project.data),
        waves=waves,
    )


def _spans(form: Any, defaults: KindDefaults) -> list[Span]:
    """The windows of one day: its waves, or the whole of it."""
    opens, shuts = form.starts_hour.data, form.ends_hour.data
    if defaults.shape is not Shape.WAVES:
        return [(opens, shuts)]
    minutes = form.every.data or defaults.every
    pause = (form.pause_from.data, form.pause_until.data) if form.pause_from.data and form.pause_until.data else None
    return slots(opens, last_end(form.last_arrival.data, minutes, shuts), minutes, pause)


def last_end(last_arrival: time | None, minutes: int, shuts: time) -> time:
    """When the last wave ends: the one that begins at the last arrival, else with the event."""
    if last_arrival is None:
        return shuts
    return min(shuts, (datetime.combine(date(2000, 1, 1), last_arrival) + timedelta(minutes=minutes)).time())


def slots(first: time, last: time, minutes: int, pause: Span | None = None) -> list[Span]:
    """Windows of so many minutes from `first`, the last one ending by `last`; those that touch the break are left out.

    After a break they go on from its end.
    """
    day = date(2000, 1, 1)
    start, end = datetime.combine(day, first), datetime.combine(day, last)
    step = timedelta(minutes=minutes)
    found: list[Span] = []
    while start + step <= end:
        if pause is not None and start.time() < pause[1] and (start + step).time() > pause[0]:
            start = datetime.combine(day, pause[1])
            continue
        found.append((start.time(), (start + step).time()))
        start += step
    return found


def slot_rows(days: Sequence[date], spans: Sequence[Span], capacity: int) -> list[dict[str, object]]:
    """The rows that a generator adds to the table of waves."""
    return [
        {"day": day, "starts_at": starts, "ends_at": ends, "capacity": capacity}
        for day in days
        for starts, ends in spans
    ]
