"""The boxes of one event: what it uses, booking more, changing, swapping and giving back."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.queries import get_scenario_by_id, list_facilitators, list_scenarios
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.text import fold
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event
from app.events.queries.templates import find_origin
from app.loans.drafts import EventBoxesDraft
from app.loans.errors import (
    BookedAlready,
    BoxesAskedFor,
    EventBoxesChanged,
    EventBoxesNotFound,
    FacilitatorBusy,
    NoAccreditedFacilitator,
)
from app.loans.event_clashes import FreeForEvent, look_for_boxes
from app.loans.event_days import event_period, moved_period
from app.loans.operations.at_events import (
    book_event_boxes,
    change_event_boxes,
    end_event_boxes,
    try_event_boxes,
)
from app.loans.queries_events import EventBoxesRow, get_event_boxes, list_event_boxes, stands
from app.web.forms.event_boxes import EventBoxesForm, EventSwapForm, seen_of, values_of
from app.web.guards import allows, current_actor, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.loan_labels import period_words
from app.web.manage.event_boxes_swap import swap, swap_page
from app.web.manage.event_boxes_words import event_refusal_words, lines_in_the_way, who_has_them
from app.web.manage.event_page import event_context, get_own_event
from app.web.sendings import sending_of, with_key

blueprint = Blueprint("manage_event_boxes", __name__, url_prefix="/manage/events/<slug>/boxes")

Answer = str | tuple[str, int] | Response


class GivenBack(EventBoxesNotFound):
    """Boxes of this event that were given back meanwhile: somebody pressed twice, or has an old page."""


@blueprint.errorhandler(GivenBack)
def say_given_back(_error: GivenBack) -> Response:
    flash(_("These boxes are given back already."), "waiting")
    return redirect(f"/manage/events/{(request.view_args or {})['slug']}/boxes")


@blueprint.get("")
@event_staff(Ability.LENDING_SEE)
def show(slug: str) -> str:
    event, now = get_own_event(slug), clock.now()
    rows = list_event_boxes(event.id)
    former = [] if rows else _former(event)
    return render_template(
        "manage/event_boxes/show.html",
        rows=rows,
        former=former,
        origin=find_origin(event.id) if former else None,
        named_stops=[] if not allows(Ability.LENDING) else _named_stops(event, rows),
        periods={row.id: period_words(row.period) for row in [*rows, *former]},
        missing={row.id: row.missing(now) for row in rows},
        begun={row.id for row in rows if row.has_begun(now)},
        in_the_way={row.id: who_has_them(row) for row in rows if row.missing(now) and not row.nobody_may_run},
        busy={row.id: row.busy(now) for row in rows},
        over={row.id: row.is_over(now) for row in rows},
        stands=_stands(event),
        first_day=event_period(event).first.date.isoformat(),
        lends=allows(Ability.LENDING),
        has_scenarios=bool(list_scenarios(event.organiser_id)),
        **event_context(event, "boxes"),
    )


@blueprint.get("/new")
@event_staff(Ability.LENDING)
def new(slug: str) -> Answer:
    """`stop` or `scenario` choose these; `like` fills the form with what the event that this one is a copy of had."""
    event = get_own_event(slug)
    if not _stands(event):
        return redirect(_address(event))
    if not sending_of(request.args):
        return with_key()
    values = _beginning(event)
    form = _filled(EventBoxesForm(formdata=None, **values), event)
    return _form_page(form, event, None)


@blueprint.post("/new")
@event_staff(Ability.LENDING)
def book(slug: str) -> Answer:
    event = get_own_event(slug)
    form = _filled(EventBoxesForm(), event)
    return _write(form, event, None)


@blueprint.get("/<int:event_boxes_id>")
@event_staff(Ability.LENDING)
def edit(slug: str, event_boxes_id: int) -> Answer:
    event = get_own_event(slug)
    row = _own(event, event_boxes_id)
    if not _stands(event):
        return redirect(_address(event))
    return _form_page(_filled(EventBoxesForm(formdata=None, **values_of(row)), event, row), event, row)


@blueprint.post("/<int:event_boxes_id>")
@event_staff(Ability.LENDING)
def save(slug: str, event_boxes_id: int) -> Answer:
    event = get_own_event(slug)
    row = _own(event, event_boxes_id)
    return _write(_filled(EventBoxesForm(), event, row), event, row)


@blueprint.post("/<int:event_boxes_id>/end")
@event_staff(Ability.LENDING)
def end(slug: str, event_boxes_id: int) -> Response:
    event = get_own_event(slug)
    row, now = _own(event, event_boxes_id), clock.now()
    try:
        with transaction():
            end_event_boxes(row.id, by=current_actor(), now=now, seen=request.form.get("seen"))
    except EventBoxesChanged as error:
        flash(event_refusal_words(error.code), "waiting")
        return redirect(_address(event))
    begun = row.has_begun(now)
    flash(
        _("The boxes are given back: they are free for others.") if begun
        else _("The booking is cancelled: the boxes are free for others."), "ok",
    )  # fmt: skip
    return redirect(_address(event))


@blueprint.post("/<int:event_boxes_id>/retry")
@event_staff(Ability.LENDING)
def retry(slug: str, event_boxes_id: int) -> Response:
    event = get_own_event(slug)
    row = _own(event, event_boxes_id)
    try:
        with transaction():
            missing = try_event_boxes(row.id, by=current_actor(), now=clock.now())
    except Conflict as error:
        flash(event_refusal_words(error.code), "waiting")
        return redirect(_address(event))
    if missing:
        flash(ngettext("%(num)d box is still missing.", "%(num)d boxes are still missing.", missing), "waiting")
    else:
        flash(_("Nothing is missing any more."), "ok")
    return redirect(_address(event))


@blueprint.get("/<int:event_boxes_id>/swap/<code>")
@event_staff(Ability.LENDING)
def choose_swap(slug: str, event_boxes_id: int, code: str) -> Answer:
    event = get_own_event(slug)
    row = _own(event, event_boxes_id)
    if code not in row.box_codes or not _stands(event):
        return redirect(_address(event))
    return swap_page(EventSwapForm(formdata=None, seen=row.seen), event, row, code)


@blueprint.post("/<int:event_boxes_id>/swap/<code>")
@event_staff(Ability.LENDING)
def save_swap(slug: str, event_boxes_id: int, code: str) -> Answer:
    """`box` is the id of a free one, or also says whose it is, who gets this one in exchange (`other_text`)."""
    event = get_own_event(slug)
    row, form = _own(event, event_boxes_id), EventSwapForm()
    held = next((box for box in row.held if box.code == code), None)
    if held is None:
        flash(event_refusal_words("event_boxes_changed"), "waiting")
        return redirect(_address(event))
    if not form.validate_on_submit():
        return swap_page(form, event, row, code), 422
    try:
        swap(row, held, form)
    except EventBoxesChanged as error:
        flash(event_refusal_words(error.code), "waiting")
        return redirect(_address(event))
    except Conflict as error:
        form.form_errors.append(event_refusal_words(error.code))
        return swap_page(form, event, row, code), 422
    flash(_("%(code)s is swapped.", code=code), "ok")
    return redirect(_address(event))


def _write(form: EventBoxesForm, event: EventRow, row: EventBoxesRow | None) -> Answer:
    if not form.validate_on_submit():
        return _form_page(form, event, row), 422
    by, now, asked, look = current_actor(), clock.now(), 0, None
    try:
        draft = form.draft(event)
        with transaction():
            if row is None:
                book_event_boxes(draft, by=by, now=now, form=sending_of(request.form))
            else:
                change_event_boxes(row.id, draft, by=by, now=now, seen=seen_of(form))
    except BookedAlready:
        flash(_("This form was sent already, and its boxes are booked. To book more, open it anew."), "info")
        return redirect(_address(event))
    except EventBoxesChanged:
        return _changed_page(form, event, event_boxes_id=row.id if row else 0)
    except FieldError as error:
        form.show_loan_problems(error)
        return _form_page(form, event, row), 422
    except FacilitatorBusy as error:
        form.facilitators.errors = [_busy_words(error, event)]
        return _form_page(form, event, row), 422
    except NoAccreditedFacilitator:
        form.facilitators.errors = [_("Choose somebody who is accredited for this scenario on all these days.")]
        return _form_page(form, event, row), 422
    except Conflict as error:
        if isinstance(error, BoxesAskedFor):
            asked = error.asked
        else:
            form.form_errors.append(event_refusal_words(error.code))
        if error.code in {"no_box_free", "boxes_asked_for"}:
            look = _look(draft, row, now)
        return _form_page(form, event, row, asked=asked, look=look), 422
    flash(_("The boxes are kept for the event.") if row is None else _("Saved."), "ok")
    return redirect(_address(event))


def _look(draft: EventBoxesDraft, row: EventBoxesRow | None, now: datetime) -> FreeForEvent:
    held = [box.box_id for box in row.held] if row else []
    scenario = get_scenario_by_id(draft.scenario_id)
    return look_for_boxes(scenario, draft.period, now=now, but_ids=held, but_row_id=row.id if row else None)


def _changed_page(form: EventBoxesForm, event: EventRow, *, event_boxes_id: int) -> Answer:
    """Somebody changed the boxes meanwhile: what they are now, what was typed kept, to be sent again."""
    row = _own(event, event_boxes_id)
    form.seen.data = row.seen
    names = ", ".join(person.name for person in row.people) or _("nobody is named")
    now = _("%(boxes)s, %(when)s, %(names)s", boxes=ngettext("%(num)d box", "%(num)d boxes", row.boxes),
            when=period_words(row.period), names=names)  # fmt: skip
    form.form_errors.append(
        _("Somebody changed these boxes meanwhile. They are now: %(now)s. Save again to replace that.", now=now)
    )
    return _form_page(form, event, row), 409


def _busy_words(error: FacilitatorBusy, event: EventRow) -> str:
    if error.slug == event.slug:
        return str(
            _(
                "%(name)s runs other boxes of this event then. Choose somebody else, or other half-days.",
                name=error.name,
            )
        )
    title = error.title(current_locale())
    return str(
        _(
            "%(name)s runs boxes at “%(event)s” then. Choose somebody else, or other half-days.",
            name=error.name,
            event=title,
        )
    )


def _address(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/boxes"


def _own(event: EventRow, event_boxes_id: int) -> EventBoxesRow:
    """Raises EventBoxesNotFound for another event's, GivenBack for what was given back."""
    row = get_event_boxes(event_boxes_id)
    if row.event_id != event.id:
        raise EventBoxesNotFound(str(event_boxes_id))
    if row.ended_at is not None:
        raise GivenBack(str(event_boxes_id))
    return row


def _stands(event: EventRow) -> bool:
    return stands(event.state, date_to_come=event.date_to_come, deleted=False)


def _former(event: EventRow) -> list[EventBoxesRow]:
    """What the event that this one is a copy of uses or used, on this one's days and at its stops."""
    origin = find_origin(event.id)
    if origin is None or not origin.is_there:
        return []
    source = get_event(origin.slug, organiser_id=current_organiser_id())
    stops = {stop.name_fr: stop.id for stop in event.stops}
    return [
        replace(row, period=moved_period(row.period, source, event), stop_id=stops.get(row.stop_fr))
        for row in list_event_boxes(source.id)
    ]


def _named_stops(event: EventRow, rows: list[EventBoxesRow]) -> list[tuple[str, str, int]]:
    """Stops of the route that name a box and have none yet: name, what they name, id."""
    if not _stands(event):
        return []
    having, locale = {row.stop_id for row in rows}, current_locale()
    return [(stop.name(locale), stop.box, stop.id) for stop in event.stops if stop.box and stop.id not in having]


def _beginning(event: EventRow) -> dict[str, Any]:
    """What a new booking's form shows at first."""
    like = _number("like")
    row = next((former for former in _former(event) if former.id == like), None)
    if row is not None:
        return values_of(row)
    period = event_period(event)
    stop = next((stop for stop in event.stops if stop.id == _number("stop")), None)
    scenarios = list_scenarios(event.organiser_id)
    named = fold(stop.box) if stop else ""
    match = next((s for s in scenarios if named and named in {fold(s.code), fold(s.title_fr), fold(s.title_en)}), None)
    return {
        "scenario": match.id if match else _number("scenario"), "stop": str(stop.id) if stop else "",
        "first_day": period.first.date, "first_half": period.first.half.value, "last_day": period.last.date,
        "last_half": period.last.half.value,
    }  # fmt: skip


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _filled(form: EventBoxesForm, event: EventRow, row: EventBoxesRow | None = None) -> EventBoxesForm:
    scenarios = [s for s in list_scenarios(event.organiser_id) if s.boxes]
    if row is not None:
        scenarios = [s for s in scenarios if s.id == row.scenario_id] or [get_scenario_by_id(row.scenario_id)]
    day: date = row.period.first.date if row else event_period(event).first.date
    return form.fill(event, scenarios, list_facilitators(event.organiser_id), day, current_locale())


def _form_page(
    form: EventBoxesForm,
    event: EventRow,
    row: EventBoxesRow | None,
    *,
    asked: int = 0,
    look: FreeForEvent | None = None,
) -> str:
    return render_template(
        "manage/event_boxes/form.html",
        form=form,
        row=row,
        asked=asked,
        look=look,
        sending=sending_of(request.values),
        in_the_way=lines_in_the_way(look.in_the_way if look else ()),
        **event_context(event, "boxes"),
    )
