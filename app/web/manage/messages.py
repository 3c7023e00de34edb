"""Mails of the organiser, or of one of its events, with their state: find, preview, send again."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE, MAY_READ
from app.accounts.rules import Ability, Access
from app.core import clock
from app.core.errors import MoveNotAllowed, NotFound
from app.core.i18n import as_locale
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.messages.models import MessageState
from app.messages.operations import send_again
from app.messages.queries import find_outgoing
from app.messages.rendering import Mail, RenderContext, render
from app.reports.queries.messages import (
    MailFilter,
    MessageLine,
    count_mails,
    get_mail,
    list_failed,
    list_kinds,
    list_mails,
)
from app.web.guards import allows, current_access, current_actor, event_staff, staff
from app.web.mail_frame import MailBody, framed
from app.web.manage.event_page import event_context, get_own_event
from app.web.plain_errors import plain_error

blueprint = Blueprint("manage_messages", __name__, url_prefix="/manage")

PAGE = 50
LONGEST_TEXT = 100
MESSAGE_LABELS = {
    "accounts.invitation": _l("Invitation"),
    "accounts.reset": _l("New password"),
    "loans.asked": _l("Request for boxes received"),
    "loans.approved": _l("Loan accepted, agreement to sign"),
    "loans.agreed": _l("Agreement on a loan accepted"),
    "loans.changed": _l("Loan changed"),
    "loans.for_team": _l("Request for boxes, for the team"),
    "loans.not_collected": _l("Loan over: nobody came"),
    "loans.given_up": _l("Box no longer kept: nobody came for it"),
    "loans.found": _l("Loan checked: something is missing or damaged"),
    "loans.back": _l("Loan finished: all is back"),
    "loans.refused": _l("Loan declined"),
    "loans.cancelled": _l("Loan called off"),
    "loans.reminder": _l("Reminder of boxes to bring back"),
    "registrations.confirmed": _l("Confirmation and ticket"),
    "registrations.waitlisted": _l("On the waiting list"),
    "registrations.offered": _l("Place offered"),
    "registrations.offer_ends": _l("Offer of a place ends soon"),
    "registrations.lapsed": _l("Offer of a place over"),
    "registrations.changed": _l("Registration changed"),
    "registrations.cancelled": _l("Registration cancelled"),
    "registrations.already": _l("Already registered"),
    "registrations.deleted": _l("Registration deleted"),
    "registrations.event_deleted": _l("Event deleted"),
    "registrations.link": _l("Link sent again"),
    "registrations.event_cancelled": _l("Event called off"),
    "registrations.event_reopened": _l("Event takes place after all"),
    "registrations.postponed": _l("Event postponed"),
    "registrations.plan": _l("Hours of the route"),
    "registrations.delay": _l("Late: new hours"),
    "registrations.message": _l("Message from the team"),
    "structures.erased": _l("Data of a contact erased"),
    "structures.link": _l("Link to the pages of a structure"),
}
"""Every kind of mail, as people read it; a test proves that none is missing."""
STATES = (MessageState.QUEUED, MessageState.SENT, MessageState.FAILED, MessageState.SKIPPED)

Answer = str | Response


@blueprint.get("/messages")
@staff(MAY_READ)
def index() -> Answer:
    slug = request.args.get("event", "")
    if slug:
        return redirect(f"/manage/events/{get_own_event(slug).slug}/messages")
    return _list_page("manage/messages.html", current_access(), "/manage/messages", {})


@blueprint.post("/messages/failed")
@staff(MAY_MANAGE)
def send_all_failed() -> Response:
    return _send_failed(current_access(), "/manage/messages")


@blueprint.get("/events/<slug>/messages")
@event_staff(Ability.LIST_SEE)
def of_event(slug: str) -> str:
    event = get_own_event(slug)
    return _list_page("manage/messages_event.html", _access_to(event), _base(event), event_context(event, "messages"))


@blueprint.post("/events/<slug>/messages/failed")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def send_failed(slug: str) -> Response:
    event = get_own_event(slug)
    return _send_failed(_access_to(event), _base(event))


@blueprint.get("/events/<slug>/messages/<int:message_id>")
@event_staff(Ability.PEOPLE_SEE)
def show(slug: str, message_id: int) -> str:
    event = get_own_event(slug)
    line = get_mail(_access_to(event), message_id)
    mail = _rendered(line)
    return render_template(
        "manage/messages_one.html",
        line=line,
        mail=mail,
        files=[a for a in mail.attachments if not a.content_id] if mail else [],
        here=f"{_base(event)}/{message_id}",
        may_send=allows(Ability.REGISTRATIONS_CHANGE) and _may_go_again(line),
        **_words(),
        **event_context(event, "messages"),
    )


@blueprint.get("/events/<slug>/messages/<int:message_id>/html")
@event_staff(Ability.PEOPLE_SEE)
def show_html(slug: str, message_id: int) -> Response:
    """What the frame of the page shows."""
    mail = _rendered(get_mail(_access_to(get_own_event(slug)), message_id))
    if mail is None:
        raise NotFound("html")
    return MailBody(framed(mail.html, mail.attachments), content_type="text/html; charset=utf-8")


@blueprint.post("/events/<slug>/messages/<int:message_id>/again")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def again(slug: str, message_id: int) -> Response:
    event = get_own_event(slug)
    line = get_mail(_access_to(event), message_id)
    recipient = line.recipient_now
    if not recipient:
        flash(_("There is no mail address any more."), "waiting")
    else:
        try:
            with transaction():
                send_again(
                    message_id,
                    recipient=recipient,
                    organiser_id=event.organiser_id,
                    by=current_actor(),
                    now=clock.now(),
                )
            flash(_("The mail leaves for %(mail)s.", mail=recipient), "ok")
        except MoveNotAllowed:
            flash(_("Nothing to do: this mail is on its way, or was no longer needed."), "info")
    if request.form.get("from") == "registration":
        return redirect(f"/manage/events/{slug}/registrations/{line.reference}")
    return redirect(_base(event))


def _access_to(event: EventRow) -> Access:
    return replace(current_access(), event_id=event.id)


def _base(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/messages"


def _may_go_again(line: MessageLine) -> bool:
    return bool(line.recipient_now) and line.state in {MessageState.SENT, MessageState.FAILED}


def _rendered(line: MessageLine) -> Mail | None:
    """The mail as it would leave now; None when there is nothing to tell any more.

    Only of mails about registrations: the others hold links that let their reader in.
    """
    message = find_outgoing(line.id)
    if message is None or not line.about_registration:
        return None
    told = RenderContext(
        message.params, as_locale(message.locale), message.organiser_id, clock.now(), message.subject, message.id
    )
    return render(message.template, told)


def _send_failed(access: Access, back: str) -> Response:
    """Send what did not leave again, to the addresses of today; those without one stay."""
    failed = list_failed(access)
    now, by = clock.now(), current_actor()
    with transaction():
        for line in failed:
            if line.recipient_now:
                send_again(line.id, recipient=line.recipient_now, organiser_id=access.organiser_id, by=by, now=now)
    sent = sum(bool(line.recipient_now) for line in failed)
    left = len(failed) - sent
    if sent:
        flash(ngettext("%(num)d mail leaves again.", "%(num)d mails leave again.", sent), "ok")
    if left:
        flash(
            ngettext("%(num)d mail has no address any more.", "%(num)d mails have no address any more.", left),
            "waiting",
        )
    if not failed:
        flash(_("Every mail left."), "info")
    return redirect(back)


def _sought() -> MailFilter:
    asked = request.args.get("state", "")
    kind = request.args.get("kind", "")
    return MailFilter(
        state=next((s for s in STATES if s.value == asked), None),
        template=kind if kind in MESSAGE_LABELS else "",
        text=" ".join(request.args.get("q", "").split())[:LONGEST_TEXT],
        reference=request.args.get("registration", "").strip()[:16],
    )


def _list_page(template: str, access: Access, base: str, context: dict[str, Any]) -> str:
    sought, cursor = _sought(), request.args.get("before", "")
    before = int(cursor) if cursor.isdecimal() and len(cursor) < 10 else None
    found = list_mails(access, sought, before=before, limit=PAGE + 1)
    messages = found[:PAGE]
    counts = count_mails(access, replace(sought, state=None))
    kept = [("q", sought.text), ("kind", sought.template), ("registration", sought.reference)]
    state = sought.state.value if sought.state else ""
    offered = list_kinds(access) | {sought.template}
    page = {
        "kinds": {code: label for code, label in MESSAGE_LABELS.items() if code in offered},
        "messages": messages,
        "sought": sought,
        "counts": counts,
        "failed": counts[MessageState.FAILED],
        "named": allows(Ability.PEOPLE_SEE),
        "may_send": allows(Ability.REGISTRATIONS_CHANGE),
        "may_go_again": _may_go_again,
        "here": base,
        "kept": [(key, value) for key, value in kept if value],
        "chips": [("", _("All"), _url(base, kept, "")), *_chips(base, kept)],
        "first_url": _url(base, kept, state) if before else None,
        "next_url": _url(base, kept, state, str(messages[-1].id)) if len(found) > PAGE else None,
        **_words(),
    }
    return render_template(template, page=page, **context)


def _chips(base: str, kept: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    names = {
        MessageState.QUEUED: pgettext("message", "Leaving soon"),
        MessageState.SENT: pgettext("message", "Sent"),
        MessageState.FAILED: pgettext("message", "Not sent"),
        MessageState.SKIPPED: _("No longer needed"),
    }
    return [(state.value, names[state], _url(base, kept, state.value)) for state in STATES]


def _url(base: str, kept: list[tuple[str, str]], state: str, before: str = "") -> str:
    query = urlencode([(k, v) for k, v in (*kept, ("state", state), ("before", before)) if v])
    return f"{base}?{query}" if query else base


def _words() -> dict[str, Any]:
    return {"labels": MESSAGE_LABELS, "plain_error": plain_error}
