"""Mails of the organiser, or of one of its events, with their state."""

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from app.accounts.enums import MAY_READ
from app.reports.queries.messages import list_event_messages
from app.web.guards import current_organiser_id, staff
from app.web.manage.event_page import event_context, get_own_event

blueprint = Blueprint("manage_messages", __name__, url_prefix="/manage/messages")

PAGE = 50
MESSAGE_LABELS = {
    "registrations.confirmed": _l("Confirmation and ticket"),
    "registrations.waitlisted": _l("On the waiting list"),
    "registrations.changed": _l("Registration changed"),
    "registrations.cancelled": _l("Registration cancelled"),
    "registrations.already": _l("Already registered"),
    "registrations.link": _l("Link sent again"),
    "registrations.event_cancelled": _l("Event called off"),
}


@blueprint.get("")
@staff(MAY_READ)
def index() -> str:
    slug = request.args.get("event", "")
    event = get_own_event(slug) if slug else None
    cursor = request.args.get("before", "")
    found = list_event_messages(
        current_organiser_id(),
        event.id if event else None,
        before=int(cursor) if cursor.isdecimal() and len(cursor) < 12 else None,
        limit=PAGE + 1,
    )
    return render_template(
        "manage/messages_event.html" if event else "manage/messages.html",
        messages=found[:PAGE],
        labels=MESSAGE_LABELS,
        next_before=found[PAGE - 1].id if len(found) > PAGE else None,
        slug=slug,
        first=not cursor,
        **(event_context(event, "messages") if event else {}),
    )
