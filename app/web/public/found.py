"""Looking up what an address names, so that what cannot exist is refused like what does not."""

import re

from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id, get_public_event
from app.events.rules import SLUG
from app.registrations.queries import RegistrationRow, get_by_ticket_code, get_by_token
from app.web.context import show_organiser

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_SLUG = 80
CODE = re.compile(r"[0-9A-Z]{1,40}")


def shown_event(slug: str) -> EventRow:
    """The public event of that slug, the page dressed in its organiser's look. Raises EventNotFound, for drafts too."""
    require_slug(slug)
    event = get_public_event(slug)
    show_organiser(event.organiser_id)
    return event


def require_slug(slug: str) -> None:
    """Raises EventNotFound for what cannot be a slug."""
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug):
        raise EventNotFound(slug)


def registration_of_link(token: str) -> tuple[RegistrationRow, EventRow]:
    """The registration whose own page that is, and its event. Raises RegistrationNotFound."""
    return _with_event(get_by_token(token if TOKEN.fullmatch(token) else ""))


def registration_of_code(code: str) -> tuple[RegistrationRow, EventRow]:
    """The registration that a ticket's code opens, in either case, and its event. Raises RegistrationNotFound.

    A code that cannot be one is looked up all the same: forged and unknown ones take the same time.
    """
    known = code.upper()
    return _with_event(get_by_ticket_code(known if CODE.fullmatch(known) else ""))


def _with_event(registration: RegistrationRow) -> tuple[RegistrationRow, EventRow]:
    show_organiser(registration.organiser_id)
    return registration, get_event_by_id(registration.event_id)
