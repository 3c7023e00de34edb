"""Deleting registrations and events, and the bin from which they come back for 30 days."""

from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response
from wtforms import BooleanField

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability, Access
from app.checkin.queries import get_whereabouts
from app.checkin.traces import has_come
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import in_transaction
from app.events.enums import EDITABLE, ReasonUse
from app.events.errors import AudienceFull, EventNotFound, EventReadOnly, PeopleCame, WaveFull
from app.events.operations import delete_event, restore_event
from app.events.parts import Moved, NotBack
from app.events.queries import EventRow
from app.events.rules import allowed_moves, tells_when_deleted
from app.registrations.errors import AlreadyRegistered, RegistrationForgotten, RegistrationNotFound
from app.registrations.operations import delete_registration, restore_registration
from app.registrations.queries import get_registration
from app.reports.queries.bin import PAGE as PAGE_LENGTH
from app.reports.queries.bin import (
    BinKind,
    BinLine,
    BinPage,
    find_binned_reference,
    get_binned_line,
    get_not_back,
    list_bin,
)
from app.reports.queries.registration_list import count_without_mail, get_totals
from app.reports.queries.without_mail import list_without_mail
from app.web.filters import number
from app.web.forms.base import PageForm
from app.web.forms.events import KIND_LABELS
from app.web.forms.reasons import EventGoneForm, reason_choices
from app.web.guards import current_access, current_actor, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.event_boxes_words import boxes_deleted, boxes_restored
from app.web.manage.event_page import event_context, get_own_event, get_own_registration
from app.web.public.words import wave_name

blueprint = Blueprint("manage_bin", __name__, url_prefix="/manage")

LONGEST_TEXT = 100
Answer = str | tuple[str, int] | Response


class DeleteRegistrationForm(PageForm):
    """Whether the person is told: off by default, for what is deleted is mostly a slip or a trial."""

    notify = BooleanField(_l("Tell the person by mail that their registration is cancelled"))


# --- One registration -----------------------------------------------------------------------------------------------


@blueprint.get("/events/<slug>/registrations/<reference>/delete")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask_delete_registration(slug: str, reference: str) -> str:
    event, registration = get_own_registration(slug, reference)
    if event.state not in EDITABLE:
        raise EventReadOnly
    _inside, came = get_whereabouts(event, registration.id, now=clock.now())
    return render_template(
        "manage/bin/delete_registration.html",
        form=DeleteRegistrationForm(formdata=None),
        registration=registration,
        came=came.people,
        here=f"/manage/events/{event.slug}/registrations/{registration.reference}",
        **event_context(event, "registrations"),
    )


@blueprint.post("/events/<slug>/registrations/<reference>/delete")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def delete_one(slug: str, reference: str) -> Response:
    event, registration = get_own_registration(slug, reference)
    form: Any = DeleteRegistrationForm()
    now, by = clock.now(), current_actor()
    in_transaction(lambda: delete_registration(registration.id, by=by, now=now, notify=bool(form.notify.data)))
    _flash_undo(
        _("The registration of %(who)s is deleted.", who=registration.holder),
        f"/manage/events/{event.slug}/bin/{registration.reference}/restore",
    )
    return redirect(f"/manage/events/{event.slug}/registrations")


@blueprint.get("/events/<slug>/bin")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def of_event(slug: str) -> str:
    event = get_own_event(slug)
    text, page = _text(), _page_number()
    found = list_bin(_access_to(event), now=clock.now(), text=text, page=page)
    return render_template(
        "manage/bin/event.html",
        not_back=_not_back_words(event, get_not_back(event.id), found),
        **_list_context(found, text, None, page, f"/manage/events/{event.slug}/bin"),
        **event_context(event, "registrations"),
    )


@blueprint.post("/events/<slug>/bin/<reference>/restore")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def restore_one(slug: str, reference: str) -> Response:
    event, now, by = get_own_event(slug), clock.now(), current_actor()
    registration_id = find_binned_reference(_access_to(event), event.id, reference, now=now)
    if registration_id is None:
        return _restored_meanwhile(slug, reference)
    back = "/manage/bin" if "all" in request.form else f"/manage/events/{slug}/bin"
    try:
        in_transaction(lambda: restore_registration(registration_id, by=by, now=now))
    except (WaveFull, AudienceFull) as error:
        flash(_("It stays in the bin. %(why)s", why=_full_words(event, error)), "waiting")
        return redirect(back)
    except AlreadyRegistered as error:
        flash(_("It stays in the bin: %(why)s", why=_same_words(error.registration_id)), "waiting")
        return redirect(back)
    except (EventReadOnly, RegistrationForgotten) as error:
        flash(_("It stays in the bin. %(why)s", why=_closed_words(isinstance(error, RegistrationForgotten))), "waiting")
        return redirect(back)
    except RegistrationNotFound:
        return _restored_meanwhile(slug, reference)
    flash(_("It is back, as it was."), "ok")
    return redirect(f"/manage/events/{slug}/registrations/{reference}")


def _restored_meanwhile(slug: str, reference: str) -> Response:
    """Somebody else was first; else there is no such registration. Raises RegistrationNotFound."""
    _event, registration = get_own_registration(slug, reference)
    flash(_("Nothing to do: it is back already."), "info")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


# --- One event ------------------------------------------------------------------------------------------------------


@blueprint.get("/events/<slug>/delete")
@event_staff(Ability.EVENT_MOVE)
def ask_delete_event(slug: str) -> str:
    event = get_own_event(slug)
    return _delete_page(event, _gone_form(event, formdata=None))


@blueprint.post("/events/<slug>/delete")
@event_staff(Ability.EVENT_MOVE)
def delete_whole(slug: str) -> Answer:
    event, now, by = get_own_event(slug), clock.now(), current_actor()
    form: Any = _gone_form(event)
    if not form.validate_on_submit() and not has_come(event.id):
        return _delete_page(event, form), 422
    why = {"reason": form.reason.data or "", "code": form.code.data or "" if form.asked else ""}
    try:
        moved = in_transaction(lambda: delete_event(event.id, by=by, now=now, **why))
    except FieldError as error:
        form.show_refusal(error)
        return _delete_page(event, form), 422
    except PeopleCame:
        return _delete_page(event, form), 409
    told = moved.people if _tells(event, now) else 0
    words = _("“%(title)s” is deleted.", title=event.title(current_locale()))
    if told:
        words = ngettext(
            "“%(title)s” is deleted. %(num)d person is being told.",
            "“%(title)s” is deleted. %(people)s people are being told.",
            told, title=event.title(current_locale()), people=number(told),
        )  # fmt: skip
    _flash_undo(words, f"/manage/bin/events/{event.id}/restore")
    return redirect("/manage/events")


def _gone_form(event: EventRow, **kwargs: Any) -> EventGoneForm:
    options = reason_choices(current_organiser_id(), ReasonUse.EVENT_CANCELLED, current_locale())
    return EventGoneForm(options, asked=_tells(event, clock.now()), **kwargs)


def _tells(event: EventRow, now: datetime) -> bool:
    return tells_when_deleted(event.state, event.ends_at, now, date_to_come=event.date_to_come)


def _delete_page(event: EventRow, form: EventGoneForm) -> str:
    came = has_come(event.id)
    told = _tells(event, clock.now())
    return render_template(
        "manage/events/delete.html",
        form=form,
        came=came,
        told=told,
        totals=get_totals(event.id),
        without_mail=count_without_mail(event.id) if told else 0,
        silent=list_without_mail(event.id) if told else (),
        moves={move.value for move in allowed_moves(event.state)},
        boxes=boxes_deleted(event),
        **event_context(event, "edit"),
    )


@blueprint.get("/bin")
@staff(MAY_MANAGE)
def index() -> str:
    text, page = _text(), _page_number()
    kind = next((kind for kind in BinKind if kind.value == request.args.get("kind")), None)
    found = list_bin(current_access(), now=clock.now(), kind=kind, text=text, page=page)
    return render_template(
        "manage/bin/list.html", kinds=KIND_LABELS, **_list_context(found, text, kind, page, "/manage/bin")
    )


@blueprint.get("/bin/events/<int:event_id>/restore")
@staff(MAY_MANAGE)
def ask_restore_event(event_id: int) -> str:
    line = get_binned_line(current_access(), event_id, now=clock.now())
    if line is None:
        raise EventNotFound(str(event_id))
    return render_template(
        "manage/bin/restore_event.html", line=line, kinds=KIND_LABELS, boxes=boxes_restored(event_id)
    )


@blueprint.post("/bin/events/<int:event_id>/restore")
@staff(MAY_MANAGE)
def restore_whole(event_id: int) -> Response:
    now, by = clock.now(), current_actor()
    line = get_binned_line(current_access(), event_id, now=now)
    if line is None:
        raise EventNotFound(str(event_id))
    moved = in_transaction(lambda: restore_event(event_id, by=by, now=now))
    flash(_restored_words(line, moved), "ok")
    base = f"/manage/events/{line.event_slug}"
    if not moved.not_back:
        return redirect(base)
    left = len(moved.not_back)
    flash(
        ngettext(
            "%(num)d registration could not come back: see why below.",
            "%(num)d registrations could not come back: see why below.",
            left,
        ),
        "waiting",
    )
    return redirect(f"{base}/bin")


def _restored_words(line: BinLine, moved: Moved) -> str:
    if not moved.registrations:
        return str(_("“%(title)s” is back, as it was.", title=line.title(current_locale())))
    return str(
        ngettext(
            "“%(title)s” is back with its registration.",
            "“%(title)s” is back with its %(count)s registrations.",
            moved.registrations,
            title=line.title(current_locale()),
            count=number(moved.registrations),
        )
    )


# --- What both share ------------------------------------------------------------------------------------------------


def _flash_undo(text: str, url: str) -> None:
    """A message with a button that takes it back at once; templates/layouts/base.html shows it."""
    flash({"text": str(text), "url": url}, "undo")  # type: ignore[arg-type]  # any JSON is kept as it is


def _access_to(event: EventRow) -> Access:
    """What the person holds, narrowed to this event."""
    return replace(current_access(), organiser_id=current_organiser_id(), event_id=event.id)


def _text() -> str:
    return " ".join(request.args.get("q", "").split())[:LONGEST_TEXT]


def _page_number() -> int:
    text = request.args.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _list_context(found: BinPage, text: str, kind: BinKind | None, page: int, here: str) -> dict[str, Any]:
    def url(**changes: Any) -> str:
        values = {"kind": kind.value if kind else "", "q": text, **changes}
        query = urlencode([(name, value) for name, value in values.items() if value])
        return f"{here}?{query}" if query else here

    now = clock.now()
    return {
        "page": found,
        "here": here,
        "text": text,
        "kind": kind,
        "all_url": here,
        "kind_urls": {None: url(kind=""), **{k.value: url(kind=k.value) for k in BinKind}},
        "prev_url": url(page=page - 1 if page > 2 else "") if page > 1 else None,
        "next_url": url(page=page + 1) if page * PAGE_LENGTH < found.total else None,
        "stays_words": {(line.kind, line.id): _closed_words(line.forgotten) for line in found.lines if line.stays},
        "days_left": {(line.kind, line.id): _days_left(line.gone_at, now) for line in found.lines},
    }


def _days_left(gone_at: datetime, now: datetime) -> int:
    return max(0, ceil((gone_at - now).total_seconds() / 86_400))


def _full_words(event: EventRow, error: WaveFull | AudienceFull) -> str:
    """Which wave is full, in words."""
    if error.wave_id is None:
        return str(_("The event as a whole is full."))
    wave = event.wave(error.wave_id)
    if wave is None:
        return str(_("This time is no longer offered."))
    if isinstance(error, AudienceFull):
        return str(_("%(wave)s has no more places for this audience.", wave=wave_name(event, wave)))
    return str(_("%(wave)s does not have enough places left.", wave=wave_name(event, wave)))


def _closed_words(forgotten: bool) -> str:
    if forgotten:
        return str(_("Their name was erased."))
    return str(_("This event is archived or called off: it takes no registrations any more."))


def _same_words(registration_id: int) -> str:
    try:
        reference = get_registration(registration_id).reference
    except NotFound:
        return str(_("the same person is registered again."))
    return str(_("the same person is registered again, as %(reference)s.", reference=reference))


def _not_back_words(event: EventRow, left: dict[int, NotBack], found: BinPage) -> dict[int, str]:
    """Why a registration did not come back with its event, for those that are still in the bin."""
    words = {}
    for line in found.lines:
        why = left.get(line.id)
        if why is None:
            continue
        if why.code == AlreadyRegistered.code:
            words[line.id] = str(_("The same person is registered again."))
        else:
            error: WaveFull | AudienceFull = WaveFull(why.wave_id)
            if why.code == AudienceFull.code and why.wave_id is not None:
                error = AudienceFull(why.wave_id)
            words[line.id] = _full_words(event, error)
    return words
