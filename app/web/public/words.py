"""Words of the public pages: audiences as people say them, days, hours, durations, counts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import clock
from app.core.i18n import format_day, format_span
from app.events.audiences import AudienceRow
from app.events.calendars import Opening, openings
from app.events.enums import BuiltinAudience, Enrolment
from app.events.queries import EventRow, WaveRow
from app.registrations.papers import count_words
from app.registrations.queries import RegistrationRow
from app.web.filters import date_by, hour
from app.web.i18n import current_locale

COMING_AS = {
    "school": _l("with a class"),
    "student": _l("as a student"),
    "job_seeker": _l("looking for work"),
    "employment_prescriber": _l("as an employment adviser"),
    "guidance_prescriber": _l("as a careers adviser"),
    "family": _l("as a family or alone"),
    "professional": _l("as a professional"),
}
INVITED = {
    "school": _l("classes"),
    "student": _l("students"),
    "job_seeker": _l("people looking for work"),
    "employment_prescriber": _l("employment advisers"),
    "guidance_prescriber": _l("careers advisers"),
    "family": _l("families"),
    "professional": _l("professionals"),
}
MOST_NAMED = 3
COLUMN_HEADS = {
    "school": _l("Classes"),
    "job_seeker": _l("Looking for work"),
    "family": _l("Families"),
}


def coming_as(audience: AudienceRow) -> str:
    """What follows « You come… »."""
    return str(COMING_AS.get(audience.code) or audience.label(current_locale()))


def column_head(audience: AudienceRow) -> str:
    """The head of the column that says what is left for an audience."""
    return str(COLUMN_HEADS.get(audience.code) or audience.label(current_locale()))


def invited(audiences: Iterable[AudienceRow]) -> str:
    """« For classes, people looking for work, families »."""
    names = [str(INVITED.get(a.code) or a.label(current_locale())) for a in audiences]
    return _("For %(audiences)s", audiences=", ".join(names)) if names else ""


def invited_shortly(audiences: Sequence[AudienceRow]) -> str:
    """As `invited`, for a list: beyond three audiences only their number is told."""
    more = len(audiences) - MOST_NAMED
    if more < 2:
        return invited(audiences)
    names = [str(INVITED.get(a.code) or a.label(current_locale())) for a in audiences[:MOST_NAMED]]
    return str(
        ngettext(
            "For %(audiences)s and %(num)s more audience", "For %(audiences)s and %(num)s more audiences", more,
            audiences=", ".join(names),
        )
    )  # fmt: skip


def listed(parts: Sequence[str]) -> str:
    """« 11 h 00, 12 h 00 et 15 h 30 »."""
    if len(parts) < 2:
        return "".join(parts)
    return str(_("%(first)s and %(last)s", first=", ".join(parts[:-1]), last=parts[-1]))


def first_capital(text: str) -> str:
    """« Jeudi 4 février »: only the first letter changes."""
    return text[:1].upper() + text[1:]


def duration(minutes: int) -> str:
    """45 min, 2 h, 1 h 30."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(_("%(minutes)s min", minutes=rest))
    if not rest:
        return str(_("%(hours)s h", hours=hours))
    return str(_("%(hours)s h %(minutes)s", hours=hours, minutes=f"{rest:02d}"))


def people(number: int) -> str:
    """« 30 personnes »."""
    return str(ngettext("%(num)s person", "%(num)s people", number))


def day_words(moment: datetime, timezone: str) -> str:
    """« jeudi 4 février »; with the year where it is not the current one, « jeudi 4 février 2027 »."""
    zone = ZoneInfo(timezone)
    other_year = moment.astimezone(zone).year != clock.now().astimezone(zone).year
    return format_day(moment, timezone, current_locale(), year=other_year)


def wave_day(event: EventRow, wave: WaveRow) -> str:
    """As `day_words`."""
    return day_words(wave.starts_at, event.timezone)


def wave_name(event: EventRow, wave: WaveRow, *, with_day: bool = True) -> str:
    """« jeudi 4 février à 9 h 40 », or the hour alone."""
    at = hour(wave.starts_at, event.timezone)
    return str(_("%(day)s at %(hour)s", day=wave_day(event, wave), hour=at)) if with_day else at


def when(event: EventRow, moment: datetime) -> str:
    """« mardi 12 janvier à 9 h 00 », with the year where it is not the current one."""
    day = day_words(moment, event.timezone)
    return str(_("%(day)s at %(hour)s", day=day, hour=hour(moment, event.timezone)))


MOST_DAYS_NAMED = 4


def event_days(event: EventRow, *, year: bool = True) -> str:
    """« 4 et 5 février 2027 »; days that do not follow each other one by one: « 17 et 22 décembre 2026 ».

    Without `year`, the last one is left out: where it stands above already.
    """
    text = _event_days(event)
    return text if year else re.sub(r" \d{4}$", "", text)


def _event_days(event: EventRow) -> str:
    locale, days = current_locale(), openings(event)
    first, last = days[0], days[-1]
    if len(days) == 1:
        return format_day(first.starts_at, event.timezone, locale, year=True)
    apart = (last.day - first.day).days != len(days) - 1
    if apart and len(days) <= MOST_DAYS_NAMED:
        return listed([_day_number(day.day, last.day if day is not last else None) for day in days])
    return format_span(first.starts_at, last.starts_at, event.timezone, locale)


def _day_number(day: date, last: date | None) -> str:
    """« 17 », « 25 novembre », « 22 décembre 2026 »: what the last day of the list says is not said before."""
    pattern = "d MMMM y"
    if last is not None and day.year == last.year:
        pattern = "d" if day.month == last.month else "d MMMM"
    return date_by(day, pattern)


def event_hours(event: EventRow, *, weekdays: bool = True) -> str:
    """« de 9 h 00 à 17 h 30 »; with the weekdays where there are several, each with its own hours where they differ."""
    days, zone = openings(event), ZoneInfo(event.timezone)
    if len(days) == 1:
        return _from_to(event, days[0].starts_at, days[0].ends_at)
    names = [format_day(day.starts_at, event.timezone, current_locale()).split(" ")[0] for day in days]
    hours = {_hours_of(day, zone) for day in days}
    if len(hours) > 1:
        if len(days) > MOST_DAYS_NAMED or not weekdays:
            return str(_("hours differ from day to day"))
        parts = (_from_to(event, day.starts_at, day.ends_at) for day in days)
        return ", ".join(_("%(day)s %(hours)s", day=n, hours=h) for n, h in zip(names, parts, strict=True))
    starts, ends = event.starts_at.astimezone(zone).time(), event.ends_at.astimezone(zone).time()
    opens, shuts = hours.pop()
    said = starts <= opens and shuts <= ends  # what the organiser says of each day, where it holds for each
    span = (
        _from_to(event, event.starts_at, event.ends_at) if said else _from_to(event, days[0].starts_at, days[0].ends_at)
    )
    return str(_("%(days)s, %(hours)s", days=_weekdays(days, names), hours=span)) if weekdays else span


def _weekdays(days: Sequence[Opening], names: Sequence[str]) -> str:
    """« jeudi et vendredi », « du lundi au vendredi »."""
    followed = (days[-1].day - days[0].day).days == len(days) - 1
    if len(days) > 2 and followed:
        return str(_("from %(first)s to %(last)s", first=names[0], last=names[-1]))
    return listed(list(dict.fromkeys(names)))


def _hours_of(day: Opening, zone: ZoneInfo) -> tuple[time, time]:
    return day.starts_at.astimezone(zone).time(), day.ends_at.astimezone(zone).time()


def _from_to(event: EventRow, starts_at: datetime, ends_at: datetime) -> str:
    starts, ends = hour(starts_at, event.timezone), hour(ends_at, event.timezone)
    return str(_("from %(start)s to %(end)s", start=starts, end=ends))


@dataclass(frozen=True)
class TimeWords:
    """What pages say of an event's hours: people arrive somewhere, or connect from where they are."""

    heading: str
    hint: str
    question: str
    column: str
    label: str


def time_words(event: EventRow) -> TimeWords:
    """The one source of these words: « Quand arriver ? », or « Quand se connecter ? » where the event is online."""
    online = event.is_online
    column = _("Start") if online else _("Arrival")
    if event.enrolment is Enrolment.ALL:
        hint = _("They go together: you register for all of them at once.")
        return TimeWords(_("The dates"), hint, _("The dates"), column, _("The dates"))
    if event.enrolment is Enrolment.SEVERAL:
        heading = _("When to connect?") if online else _("When to come?")
        question = _("When do you connect?") if online else _("When do you come?")
        return TimeWords(heading, _("You may choose several times."), question, column, _("Your times"))
    hint = _("Choose the time that suits you.")
    if event.stops and not online:
        hint = _("Each group arrives at its own time: nobody waits, no space is crowded.")
    return TimeWords(
        _("When to connect?") if online else _("When to arrive?"),
        hint,
        _("At what time do you connect?") if online else _("At what time do you arrive?"),
        column,
        _("Start time") if online else _("Arrival time"),
    )


def continue_words(event: EventRow, wave: WaveRow | None) -> str:
    """What the button to go on says: « Continuer avec 9 h 40 » where an hour is chosen."""
    if wave is None:
        return str(_("Continue"))
    return str(_("Continue with %(hour)s", hour=hour(wave.starts_at, event.timezone)))


def headcount_words(registration: RegistrationRow, event: EventRow) -> str:
    """« 28 élèves + 2 adultes »; « 12 personnes » where nobody accompanies."""
    participants, companions = count_words(registration, event, current_locale())
    return f"{participants} + {companions}" if registration.companions else participants


def is_school(code: str) -> bool:
    return code == BuiltinAudience.SCHOOL
