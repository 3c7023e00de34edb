"""Figures in words: what a target counts, months, reasons, and figures beside their targets, line by line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.events.enums import Measure, ReasonUse
from app.events.queries import EventRow, list_audiences
from app.events.queries.reasons import labels_of_cancellations, list_reasons
from app.events.rules import places_together
from app.events.targets import TargetKey
from app.reports.queries.dashboard import Dashboard
from app.reports.queries.figures import Figures
from app.reports.queries.targets import Targets
from app.reports.rules import Progress, share
from app.reports.sums import NOTHING, Amount, Reasons, Sums, by_weight
from app.web.filters import date_by, number
from app.web.i18n import current_locale

MEASURE_LABELS = {
    Measure.REGISTERED: _l("People registered"),
    Measure.PRESENT: _l("People who came"),
    Measure.GROUPS: _l("Groups registered"),
}

Reached = Callable[[TargetKey], int]


@dataclass(frozen=True)
class TargetLine:
    """One target with what is reached of it."""

    label: str
    progress: Progress


@dataclass(frozen=True)
class DayLine:
    """One day of an event; `period` is its date as 2027-02-04."""

    period: str
    name: str
    places: int
    registered: int
    came: int
    targets: list[TargetLine]


@dataclass(frozen=True)
class ReasonLine:
    """One reason with its registrations and people; `percent` of all of them."""

    label: str
    amount: Amount
    percent: int


@dataclass(frozen=True)
class CalledOffLine:
    """One reason for which events were called off: how many, the people registered, `percent` of all these events."""

    code: str
    label: str
    events: int
    people: int
    percent: int


def audience_names(organiser_id: int, codes: Iterable[str]) -> dict[str, str]:
    """What the audiences of these codes are called, in the order of the organiser's list; an unknown code as it is."""
    locale, wanted = current_locale(), list(codes)
    known = {row.code: row.label(locale) for row in list_audiences(organiser_id)}
    order = [code for code in known if code in wanted] + sorted(set(wanted) - set(known))
    return {code: known.get(code, code) for code in order}


def period_words(period: str) -> str:
    """Jeudi 4 février 2027 for a day, Février 2027 for a month; what is neither as it stands."""
    try:
        day = date.fromisoformat(period if len(period) > len("2027-02") else f"{period}-01")
    except ValueError:
        return period
    text = date_by(day, "EEEE d MMMM y" if len(period) > len("2027-02") else "MMMM y")
    return text[:1].upper() + text[1:]


def short_month(period: str) -> str:
    """Févr. 2027 for 2027-02, under a column of a chart."""
    text = date_by(date.fromisoformat(f"{period}-01"), "MMM y")
    return text[:1].upper() + text[1:]


def event_reached(figures: Dashboard) -> Reached:
    """What an event has reached of any target."""

    def reached(key: TargetKey) -> int:
        if not key.period:
            sums = figures.by_audience.get(key.audience, NOTHING) if key.audience else figures.sums
            return sums.reached(key.measure)
        return sum(
            number
            for (day, audience, measure), number in figures.days.items()
            if day.isoformat() == key.period and measure is key.measure and key.audience in {"", audience}
        )

    return reached


def scope_reached(figures: Figures) -> Reached:
    """What the events of a project or a year have reached of any target."""

    def reached(key: TargetKey) -> int:
        found = figures.sums
        if key.audience and key.period:
            found = figures.parts.get((key.audience, key.period), NOTHING)
        elif key.period:
            found = figures.months.get(key.period, NOTHING)
        elif key.audience:
            found = figures.audiences.get(key.audience, NOTHING)
        return found.reached(key.measure)

    return reached


def day_lines(event: EventRow, figures: Dashboard, targets: Targets, names: Mapping[str, str]) -> list[DayLine]:
    """Each day of an event that has waves or a target: places, people registered, people who came, its targets."""
    zone, reached = ZoneInfo(event.timezone), event_reached(figures)
    places: dict[str, list[int]] = {}
    for wave in event.waves:
        day = wave.starts_at.astimezone(zone).date().isoformat()
        places.setdefault(day, []).append(wave.capacity)
    return [
        DayLine(
            day,
            period_words(day),
            places_together(event.enrolment, places.get(day, ())),
            reached(TargetKey(Measure.REGISTERED, period=day)),
            reached(TargetKey(Measure.PRESENT, period=day)),
            period_lines(targets, reached, day, names),
        )
        for day in sorted({*places, *(key.period for key in targets if key.period)})
    ]


def progress_of(targets: Targets, key: TargetKey, reached: Reached) -> Progress | None:
    """The figure beside its target; None where none is set."""
    return Progress(reached(key), targets[key]) if key in targets else None


def target_lines(targets: Targets, reached: Reached, *, audience: str = "", period: str = "") -> list[TargetLine]:
    """The targets of one audience and period, or of all, by what they count."""
    keys = [TargetKey(measure, audience, period) for measure in Measure]
    return [
        TargetLine(str(MEASURE_LABELS[key.measure]), Progress(reached(key), targets[key]))
        for key in keys
        if key in targets
    ]


def period_lines(targets: Targets, reached: Reached, period: str, names: Mapping[str, str]) -> list[TargetLine]:
    """The targets of a day or month: those of everybody, then those of each audience."""
    lines = target_lines(targets, reached, period=period)
    for code in sorted({key.audience for key in targets if key.audience and key.period == period}):
        lines += [
            TargetLine(
                _("%(audience)s: %(what)s", audience=names.get(code, code), what=line.label.lower()), line.progress
            )
            for line in target_lines(targets, reached, audience=code, period=period)
        ]
    return lines


def figures_context(
    organiser_id: int, figures: Dashboard | Figures, targets: Targets, reached: Reached
) -> dict[str, Any]:
    """What templates/manage/figures/_parts.html reads, of an event as of several."""
    sums = figures.sums
    return {
        "sums": sums,
        "could_come": figures.could_come,
        "aims": {measure.value: progress_of(targets, TargetKey(measure), reached) for measure in Measure},
        "has_targets": bool(targets),
        "any_audience_target": any(key.audience and not key.period for key in targets),
        "any_period_target": any(key.period for key in targets),
        "steps": funnel(sums, figures.could_come),
        "cancellations": cancel_lines(organiser_id, sums),
        "no_shows": no_show_lines(organiser_id, sums),
    }


def cancel_lines(organiser_id: int, sums: Sums) -> list[ReasonLine]:
    """Why registrations were cancelled, the most people first."""
    if not sums.cancelled:
        return []
    names = labels_of_cancellations(organiser_id)
    locale = current_locale()
    return _lines(sums.cancelled, {code: row.label(locale) for code, row in names.items()})


def no_show_lines(organiser_id: int, sums: Sums) -> list[ReasonLine]:
    """Why people did not come, the most people first."""
    if not sums.no_shows:
        return []
    locale = current_locale()
    rows = list_reasons(organiser_id, ReasonUse.NO_SHOW, retired=True)
    return _lines(sums.no_shows, {row.code: row.label(locale) for row in rows})


def _lines(reasons: Reasons, names: Mapping[str, str]) -> list[ReasonLine]:
    people = sum(amount.people for amount in reasons.values())
    return [
        ReasonLine(_named(code, names), amount, share(amount.people, people) or 0)
        for code, amount in by_weight(reasons)
    ]


def called_off_lines(organiser_id: int, figures: Figures) -> list[CalledOffLine]:
    """Why events were called off, the most events first."""
    found = figures.called_off
    if not found:
        return []
    names, events = why_called_off(organiser_id), sum(off.events for off in found.values())
    return [
        CalledOffLine(code, _named(code, names), off.events, off.people, share(off.events, events) or 0)
        for code, off in found.items()
    ]


def why_called_off(organiser_id: int) -> dict[str, str]:
    """The words of each reason for which events are called off, retired ones too."""
    locale = current_locale()
    return {row.code: row.label(locale) for row in list_reasons(organiser_id, ReasonUse.EVENT_CANCELLED, retired=True)}


def _named(code: str, names: Mapping[str, str]) -> str:
    return names.get(code, code) if code else str(_("No reason given"))


def funnel(sums: Sums, could_come: int) -> Sequence[tuple[str, int, int | None, str, float]]:
    """The steps so far: (name, people, of them sent by somebody, share in words, hundredths of the longest)."""
    steps = [
        (_("Sent by somebody"), sums.oriented, None, ""),
        (_("Registered"), sums.registered.people, sums.oriented_registered, _offered_words(sums)),
        (_("Came"), sums.came, sums.oriented_came, _share_words(sums, could_come)),
    ]
    longest = max(people for _name, people, _of, _words in steps) or 1
    return [(name, people, of, words, 100 * people / longest) for name, people, of, words in steps]


def _offered_words(sums: Sums) -> str:
    """How many of those who have a place have not said yet whether they take it."""
    people = sums.offered.people
    if not people:
        return ""
    return str(ngettext("%(people)s has not answered the offer of a place", "%(people)s have not answered the offer of a place",
                        people, people=number(people)))  # fmt: skip


def _share_words(sums: Sums, could_come: int) -> str:
    """Of those who could have come: whoever is registered for what has yet to begin is no absence."""
    percent = share(sums.came, could_come)
    if percent is None:
        return ""
    if could_come == sums.registered.people:
        return str(_("%(percent)s%% of those registered", percent=percent))
    return str(
        _("%(percent)s%% of the %(people)s registered for what has begun", percent=percent, people=number(could_come))
    )
