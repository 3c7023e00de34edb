"""Postponing an event: new dates or none yet, what it means, then it is done and everybody is told."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed, NotFound
from app.core.transaction import in_transaction
from app.events.cloning_days import note_of
from app.events.enums import EventMove, ReasonUse
from app.events.errors import PeopleCame
from app.events.queries import EventRow, Places, get_places
from app.events.rules import allowed_moves
from app.flows.date_mapping import NewDates, NewHours, asked_waves, to_local
from app.flows.postponing import EventChanged, Postponed, new_hours, postpone_event
from app.reports.queries.registration_list import get_totals
from app.reports.queries.unanswered import ToAsk, count_to_ask
from app.web.filters import hour, number
from app.web.forms.postponing import PostponeForm
from app.web.forms.reasons import reason_choices
from app.web.guards import current_actor, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.manage.copy_preview import day_words, note_words
from app.web.manage.event_boxes_words import boxes_moved, boxes_without_date
from app.web.manage.event_page import event_context, get_own_event
from app.web.public.words import first_capital, when

blueprint = Blueprint("manage_postponing", __name__, url_prefix="/manage/events/<slug>/postpone")

Answer = str | tuple[str, int] | Response
SATURDAY = 5
NOT_KEPT = frozenset({"csrf_token", "step"})


@dataclass(frozen=True)
class WaveChange:
    """One wave before and after, who has places in it, and what to look at."""

    was: str
    now: str
    people: int
    groups: int
    notes: tuple[str, ...]


@blueprint.get("")
@event_staff(Ability.EVENT_MOVE)
def ask(slug: str) -> str:
    event = _get(slug)
    form: Any = PostponeForm(formdata=None)
    form.revision.data = str(event.revision)
    return _form_page(event, form)


@blueprint.post("")
@event_staff(Ability.EVENT_MOVE)
def send(slug: str) -> Answer:
    """First what it means, then, confirmed, the new dates. Nothing is lost on the way back."""
    event = _get(slug)
    form: Any = PostponeForm()
    reasons = _reasons()
    step = request.form.get("step", "preview")
    if step == "edit" or not form.check(tuple(reasons)):
        return _form_page(event, form), 200 if step == "edit" else 422
    if form.revision.data != str(event.revision):
        return _changed_page(slug, form)
    dates = form.dates(event)
    try:
        hours = new_hours(event, dates, clock.now())
        if step != "confirm":
            return _preview_page(event, form, hours)
        done = _postpone(event, form, dates)
    except FieldError as error:
        form.show_dates_refusal(error)
        return _form_page(event, form), 422
    except EventChanged:
        return _changed_page(slug, form)
    except PeopleCame:
        form.form_errors.append(_("People were scanned at its doors: it took place. Copy it to other days instead."))
        return _form_page(event, form), 409
    except MoveNotAllowed:
        flash(_("Nothing to do: somebody changed this event meanwhile."), "info")
        return redirect(f"/manage/events/{slug}/edit", 303)
    flash(_said(_to_ask(event, hours).mails), "ok")
    return redirect(f"/manage/jobs/{done.job_id}", 303)


def _get(slug: str) -> EventRow:
    """Raises NotFound where the table of moves has no postponing."""
    event = get_own_event(slug)
    if EventMove.POSTPONE not in allowed_moves(event.state):
        raise NotFound(f"postpone from {event.state}")
    return event


def _reasons() -> dict[str, str]:
    return reason_choices(current_organiser_id(), ReasonUse.EVENT_POSTPONED, current_locale())


def _postpone(event: EventRow, form: Any, dates: NewDates) -> Postponed:
    read = str(form.revision.data)
    revision = int(read) if read.isdecimal() and len(read) < 10 else 0
    return in_transaction(
        lambda: postpone_event(
            event.id, dates, by=current_actor(), now=clock.now(), code=form.code.data, reason=form.reason.data or "",
            revision=revision,
        )
    )  # fmt: skip


def _said(mails: int) -> str:
    if not mails:
        return str(_("The event is postponed. Nobody has a mail address: call them."))
    return str(
        ngettext(
            "The event is postponed. %(num)d mail goes out.", "The event is postponed. %(count)s mails go out.", mails,
            count=number(mails),
        )
    )  # fmt: skip


def _to_ask(event: EventRow, hours: NewHours | None) -> ToAsk:
    return count_to_ask(event, asked_waves(event, hours, clock.now()))


def _changed_page(slug: str, form: Any) -> Answer:
    """Somebody changed the event meanwhile: what it is now, what was typed kept, to be sent again."""
    event = _get(slug)
    form.revision.data = str(event.revision)
    form.form_errors.append(_("Somebody changed this event meanwhile. Look at its dates, then send this again."))
    return _form_page(event, form), 409


def _form_page(event: EventRow, form: Any) -> str:
    form.offer(event, _reasons())
    return render_template(
        "manage/postponing/form.html",
        form=form,
        rows=list(zip(form.waves, [wave_row_name(event, row.form.id.data) for row in form.waves], strict=True)),
        first_day=to_local(event.starts_at, ZoneInfo(event.timezone)).date(),
        **event_context(event, "edit"),
    )


def wave_row_name(event: EventRow, wave_id: object) -> str:
    """« Jeudi 4 février à 9 h 40 », what the wave's hours are now."""
    wave = event.wave(int(wave_id)) if isinstance(wave_id, str) and wave_id.isdecimal() and len(wave_id) < 10 else None
    return first_capital(when(event, wave.starts_at)) if wave else str(_("Gone meanwhile"))


def _preview_page(event: EventRow, form: Any, hours: NewHours | None) -> str:
    totals, asked = get_totals(event.id), _to_ask(event, hours)
    return render_template(
        "manage/postponing/preview.html",
        kept=[(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT],
        hours=hours,
        changes=[] if hours is None else wave_changes(event, hours, get_places(event)),
        days=[] if hours is None else _day_notes(event, hours),
        totals=totals,
        asked=asked.registrations,
        mails=asked.mails,
        without_mail=asked.without_mail,
        boxes=boxes_without_date(event) if hours is None else boxes_moved(event, hours),
        why=_reasons().get(form.code.data, ""),
        words=(form.reason.data or "").splitlines(),
        closes=when(event, hours.closes_at) if hours and hours.closes_at else "",
        closed=bool(hours and hours.closes_at and hours.closes_at <= clock.now()),
        **event_context(event, "edit"),
    )


def wave_changes(event: EventRow, hours: NewHours, places: Places) -> list[WaveChange]:
    """Each wave from → to, in its old order."""
    now, found = clock.now(), []
    for wave in event.waves:
        starts, ends = hours.waves[wave.id]
        groups = sum(counted.groups for (wave_id, _code), counted in places.allotments.items() if wave_id == wave.id)
        notes = [_("This time is over.")] if ends <= now else []
        found.append(
            WaveChange(
                was=f"{first_capital(when(event, wave.starts_at))} – {hour(wave.ends_at, event.timezone)}",
                now=f"{first_capital(when(event, starts))} – {hour(ends, event.timezone)}",
                people=places.waves.get(wave.id, 0),
                groups=groups,
                notes=tuple(str(note) for note in notes),
            )
        )
    return found


def _day_notes(event: EventRow, hours: NewHours) -> list[tuple[str, str]]:
    """(day, what is particular about it) of the new days on which few people can come."""
    zone = ZoneInfo(event.timezone)
    days = {to_local(starts, zone).date() for starts, _ends in hours.waves.values()} or {
        to_local(hours.starts_at, zone).date()
    }
    return [(first_capital(day_words(day)), text) for day in sorted(days) if (text := _note(day))]


def _note(day: date) -> str:
    return note_words(note_of(day)) or (str(_("A Saturday")) if day.weekday() == SATURDAY else "")
