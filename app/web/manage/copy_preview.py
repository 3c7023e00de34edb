"""What a copy would be: its days with their waves, what is particular about them, when registration opens and closes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.i18n import format_day
from app.events.cloning import first_day_of
from app.events.cloning_days import DayNote, Holiday, keeps_weekday, note_of
from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.rules import places_together
from app.web.i18n import current_locale

HOLIDAY_LABELS = {
    Holiday.NEW_YEAR: _l("New Year’s Day"),
    Holiday.EASTER_MONDAY: _l("Easter Monday"),
    Holiday.LABOUR_DAY: _l("Labour Day, 1 May"),
    Holiday.VICTORY_DAY: _l("Victory Day, 8 May"),
    Holiday.ASCENSION: _l("Ascension Day"),
    Holiday.WHIT_MONDAY: _l("Whit Monday"),
    Holiday.NATIONAL_DAY: _l("National Day, 14 July"),
    Holiday.ASSUMPTION: _l("Assumption Day, 15 August"),
    Holiday.ALL_SAINTS: _l("All Saints’ Day"),
    Holiday.ARMISTICE: _l("Armistice Day, 11 November"),
    Holiday.CHRISTMAS: _l("Christmas Day"),
}


@dataclass(frozen=True)
class DayPreview:
    """A day of the copy. `note` is empty for a usual day; hours are instants, none on a day without waves."""

    day: date
    words: str
    note: str
    waves: int
    places: int
    first: datetime | None
    last: datetime | None
    lines: tuple[WaveDraft, ...]


@dataclass(frozen=True)
class CopyPreview:
    """`warnings` are whole sentences about the copy as a whole."""

    first_day: date
    timezone: str
    days: tuple[DayPreview, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    warnings: tuple[str, ...]


def preview_of(draft: EventDraft, *, before: int, now: datetime) -> CopyPreview:
    """`draft` is the copy; `before` the weekday (Monday is 0) on which its source began."""
    zone = ZoneInfo(draft.timezone)
    by_day: dict[date, list[WaveDraft]] = {day: [] for day in _ends_of(draft, zone)}
    for wave in draft.waves:
        by_day.setdefault(wave.starts_at.astimezone(zone).date(), []).append(wave)
    return CopyPreview(
        first_day=first_day_of(draft),
        timezone=draft.timezone,
        days=tuple(_day(day, by_day[day], draft.enrolment) for day in sorted(by_day)),
        opens_at=draft.registration_opens_at,
        closes_at=draft.registration_closes_at,
        warnings=tuple(_warnings(draft, before, now)),
    )


def note_words(note: DayNote) -> str:
    """« Dimanche », « Jour férié : Noël », or nothing."""
    if note.holiday is not None:
        return str(_("Public holiday: %(name)s", name=HOLIDAY_LABELS[note.holiday]))
    return str(_("A Sunday")) if note.sunday else ""


def day_words(day: date) -> str:
    """jeudi 4 février 2027."""
    return format_day(datetime.combine(day, time(12), ZoneInfo("UTC")), "UTC", current_locale(), year=True)


def weekday_words(weekday: int) -> str:
    """jeudi, for 3."""
    return day_words(date(2001, 1, 1) + timedelta(days=weekday)).split()[0]


def _ends_of(draft: EventDraft, zone: ZoneInfo) -> set[date]:
    """The days on which it begins and ends, if it has no waves that say more."""
    if draft.waves:
        return set()
    return {first_day_of(draft), draft.ends_at.astimezone(zone).date()}


def _day(day: date, waves: list[WaveDraft], enrolment: Enrolment) -> DayPreview:
    return DayPreview(
        day=day,
        words=day_words(day),
        note=note_words(note_of(day)),
        waves=len(waves),
        places=places_together(enrolment, [wave.capacity for wave in waves]),
        first=min((wave.starts_at for wave in waves), default=None),
        last=max((wave.ends_at for wave in waves), default=None),
        lines=tuple(sorted(waves, key=lambda wave: wave.starts_at)),
    )


def _warnings(draft: EventDraft, before: int, now: datetime) -> list[str]:
    said = []
    first = first_day_of(draft)
    if not keeps_weekday(date(2001, 1, 1) + timedelta(days=before), first):
        said.append(
            _(
                "Not the same day of the week: it began on a %(before)s, the copy begins on a %(after)s.",
                before=weekday_words(before), after=weekday_words(first.weekday()),
            )
        )  # fmt: skip
    if draft.ends_at <= now:
        said.append(_("These days are over: nobody could register."))
    elif draft.registration_closes_at is not None and draft.registration_closes_at <= now:
        said.append(_("Registration would be closed already: change when it closes in the settings."))
    return [str(text) for text in said]
