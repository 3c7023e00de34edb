"""The dashboard of one event: how many are coming, who is here, and what to look at now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.accounts.rules import Ability
from app.core import clock
from app.core.i18n import format_day
from app.core.text import shown_phone as phone
from app.events.enums import EDITABLE, Enrolment
from app.events.queries import EventRow, WaveRow
from app.events.rules import places_together
from app.events.targets import event_scope
from app.loans.queries_events import list_event_boxes
from app.registrations.enums import AgeBand, Gender
from app.reports.queries.dashboard import BIN, Dashboard, get_dashboard
from app.reports.queries.statistics import NO, YES, get_declared_totals
from app.reports.queries.targets import Targets, list_targets
from app.reports.rules import Point, PointKind, was_called_off
from app.reports.sums import NOTHING, Sums
from app.web.filters import date_by, hour, number, phone_link
from app.web.guards import allows, current_access, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event, may_manage, shown_state
from app.web.manage.event_sections import local
from app.web.manage.figure_words import (
    Reached,
    TargetLine,
    audience_names,
    day_lines,
    event_reached,
    figures_context,
    target_lines,
    why_called_off,
)

blueprint = Blueprint("manage_dashboard", __name__, url_prefix="/manage/events")

WIDEST_CHART = 12
BEFORE = timedelta(hours=12)
"""How long before an event begins its page shows who is there; once it is over it no longer does."""
QUESTION_LABELS = {
    "gender": _l("Gender"),
    "age_band": _l("Age"),
    "priority_neighbourhood": _l("Priority neighbourhood (QPV)"),
    "rural_zone": _l("Rural zone (ZRR)"),
    "recognised_disability": _l("Recognised disability (RQTH)"),
}
ANSWER_LABELS = {
    Gender.WOMAN.value: _l("Women"),
    Gender.MAN.value: _l("Men"),
    Gender.OTHER.value: _l("Other"),
    AgeBand.UNDER_16.value: _l("Under 16"),
    AgeBand.FROM_16_TO_29.value: _l("16 to 29"),
    AgeBand.FROM_30_TO_54.value: _l("30 to 54"),
    AgeBand.FROM_55.value: _l("55 and over"),
    YES: _l("Yes"),
    NO: _l("No"),
}


@blueprint.get("/<slug>")
@event_staff(Ability.FIGURES_SEE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    now = clock.now()
    figures = get_dashboard(event, now=now)
    targets, reached = list_targets(event.organiser_id, event_scope(event.id)), event_reached(figures)
    names = audience_names(
        event.organiser_id, {*figures.by_audience, *(key.audience for key in targets if key.audience)}
    )
    days = _days(event, figures)
    own_days = {local(w.starts_at, event.timezone).date() for w in event.waves}
    chosen = _chosen_day(days, own_days, local(now, event.timezone).date())
    waves = [w for w in event.waves if local(w.starts_at, event.timezone).date() == chosen]
    context = event_context(event, "dashboard")
    return render_template(
        "manage/events/dashboard.html",
        figures=figures,
        audiences=_audience_lines(event, figures, targets, reached, names),
        day_lines=day_lines(event, figures, targets, names),
        limited=any(_places_for(event, code) is not None for code in figures.by_audience),
        days=[(day.isoformat(), _day_words(day, event)) for day in days],
        chosen=chosen.isoformat() if chosen else "",
        chosen_words=_day_words(chosen, event) if chosen else "",
        occupancy=figures.places.occupancy(event),
        places_head=_("Places, all waves together") if event.enrolment is Enrolment.SEVERAL else _("Places"),
        all_places_of_waves=_all_places(event),
        waves=waves,
        wave_chart=_wave_chart(event, figures, waves, now) if 0 < len(waves) <= WIDEST_CHART else None,
        arrivals=_arrivals(event, figures, chosen),
        points=[
            *(_lacking(event, now) if context["uses_boxes"] else ()),
            *(_in_words(point, event, slug) for point in figures.points if _is_shown(point)),
        ],
        statistics=get_declared_totals(event.id) if event.asks_statistics else None,
        question_labels=QUESTION_LABELS,
        answer_labels=ANSWER_LABELS,
        running=shown_state(event) == "running",
        called_off=_called_off(event),
        live=_is_live(event, figures, now),
        may_tell_no_shows=allows(Ability.REGISTRATIONS_CHANGE),
        may_aim=allows(Ability.EVENT_MOVE) and event.state in EDITABLE,
        **figures_context(event.organiser_id, figures, targets, reached),
        **context,
    )


def _is_live(event: EventRow, figures: Dashboard, now: datetime) -> bool:
    """Whether who is there now is worth a figure."""
    near = event.starts_at - BEFORE <= now or figures.sums.present > 0
    return near and not figures.over and not event.date_to_come


def _called_off(event: EventRow) -> tuple[str, str] | None:
    """Why it was called off: what is counted, and what people read. None unless it was."""
    if not was_called_off(event.state, event.cancel_code, event.cancel_reason):
        return None
    words = why_called_off(event.organiser_id).get(event.cancel_code, event.cancel_code)
    return (str(_("Called off: %(reason)s", reason=words)) if words else str(_("Called off"))), event.cancel_reason


@dataclass(frozen=True)
class AudienceLine:
    """One audience: `places` are None where no wave limits it."""

    code: str
    name: str
    sums: Sums
    places: int | None
    targets: list[TargetLine]


def _audience_lines(
    event: EventRow, figures: Dashboard, targets: Targets, reached: Reached, names: dict[str, str]
) -> list[AudienceLine]:
    """The event's audiences in their order, then those that have people or a target all the same."""
    codes = [*figures.by_audience, *(code for code in names if code not in figures.by_audience)]
    return [
        AudienceLine(
            code,
            names.get(code, code),
            figures.by_audience.get(code, NOTHING),
            _places_for(event, code),
            target_lines(targets, reached, audience=code),
        )
        for code in codes
    ]


def _all_places(event: EventRow) -> int:
    """What the column of places adds up to: people, or places in all waves where one person may hold several."""
    of_waves = places_together(event.enrolment, [wave.capacity for wave in event.waves])
    return of_waves if event.enrolment is Enrolment.SEVERAL else min(of_waves, event.capacity or of_waves)


def _places_for(event: EventRow, code: str) -> int | None:
    """What the waves together hold of an audience that at least one of them limits."""
    limits = [(wave.capacity, wave.allotment(code)) for wave in event.waves]
    if all(limit is None or limit.max_people is None for _capacity, limit in limits):
        return None
    held = [capacity if limit is None or limit.max_people is None else limit.max_people for capacity, limit in limits]
    return places_together(event.enrolment, held)


def _days(event: EventRow, figures: Dashboard) -> list[date]:
    """Local days that have a wave or an arrival."""
    moments = [w.starts_at for w in event.waves] + [at for at, _people in figures.arrivals]
    return sorted({local(moment, event.timezone).date() for moment in moments})


def _day_words(day: date, event: EventRow) -> str:
    """With its year where that is not one of the event's."""
    years = {local(moment, event.timezone).year for moment in (event.starts_at, event.ends_at)}
    return str(date_by(day, "EEEE d MMMM" if day.year in years else "EEEE d MMMM y"))


def _chosen_day(days: Sequence[date], own_days: Collection[date], today: date) -> date | None:
    """The day asked for, else the event's day today, else its next one to come, else the first.

    A day without waves, on which somebody practised at the door, is shown only when it is asked for.
    """
    asked = request.args.get("day", "")
    for day in days:
        if day.isoformat() == asked:
            return day
    days = [day for day in days if day in own_days] or days
    return next((day for day in days if day >= today), days[0] if days else None)


def _wave_chart(event: EventRow, figures: Dashboard, waves: Sequence[WaveRow], now: datetime) -> dict[str, object]:
    """Labels and series of the columns: come, not arrived of waves that began, to come of those that did not."""
    came: list[int | None] = []
    missing: list[int | None] = []
    coming: list[int | None] = []
    for wave in waves:
        f = figures.waves[wave.id]
        begun = wave.starts_at <= now
        came.append(f.came if begun or f.came else None)
        missing.append(max(0, f.expected - f.came) if begun else None)
        coming.append(max(0, f.expected - f.came) if not begun else None)
    series = [
        {"name": _("Came"), "values": came, "style": "solid"},
        {"name": _("Not arrived"), "values": missing, "style": "hatched"},
        {"name": _("To come"), "values": coming, "style": "dashed"},
    ]
    shown = [s for s in series if any(v is not None for v in s["values"])] or series[2:]
    return {
        "labels": [hour(w.starts_at, event.timezone) for w in waves],
        "series": shown,
        "rows": [(_("Places"), [w.capacity for w in waves])],
    }


@dataclass(frozen=True)
class ArrivalColumn:
    """Ten minutes of the arrivals chart, placed in hundredths of its width and height."""

    label: str
    people: int
    x: float
    width: float
    height: float


@dataclass(frozen=True)
class ArrivalChart:
    """Columns from the first arrival of the day to the last; `hours` are (label, x) of full hours, `rows` the table."""

    columns: tuple[ArrivalColumn, ...]
    hours: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, tuple[int, ...], int], ...]
    total: int
    busiest: ArrivalColumn


def _arrivals(event: EventRow, figures: Dashboard, chosen: date | None) -> ArrivalChart | None:
    """The day's arrivals in columns of ten minutes; None while nobody has come."""
    mine = {at: people for at, people in figures.arrivals if local(at, event.timezone).date() == chosen}
    if not mine:
        return None
    first, last = min(mine), max(mine)
    bins = [first + n * BIN for n in range(int((last - first) / BIN) + 1)]
    most, width = max(mine.values()), 100 / max(len(bins), 6)
    columns = tuple(
        ArrivalColumn(hour(at, event.timezone), mine.get(at, 0), n * width, width, 100 * mine.get(at, 0) / most)
        for n, at in enumerate(bins)
    )
    hours = tuple((hour(at, event.timezone), n * width) for n, at in enumerate(bins) if at.minute == 0)
    rows = []
    start = first.replace(minute=0)
    while start <= last:
        counts = tuple(mine.get(start + n * BIN, 0) for n in range(6))
        rows.append((hour(start, event.timezone), counts, sum(counts)))
        start += timedelta(hours=1)
    return ArrivalChart(columns, hours, tuple(rows), sum(mine.values()), max(columns, key=lambda c: c.people))


@dataclass(frozen=True)
class PointWords:
    """A point as the page says it: its sign, one sentence, one more, and one action."""

    icon: str
    kind: str
    title: str
    text: str = ""
    action: str | None = None
    href: str | None = None


def _is_shown(point: Point) -> bool:
    """Whether the point is for this person: people's names, and the team's own work, are not for every partner."""
    if point.kind is PointKind.LATE_GROUP:
        return allows(Ability.PEOPLE_SEE)
    if point.kind in {PointKind.MAILS_FAILED, PointKind.JOBS_DEAD}:
        return current_access().role is not None
    return True


def _lacking(event: EventRow, now: datetime) -> list[PointWords]:
    """Boxes that the event wants and does not have."""
    missing = sum(row.missing(now) for row in list_event_boxes(event.id))
    if not missing:
        return []
    title = ngettext("%(num)d box is missing", "%(num)d boxes are missing", missing)
    return [PointWords("package", "danger", title, "", _("See the boxes"), f"/manage/events/{event.slug}/boxes")]


def _in_words(point: Point, event: EventRow, slug: str) -> PointWords:
    base = f"/manage/events/{slug}"
    if point.kind is PointKind.LATE_GROUP and point.group is not None:
        return _late_words(point, event, base)
    if point.kind is PointKind.SPACE_FULL:
        title = _("%(space)s is full", space=point.name) if point.number >= point.limit else _(
            "%(space)s is nearly full", space=point.name
        )  # fmt: skip
        text = _("%(present)s people for %(limit)s places.", present=point.number, limit=point.limit)
        return PointWords("alert-triangle", "danger", title, text, _("See the spaces"), "#spaces")
    if point.kind is PointKind.MAILS_FAILED:
        title = ngettext("%(num)d mail did not leave", "%(num)d mails did not leave", point.number)
        text = _("The address is wrong, or the mail server refused it.")
        return PointWords(
            "mail-off", "danger", title, text, _("See the mails"), f"/manage/events/{slug}/messages?state=failed"
        )
    if point.kind is PointKind.JOBS_DEAD:
        title = ngettext("%(num)d piece of work stopped", "%(num)d pieces of work stopped", point.number)
        text = _("It was tried several times. Nothing is lost: start it again.")
        link = (_("See the work"), "/manage/jobs?state=dead") if may_manage() else (None, None)
        return PointWords("alert-circle", "danger", title, text, *link)
    if point.kind is PointKind.OFFERS:
        title = ngettext(
            "%(num)d offer of places waits for an answer", "%(num)d offers of places wait for an answer", point.number
        )
        seen = allows(Ability.LIST_SEE)
        link = (_("See the offers"), f"{base}/waiting?show=offers") if seen else (None, None)
        return PointWords("hand-click", "waiting", title, "", *link)
    if point.kind is PointKind.WAITING:
        title = ngettext(
            "%(num)d person on the waiting list", "%(people)s people on the waiting list", point.number,
            people=number(point.number),
        )  # fmt: skip
        seen = allows(Ability.LIST_SEE)
        link = (_("See who is waiting"), f"{base}/waiting") if seen else (None, None)
        return PointWords("hourglass", "waiting", title, "", *link)
    return _wave_words(point, event, base)


def _wave_words(point: Point, event: EventRow, base: str) -> PointWords:
    assert point.wave is not None
    wave = point.wave
    link = (
        (_("See who is coming"), f"{base}/registrations?wave={wave.id}") if allows(Ability.LIST_SEE) else (None, None)
    )
    when = _("%(day)s, %(hour)s", day=_day(wave.starts_at, event), hour=hour(wave.starts_at, event.timezone))
    if point.kind is PointKind.WAVES_FULL:
        if point.number == 1:
            return PointWords("users", "info", _("%(wave)s is full", wave=when), "", *link)
        title = ngettext("%(num)d wave is full", "%(num)d waves are full", point.number)
        return PointWords("users", "info", title, _("The next one: %(wave)s.", wave=when), _("See the waves"), "#waves")
    left = ngettext("%(num)d place left.", "%(num)d places left.", point.number)
    return PointWords("users", "waiting", _("%(wave)s is nearly full", wave=when), left, *link)


def _late_words(point: Point, event: EventRow, base: str) -> PointWords:
    group = point.group
    assert group is not None
    text = _(
        "%(headcount)s people, expected at %(hour)s. %(name)s", headcount=f"{group.participants} + {group.companions}",
        hour=hour(group.expected_at, event.timezone), name=group.contact_name,
    )  # fmt: skip
    title = _("%(group)s has not arrived", group=group.label)
    if group.contact_phone:
        call = _("Call %(number)s", number=phone(group.contact_phone))
        return PointWords("clock-exclamation", "waiting", title, text, call, phone_link(group.contact_phone))
    link = f"{base}/registrations/{group.reference}"
    return PointWords("clock-exclamation", "waiting", title, text, _("See the registration"), link)


def _day(moment: datetime, event: EventRow) -> str:
    day = format_day(moment, event.timezone, current_locale())
    return day[:1].upper() + day[1:]
