"""What every page of one event shares: the event of one's own organiser, its head and its tabs."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from app.accounts.enums import MAY_MANAGE, MAY_SCAN
from app.core import clock
from app.events.enums import EDITABLE, EventState
from app.events.errors import EventReadOnly
from app.events.queries import EventRow, get_event
from app.reports.queries.registration_list import get_totals
from app.web.guards import current_organiser_id, current_role
from app.web.i18n import current_locale

AUDIENCE_ICONS = {
    "school": "school",
    "student": "certificate",
    "job_seeker": "briefcase",
    "employment_prescriber": "compass",
    "guidance_prescriber": "compass",
    "family": "users",
    "professional": "building-factory-2",
}


Tab = tuple[str, str, bool, int | None]
"""Label, address, whether it is this page, and a count or None: what the layout reads."""


def get_own_event(slug: str) -> EventRow:
    """The event, when it belongs to the organiser that the person acts for. Raises EventNotFound."""
    return get_event(slug, organiser_id=current_organiser_id())


def get_editable_event(slug: str) -> EventRow:
    """As get_own_event, for a page that changes it. Raises EventReadOnly once it is archived or called off."""
    event = get_own_event(slug)
    if event.state not in EDITABLE:
        raise EventReadOnly
    return event


def may_manage() -> bool:
    """Whether the person may change things, so that nobody sees a button they cannot use."""
    return current_role() in MAY_MANAGE


def shown_state(event: EventRow) -> str:
    """The event's state as its badge says it: a published one is in progress between its beginning and end."""
    if event.state in {EventState.PUBLISHED, EventState.CLOSED} and event.starts_at <= clock.now() < event.ends_at:
        return "running"
    return event.state.value


def event_context(event: EventRow, current: str) -> dict[str, Any]:
    """What templates/manage/event.html reads. `current`: dashboard, registrations, messages or edit."""
    base = f"/manage/events/{event.slug}"
    count = get_totals(event.id).registrations
    tabs: list[Tab] = [
        (_("Dashboard"), base, current == "dashboard", None),
        (_("Registrations"), f"{base}/registrations", current == "registrations", count),
    ]
    if current_role() in MAY_SCAN:
        tabs.append((pgettext("tab", "Door"), f"/door/{event.slug}", False, None))
    tabs.append((_("Messages"), f"/manage/messages?event={event.slug}", current == "messages", None))
    if may_manage():
        tabs.append((_("Settings"), f"{base}/edit", current == "edit", None))
    return {
        "event": event,
        "base": base,
        "title": event.title(current_locale()),
        "state": shown_state(event),
        "event_tabs": tabs,
        "may_manage": may_manage(),
        "may_edit": may_manage() and event.state in EDITABLE,
        "audience_icons": AUDIENCE_ICONS,
        "now": clock.now(),
    }
