"""Words of the public pages: audiences as people say them, days, durations, counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core.i18n import format_day
from app.events.audiences import AudienceRow
from app.events.enums import BuiltinAudience
from app.events.queries import EventRow, WaveRow
from app.registrations.papers import count_words
from app.registrations.queries import RegistrationRow
from app.web.filters import hour
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


def wave_day(event: EventRow, wave: WaveRow) -> str:
    return format_day(wave.starts_at, event.timezone, current_locale())


def wave_name(event: EventRow, wave: WaveRow, *, with_day: bool = True) -> str:
    """« jeudi 4 février à 9 h 40 », or the hour alone."""
    at = hour(wave.starts_at, event.timezone)
    return str(_("%(day)s at %(hour)s", day=wave_day(event, wave), hour=at)) if with_day else at


def when(event: EventRow, moment: datetime) -> str:
    """« mardi 12 janvier à 9 h 00 »."""
    day = format_day(moment, event.timezone, current_locale())
    return str(_("%(day)s at %(hour)s", day=day, hour=hour(moment, event.timezone)))


def headcount_words(registration: RegistrationRow, event: EventRow) -> str:
    """« 28 élèves + 2 adultes »; « 12 personnes » where nobody accompanies."""
    participants, companions = count_words(registration, event, current_locale())
    return f"{participants} + {companions}" if registration.companions else participants


def is_school(code: str) -> bool:
    return code == BuiltinAudience.SCHOOL
