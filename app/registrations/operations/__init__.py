"""Everything that changes registrations."""

from app.registrations.operations.cancelling import cancel_event_registrations, cancel_registration
from app.registrations.operations.changing import change_registration
from app.registrations.operations.erasing import erase_registration
from app.registrations.operations.registering import Registered, register, require_room
from app.registrations.operations.tickets import issue_route_cards, send_links_again, tell_already_registered

__all__ = [
    "Registered",
    "cancel_event_registrations",
    "cancel_registration",
    "change_registration",
    "erase_registration",
    "issue_route_cards",
    "register",
    "require_room",
    "send_links_again",
    "tell_already_registered",
]
