"""Everything that changes registrations."""

from app.registrations.operations.answering import change_answers
from app.registrations.operations.cancelling import cancel_event_registrations, cancel_registration
from app.registrations.operations.changing import change_registration
from app.registrations.operations.deleting import delete_registration, restore_registration
from app.registrations.operations.erasing import erase_registration
from app.registrations.operations.registering import Registered, register, require_room
from app.registrations.operations.tickets import (
    ask_links_again,
    issue_route_cards,
    send_links_again,
    tell_already_registered,
)

__all__ = [
    "Registered",
    "ask_links_again",
    "cancel_event_registrations",
    "cancel_registration",
    "change_answers",
    "change_registration",
    "delete_registration",
    "erase_registration",
    "issue_route_cards",
    "register",
    "require_room",
    "restore_registration",
    "send_links_again",
    "tell_already_registered",
]
