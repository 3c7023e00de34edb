"""The organiser's events: the list, and the moves of one event."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_READ, Role
from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed, NotFound
from app.core.transaction import transaction
from app.events.enums import EventMove, EventState, ReasonUse
from app.events.errors import EventIncomplete, NotOver
from app.events.operations import move_event
from app.events.queries import EventLine, EventRow, get_places, list_events
from app.events.rules import allowed_moves
from app.registrations.operations import cancel_event_registrations
from app.reports.queries.registration_list import count_without_mail, get_totals
from app.reports.queries.without_mail import list_without_mail
from app.web.filters import number
from app.web.forms.events import KIND_LABELS
from app.web.forms.reasons import EventOffForm, reason_choices
from app.web.guards import (
    current_account,
    current_actor,
    current_organiser_id,
    event_staff,
    find_access,
    signed_in,
    staff,
)
from app.web.i18n import current_locale
from app.web.manage.event_boxes_words import boxes_called_off
from app.web.manage.event_page import event_context, get_own_event, may_manage
from app.web.public.words import when

LARGEST_ID = 2**31 - 1

blueprint = Blueprint("manage_events", __name__, url_prefix="/manage")

PAGE = 30
STATES = (EventState.DRAFT, EventState.PUBLISHED, EventState.CLOSED, EventState.ARCHIVED, EventState.CANCELLED)


@blueprint.get("/")
@signed_in
def home() -> Response:
    """Where a person's role begins: the list of events, or the doors; for a partner, what is entrusted to them."""
    access, account = find_access(), current_account()
    if access is None:
        return redirect("/manage/entrusted" if account.entrusted else "/manage/account")
    return redirect("/door/events" if access.role is Role.DOOR else "/manage/events")


@blueprint.get("/events")
@staff(MAY_READ)
def index() -> str:
    text = request.args.get("q", "").strip()[:100]
    chosen = [s for s in STATES if s.value in request.args.getlist("state")]
    found = list_events(current_organiser_id(), states=chosen or None, text=text, after=_cursor(), limit=PAGE + 1)
    events, more = found[:PAGE], len(found) > PAGE
    next_url = _page_url(after=_mark(events[-1])) if more else None
    return render_template(
        "manage/events/list.html",
        events=events,
        text=text,
        chosen=[s.value for s in chosen],
        states=STATES,
        kinds=KIND_LABELS,
        next_url=next_url,
        first_url=_page_url() if "after" in request.args else None,
        may_manage=may_manage(),
        now=clock.now(),
    )


def _mark(line: EventLine) -> str:
    return f"{line.starts_at.isoformat()}~{line.id}"


def _cursor() -> tuple[datetime, int] | None:
    """(starts_at, id) of the last event seen; what cannot be one starts from the beginning."""
    at, _sign, event_id = request.args.get("after", "").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        found = (moment.astimezone(UTC), int(event_id))
    except (ValueError, OverflowError):
        return None
    return found if moment.tzinfo is not None and abs(found[1]) <= LARGEST_ID else None


def _page_url(**values: str) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k in {"q", "state"} and v]
    query = urlencode([*kept, *values.items()])
    return f"/manage/events?{query}" if query else "/manage/events"


@blueprint.get("/events/<slug>/publish")
@event_staff(Ability.EVENT_MOVE)
def ask_publish(slug: str) -> str | Response:
    """Asks again before an event is published that is over, or whose registration is; any other is published from its settings."""
    event, now = get_own_event(slug), clock.now()
    _require_offered(event, EventMove.PUBLISH)
    again, closed = event.state is EventState.CLOSED, closed_words(event, now)
    if event.ends_at <= now:
        return render_template("manage/events/publish_past.html", again=again, **event_context(event, "edit"))
    if closed:
        context = event_context(event, "edit")
        return render_template("manage/events/publish_closed.html", again=again, closed_at=closed, **context)
    return redirect(f"/manage/events/{slug}/edit")


@blueprint.post("/events/<slug>/publish")
@event_staff(Ability.EVENT_MOVE)
def publish(slug: str) -> Response:
    event, now = get_own_event(slug), clock.now()
    asks = "past" if event.ends_at <= now else "closed" if closed_words(event, now) and not event.missing else ""
    if asks and asks not in request.form and EventMove.PUBLISH in allowed_moves(event.state):
        return redirect(f"/manage/events/{slug}/publish", 303)
    try:
        with transaction():
            move_event(event.id, EventMove.PUBLISH, by=current_actor(), now=now)
    except EventIncomplete as error:
        words = ", ".join(missing_word(name) for name in error.missing)
        flash(_("Not published yet. Still missing: %(what)s.", what=words), "waiting")
    except MoveNotAllowed:
        flash(_("Nothing to do: somebody changed this event meanwhile."), "info")
    else:
        flash(_published_words(event, now), "ok")
    return redirect(f"/manage/events/{slug}/edit")


def closed_words(event: EventRow, now: datetime) -> str:
    """When registration closed, where nobody could register any more though the event is not over; else nothing."""
    closes = event.registration_closes_at
    shut = closes is not None and closes <= now < event.ends_at and not event.date_to_come
    return str(when(event, closes)) if shut and closes is not None else ""


def _published_words(event: EventRow, now: datetime) -> str:
    """What publishing did, as far as it goes at that moment."""
    opens, closes = event.registration_opens_at, event.registration_closes_at
    if event.ends_at <= now:
        return str(_("It is published among the past events: people can see it, nobody can register."))
    if closes is not None and closes <= now:
        return str(
            _("It is published: people can see it. Registration closed already on %(when)s.", when=when(event, closes))
        )
    if opens is not None and opens > now:
        return str(_("It is published: people can see it, and register from %(when)s on.", when=when(event, opens)))
    return str(_("It is published: people can see it and register."))


def missing_word(name: str) -> str:
    """What an event lacks before it can be published, in words."""
    words = {"waves": _("a wave"), "audiences": _("an audience"), "place": _("a place or a link")}
    return str(words.get(name, name))


@blueprint.post("/events/<slug>/close")
@event_staff(Ability.EVENT_MOVE)
def close(slug: str) -> Response:
    event = get_own_event(slug)
    try:
        with transaction():
            move_event(event.id, EventMove.CLOSE, by=current_actor(), now=clock.now())
        flash(_("Registration is closed. Your team can still register people."), "ok")
    except MoveNotAllowed:
        flash(_("Nothing to do: somebody changed this event meanwhile."), "info")
    return redirect(f"/manage/events/{slug}/edit")


@blueprint.get("/events/<slug>/archive")
@event_staff(Ability.EVENT_MOVE)
def ask_archive(slug: str) -> str:
    event = get_own_event(slug)
    _require_offered(event, EventMove.ARCHIVE)
    return _archive_page(event, refused=not get_places(event).may_archive(event, clock.now()))


@blueprint.post("/events/<slug>/archive")
@event_staff(Ability.EVENT_MOVE)
def archive(slug: str) -> tuple[str, int] | Response:
    event = get_own_event(slug)
    try:
        with transaction():
            move_event(event.id, EventMove.ARCHIVE, by=current_actor(), now=clock.now())
    except NotOver:
        return _archive_page(event, refused=True), 409
    flash(_("The event is archived: everything can be read, nothing changed."), "ok")
    return redirect(f"/manage/events/{slug}")


def _archive_page(event: EventRow, *, refused: bool) -> str:
    """Asks again; `refused` while people are to come: says what to do instead."""
    waiting = get_places(event).taken if refused else 0
    return render_template(
        "manage/events/archive.html", waiting=waiting, boxes=boxes_called_off(event), **event_context(event, "edit")
    )


@blueprint.get("/events/<slug>/cancel")
@event_staff(Ability.EVENT_MOVE)
def ask_cancel(slug: str) -> str:
    event = get_own_event(slug)
    _require_offered(event, EventMove.CANCEL)
    return _cancel_page(event, _off_form(formdata=None))


@blueprint.post("/events/<slug>/cancel")
@event_staff(Ability.EVENT_MOVE)
def cancel(slug: str) -> str | tuple[str, int] | Response:
    event = get_own_event(slug)
    form: Any = _off_form()
    if not form.validate_on_submit():
        return _cancel_page(event, form), 422
    people = get_totals(event.id).people
    why = {"reason": form.reason.data, "code": form.code.data}
    try:
        with transaction():
            cancel_event_registrations(event.id, **why, by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _cancel_page(event, form), 422
    if people:
        told = ngettext(
            "The event is called off. %(num)d person is being told.",
            "The event is called off. %(people)s people are being told.", people, people=number(people),
        )  # fmt: skip
    else:
        told = _("The event is called off. Nobody was registered.")
    flash(told, "ok")
    return redirect(f"/manage/events/{slug}")


def _off_form(**kwargs: Any) -> EventOffForm:
    options = reason_choices(current_organiser_id(), ReasonUse.EVENT_CANCELLED, current_locale())
    return EventOffForm(options, **kwargs)


def _cancel_page(event: EventRow, form: EventOffForm) -> str:
    return render_template(
        "manage/events/cancel.html",
        form=form,
        totals=get_totals(event.id),
        without_mail=count_without_mail(event.id),
        silent=list_without_mail(event.id),
        boxes=boxes_called_off(event),
        **event_context(event, "edit"),
    )


def _require_offered(event: EventRow, move: EventMove) -> None:
    """A page that asks again exists only where the table of moves has the move. Raises NotFound."""
    if move not in allowed_moves(event.state):
        raise NotFound(f"{move} from {event.state}")
