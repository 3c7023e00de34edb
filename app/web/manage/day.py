"""« Le jour J »: what is on and what comes next, delays, and groups that are not there. Used standing up, on a phone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.checkin.absent import Absence, give_back_now, list_absent, wait_longer
from app.checkin.queries import get_occupancy
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed, NotFound
from app.core.transaction import in_transaction
from app.events.enums import EventState
from app.events.queries import EventRow, SpaceRow, WaveRow
from app.events.route import begin_of
from app.flows.delays import DelayTooLong, Outcome, lateness, work_out
from app.flows.enums import DelayKind
from app.flows.errors import PlanBroken
from app.flows.operations import mark_late
from app.flows.operations.delaying import MOST_MINUTES, require_on
from app.flows.postponing import EventChanged
from app.flows.queries import PassageRow, find_plan_in_force, list_passages
from app.reports.queries.dashboard import get_wave_figures
from app.web.filters import hour, number
from app.web.guards import allows, current_actor, event_staff
from app.web.manage.copy_preview import day_words
from app.web.manage.day_words import Line, consequences
from app.web.manage.event_page import event_context, get_own_event, get_own_registration
from app.web.manage.plan_pictures import of_day
from app.web.manage.plan_words import name_of

blueprint = Blueprint("manage_day", __name__, url_prefix="/manage/events/<slug>/day")

MORE = (5, 10, 15)
GOING_ON = frozenset({EventState.PUBLISHED, EventState.CLOSED})
Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class WaveCard:
    """A wave of the day: `told` is its hour where it is another one by now; people expected and come."""

    wave: WaveRow
    begins: datetime
    stage: str
    expected: int
    came: int


@dataclass(frozen=True)
class SpaceCard:
    """A space now: who is in, who should be by the plan, and who comes next. `present` is None on another day than today."""

    space: SpaceRow
    present: int | None
    here: tuple[PassageRow, ...]
    coming: tuple[PassageRow, ...]


@blueprint.get("")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str) -> str:
    event, now = get_own_event(slug), clock.now()
    days, day = _days(event), _day(event, now, request.args.get("day", ""))
    plan = find_plan_in_force(event.id)
    passages = [p for p in of_day(list_passages(plan.id), day, event.timezone) if not p.gone] if plan else []
    today = day == now.astimezone(ZoneInfo(event.timezone)).date()
    return render_template(
        "manage/day/show.html",
        day=day,
        days=days,
        day_name=day_words,
        this_day=now.astimezone(ZoneInfo(event.timezone)).date(),
        today=today,
        leads=day == _day(event, now),
        waves=sorted(_waves(event, day, now), key=lambda card: card.stage == "past"),
        spaces=_spaces(event, passages, now) if today else _spaces_on(event, passages),
        late=[(kind, row) for kind, rows in _rows(event) for row in rows if row.late_minutes],
        more=MORE,
        most=MOST_MINUTES,
        takes=_takes(event, now) and allows(Ability.PROGRAMME_CHANGE),
        absent=list_absent(event, now=now) if today and allows(Ability.LIST_SEE) and event.state in GOING_ON else [],
        states=Absence,
        may_change=allows(Ability.REGISTRATIONS_CHANGE),
        may_scan=allows(Ability.DOOR),
        planned=plan is not None,
        group_name=name_of,
        **event_context(event, "day"),
    )


@blueprint.get("/late")
@event_staff(Ability.PROGRAMME_CHANGE)
def preview(slug: str) -> Answer:
    """What a delay means, in words, before anybody is told."""
    event, now = get_own_event(slug), clock.now()
    kind, of_id, minutes = _asked(event, request.args)
    try:
        require_on(event, now)
        outcome = work_out(event, kind, of_id, minutes, now)
    except MoveNotAllowed:
        return _refused(slug, _("Nothing can be late now: the event is not on."))
    except DelayTooLong:
        return _refused(
            slug, _("With such a delay not everybody is through on that day. Choose a shorter one, or plan anew.")
        )
    return _preview_page(event, kind, of_id, outcome)


@blueprint.post("/late")
@event_staff(Ability.PROGRAMME_CHANGE)
def confirm(slug: str) -> Answer:
    """Confirmed: it holds, and those concerned are told."""
    event = get_own_event(slug)
    kind, of_id, minutes = _asked(event, request.form)
    read = request.form.get("revision", "")
    revision = int(read) if read.isdecimal() and len(read) < 10 else 0
    try:
        done = in_transaction(
            lambda: mark_late(
                event.id, kind, of_id, minutes, by=current_actor(), now=clock.now(), revision=revision
            )
        )  # fmt: skip
    except EventChanged:
        flash(_("Somebody changed this event meanwhile. Look at what it means now."), "info")
        return redirect(f"/manage/events/{slug}/day/late?kind={kind.value}&of={of_id}&minutes={minutes}", 303)
    except (MoveNotAllowed, FieldError):
        return _refused(slug, _("Nothing can be late now: the event is not on."))
    except DelayTooLong:
        return _refused(
            slug, _("With such a delay not everybody is through on that day. Choose a shorter one, or plan anew.")
        )
    except PlanBroken:
        return _refused(slug, _("The plan of passages no longer fits this event. Plan anew, then say the delay again."))
    flash(_said(minutes, done.told, len(done.outcome.alone)), "ok")
    return redirect(f"/manage/events/{slug}/day{_day_of_wave(event, kind, of_id)}", 303)


@blueprint.post("/groups/<reference>/wait")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def wait(slug: str, reference: str) -> Response:
    event, registration = get_own_registration(slug, reference)
    try:
        until = in_transaction(lambda: wait_longer(registration.id, by=current_actor(), now=clock.now()))
        flash(_("Its places are kept until %(hour)s.", hour=hour(until, event.timezone)), "ok")
    except MoveNotAllowed:
        flash(_nothing(), "info")
    return redirect(f"/manage/events/{slug}/day#absent", 303)


@blueprint.post("/groups/<reference>/give-back")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def give_back(slug: str, reference: str) -> Response:
    _event, registration = get_own_registration(slug, reference)
    try:
        in_transaction(lambda: give_back_now(registration.id, by=current_actor(), now=clock.now()))
        flash(ngettext("%(num)d place is free again.", "%(num)d places are free again.", registration.people), "ok")
    except MoveNotAllowed:
        flash(_nothing(), "info")
    return redirect(f"/manage/events/{slug}/day#absent", 303)


def _nothing() -> str:
    return str(_("Nothing to do: this group came meanwhile, or gave its places back already."))


def _refused(slug: str, text: str) -> Response:
    flash(text, "info")
    return redirect(f"/manage/events/{slug}/day", 303)


def _asked(event: EventRow, sent: "dict[str, str]") -> tuple[DelayKind, int, int]:
    """Raises NotFound for what the event does not have, and for minutes that nobody can choose."""
    kind, of, minutes = (sent.get(name, "") for name in ("kind", "of", "minutes"))
    if kind not in set(DelayKind) or not all(n.isascii() and n.isdecimal() and len(n) < 10 for n in (of, minutes)):
        raise NotFound(f"delay {kind} {of}")
    rows = event.waves if kind == DelayKind.WAVE else event.spaces
    if all(row.id != int(of) for row in rows) or int(minutes) > MOST_MINUTES:
        raise NotFound(f"delay {kind} {of}")
    return DelayKind(kind), int(of), int(minutes)


def _preview_page(event: EventRow, kind: DelayKind, of_id: int, outcome: Outcome) -> str:
    lines, mails, calls = consequences(event, outcome)
    return render_template(
        "manage/day/late.html",
        kind=kind,
        of_id=of_id,
        minutes=outcome.minutes,
        before=lateness(event, kind, of_id),
        wave=event.wave(of_id) if kind is DelayKind.WAVE else None,
        space=next((s for s in event.spaces if s.id == of_id), None) if kind is DelayKind.SPACE else None,
        lines=lines or [Line("circle-check", _("Nobody’s hours move: there is enough time in between."))],
        mails=mails,
        calls=calls,
        broken=outcome.broken,
        ahead=_day_ahead(event, kind, of_id),
        day_name=day_words,
        **event_context(event, "day"),
    )


def _day_ahead(event: EventRow, kind: DelayKind, of_id: int) -> date | None:
    """The day that the delay is for, where that is not today."""
    zone, now = ZoneInfo(event.timezone), clock.now()
    wave = event.wave(of_id) if kind is DelayKind.WAVE else None
    day = _day(event, now) if wave is None else wave.starts_at.astimezone(zone).date()
    return None if day == now.astimezone(zone).date() else day


def _said(minutes: int, told: int, alone: int) -> str:
    what = str(_("The delay is noted.") if minutes else _("On time again: it is noted."))
    said = [what]
    if told:
        said.append(ngettext("%(num)d group is told.", "%(count)s groups are told.", told, count=number(told)))
    if alone:
        text = ngettext(
            "%(num)d person who comes alone is told.", "%(count)s people who come alone are told.", alone, count=number(alone)
        )  # fmt: skip
        said.append(text)
    return " ".join(said)


def _rows(event: EventRow) -> "tuple[tuple[str, tuple[WaveRow, ...]], tuple[str, tuple[SpaceRow, ...]]]":
    return ("wave", event.waves), ("space", event.spaces)


def _takes(event: EventRow, now: datetime) -> bool:
    return event.state in GOING_ON and not event.date_to_come and not event.is_over(now)


def _days(event: EventRow) -> list[date]:
    """The days that have waves; the first of the event where there is none."""
    zone = ZoneInfo(event.timezone)
    return sorted({wave.starts_at.astimezone(zone).date() for wave in event.waves}) or [
        event.starts_at.astimezone(zone).date()
    ]


def _day(event: EventRow, now: datetime, asked: str = "") -> date:
    """The day asked for, else today, or the next day with a wave; the last one once all are past."""
    days, today = _days(event), now.astimezone(ZoneInfo(event.timezone)).date()
    found = next((day for day in days if day.isoformat() == asked), None)
    return found or next((day for day in days if day >= today), days[-1])


def _day_of_wave(event: EventRow, kind: DelayKind, of_id: int) -> str:
    """What leads back to the day of a wave, where that is not the one that is shown by itself."""
    wave = event.wave(of_id) if kind is DelayKind.WAVE else None
    if wave is None:
        return ""
    day = wave.starts_at.astimezone(ZoneInfo(event.timezone)).date()
    return "" if day == _day(event, clock.now()) else f"?day={day.isoformat()}"


def _waves(event: EventRow, day: date, now: datetime) -> list[WaveCard]:
    zone, figures = ZoneInfo(event.timezone), get_wave_figures(event)
    own = [wave for wave in event.waves if wave.starts_at.astimezone(zone).date() == day]
    coming = min((begin_of(wave) for wave in event.waves if begin_of(wave) > now), default=None)
    found = []
    for wave in own:
        begins, ends = begin_of(wave), wave.ends_at + timedelta(minutes=wave.late_minutes)
        stage = "past" if ends <= now else "now" if begins <= now else "next" if begins == coming else "later"
        found.append(WaveCard(wave, begins, stage, figures[wave.id].expected, figures[wave.id].came))
    return found


def _spaces(event: EventRow, passages: list[PassageRow], now: datetime) -> list[SpaceCard]:
    present = {space.id: space.present for space in get_occupancy(event, now=now).spaces}
    found = []
    for space in event.spaces:
        own = [p for p in passages if p.space_id == space.id and p.ends_at > now]
        here = tuple(p for p in own if p.starts_at <= now)
        first = min((p.starts_at for p in own if p.starts_at > now), default=None)
        coming = tuple(p for p in own if p.starts_at == first)
        found.append(SpaceCard(space, present.get(space.id, 0), here, coming))
    return found


def _spaces_on(event: EventRow, passages: list[PassageRow]) -> list[SpaceCard]:
    """The spaces on another day than today: who comes first, where a plan says so."""
    found = []
    for space in event.spaces:
        own = [p for p in passages if p.space_id == space.id]
        first = min((p.starts_at for p in own), default=None)
        found.append(SpaceCard(space, None, (), tuple(p for p in own if p.starts_at == first)))
    return found
