"""What every page of one event shares: the event of one's own organiser, its head and its tabs."""

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability, RowLimit, is_within, row_limit
from app.core import clock
from app.events.enums import EDITABLE, EventKind, EventState
from app.events.errors import EventReadOnly
from app.events.queries import EventRow, get_event, get_version
from app.flows.queries import has_plan_in_force
from app.loans.queries_events import uses_boxes
from app.registrations.errors import RegistrationNotFound
from app.registrations.queries import RegistrationRow, get_by_reference
from app.reports.queries.registration_list import get_totals
from app.reports.queries.waiting_list import NOBODY_WAITS, count_offers
from app.web.guards import allows, current_access, current_organiser_id, find_access
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


TAKES_PEOPLE = frozenset({EventState.PUBLISHED, EventState.CLOSED})
"""Where the team registers people and imports them: not yet in a draft, no more when it is archived or called off."""

LIVE_BEFORE = timedelta(hours=12)

TOOK_PLACE = frozenset({EventState.PUBLISHED, EventState.CLOSED, EventState.ARCHIVED})

Tab = tuple[str, str, bool, int | None]
"""Label, address, whether it is this page, and a count or None: what the layout reads."""


def get_own_event(slug: str) -> EventRow:
    """The event, when it belongs to the organiser that the person acts for. Raises EventNotFound."""
    return get_event(slug, organiser_id=current_organiser_id())


def get_own_registration(slug: str, reference: str) -> tuple[EventRow, RegistrationRow]:
    """The registration, when event and registration are the organiser's and belong together, and it is among
    the rows that the person has. Raises NotFound.
    """
    event = get_own_event(slug)
    registration = get_by_reference(reference, organiser_id=current_organiser_id())
    limit = row_limit(current_access())
    if registration.event_id != event.id or not is_within(
        limit, group=registration.is_group, audience=registration.audience
    ):
        raise RegistrationNotFound
    return event, registration


def get_editable_event(slug: str) -> EventRow:
    """As get_own_event, for a page that changes it. Raises EventReadOnly once it is archived or called off."""
    event = get_own_event(slug)
    if event.state not in EDITABLE:
        raise EventReadOnly
    return event


def may_manage() -> bool:
    """Whether the person manages the organiser's events, so that nobody sees a button they cannot use."""
    access = find_access()
    return access is not None and access.role in MAY_MANAGE


def shown_state(event: EventRow) -> str:
    """The event's state as its badge says it: a published one is in progress between its beginning and end."""
    on = event.state in {EventState.PUBLISHED, EventState.CLOSED} and not event.date_to_come
    if on and event.starts_at <= clock.now() < event.ends_at:
        return "running"
    return event.state.value


def took_place(event: EventRow) -> bool:
    """Whether it is over and was not called off, so that who was not scanned did not come."""
    return event.state in TOOK_PLACE and event.is_over(clock.now())


def event_context(event: EventRow, current: str) -> dict[str, Any]:
    """What templates/manage/event.html reads. `current`: dashboard, registrations, messages or edit."""
    base = f"/manage/events/{event.slug}"
    boxes = uses_boxes(event.id, event.organiser_id) if allows(Ability.LENDING_SEE) else None
    return {
        "event": event,
        "base": base,
        "title": event.title(current_locale()),
        "state": shown_state(event),
        "event_tabs": _tabs(event, base, current, boxes is not None),
        "uses_boxes": bool(boxes),
        "may_manage": may_manage(),
        "may_edit": allows(Ability.PROGRAMME_CHANGE) and event.state in EDITABLE,
        "may_move": allows(Ability.EVENT_MOVE),
        "may_list": allows(Ability.LIST_SEE),
        "may_see_people": allows(Ability.PEOPLE_SEE),
        "may_register": allows(Ability.REGISTRATIONS_CHANGE) and event.state in EDITABLE,
        "may_enrol": allows(Ability.REGISTRATIONS_CHANGE) and event.state in TAKES_PEOPLE,
        "may_import": allows(Ability.IMPORT) and event.state in TAKES_PEOPLE,
        "audience_icons": AUDIENCE_ICONS,
        "now": clock.now(),
    }


def _tabs(event: EventRow, base: str, current: str, lends: bool) -> list[Tab]:
    """The sections of the event that the person's role or functions open."""
    access, open_now = find_access(), event.state in TAKES_PEOPLE and not event.is_over(clock.now())
    version = get_version(event.id)
    queue = count_offers(event.id, access, version=version) if access is not None and open_now else NOBODY_WAITS
    tabs: list[tuple[bool, Tab]] = [
        (allows(Ability.FIGURES_SEE), (_("Dashboard"), base, current == "dashboard", None)),
        (
            allows(Ability.LIST_SEE),
            (_("Registrations"), f"{base}/registrations", current == "registrations", _shown_count(event, version)),
        ),
        (
            allows(Ability.LIST_SEE) and bool(queue.waiting or queue.count),
            (_("Waiting list"), f"{base}/waiting", current == "waiting", queue.waiting),
        ),
        (
            allows(Ability.PROGRAMME_SEE) and bool(event.waves),
            (pgettext("tab", "Flows"), f"{base}/plan", current == "plan", None),
        ),
        (allows(Ability.DOOR), (pgettext("tab", "Door"), f"/door/{event.slug}", False, None)),
        (allows(Ability.DOOR) and _goes_on(event), (_("Phones"), f"{base}/devices", current == "devices", None)),
        (allows(Ability.PROGRAMME_SEE) and _goes_on(event), (_("On the day"), f"{base}/day", current == "day", None)),
        (
            current == "live" or (allows(Ability.LIVE_SEE) and is_live(event)),
            (pgettext("tab", "Live"), f"{base}/live", current == "live", None),
        ),
        (allows(Ability.LIST_SEE), (_("Messages"), f"{base}/messages", current == "messages", None)),
        (allows(Ability.EVENT_MOVE), (_("Partners"), f"{base}/partners", current == "partners", None)),
        (
            allows(Ability.PROGRAMME_SEE),
            (
                _("Settings") if allows(Ability.PROGRAMME_CHANGE) else _("Programme"),
                f"{base}/edit",
                current == "edit",
                None,
            ),
        ),
        (
            allows(Ability.PROGRAMME_SEE) and bool(event.stops or (event.waves and allows(Ability.PEOPLE_SEE))),
            (_("Papers and screens"), f"{base}/papers", current == "papers", None),
        ),
        (
            allows(Ability.REGISTRATIONS_CHANGE) and took_place(event),
            (_("Did not come"), f"{base}/no-shows", current == "no_shows", None),
        ),
        (
            allows(Ability.REGISTRATIONS_CHANGE) and open_now and (queue.silent > 0 or _may_change_hours(event)),
            (_("Calls"), f"{base}/calls", current == "calls", queue.silent or None),
        ),
        *_lending_tabs(event, base, current, lends),
        (allows(Ability.PROGRAMME_SEE), (_("History"), f"{base}/history", current == "history", None)),
    ]
    return [tab for opens, tab in tabs if opens]


def _lending_tabs(event: EventRow, base: str, current: str, lends: bool) -> list[tuple[bool, Tab]]:
    """What a training teaches, and the boxes that an event uses."""
    teaches = allows(Ability.LENDING) and event.kind is EventKind.TRAINING
    return [
        (teaches, (_("Accreditations"), f"{base}/training", current == "training", None)),
        (lends or current == "boxes", (pgettext("tab", "Boxes"), f"{base}/boxes", current == "boxes", None)),
    ]


def is_live(event: EventRow) -> bool:
    """Whether who is there is worth following: from half a day before it begins until it is over."""
    return _goes_on(event) and event.starts_at - LIVE_BEFORE <= clock.now()


def _goes_on(event: EventRow) -> bool:
    """Whether its day is to come or on."""
    return event.state in TAKES_PEOPLE and not event.date_to_come and not event.is_over(clock.now())


def _may_change_hours(event: EventRow) -> bool:
    """Whether people may have other hours than they know, and no mail: new dates, something that is late, or a plan."""
    late = any(wave.late_minutes for wave in event.waves) or any(space.late_minutes for space in event.spaces)
    return event.postponed_at is not None or late or has_plan_in_force(event.id)


def _shown_count(event: EventRow, version: int) -> int | None:
    """How many registrations have places, for those who see them all; who waits is counted at the waiting list's tab."""
    access = find_access()
    return get_totals(event.id, version=version).placed if access and row_limit(access) is RowLimit.ALL else None
