"""Everything that changes registrations."""

from app.registrations.operations.answering import change_answers
from app.registrations.operations.cancelling import cancel_event_registrations, cancel_registration
from app.registrations.operations.changing import change_registration
from app.registrations.operations.correcting import Correction, correct_own_contact, correct_registration
from app.registrations.operations.deleting import delete_registration, restore_registration
from app.registrations.operations.erasing import erase_registration
from app.registrations.operations.registering import Registered, register, register_beyond, require_room
from app.registrations.operations.reopening import reopen_event_registrations
from app.registrations.operations.route import choose_stop
from app.registrations.operations.tickets import (
    ask_links_again,
    issue_route_cards,
    send_links_again,
    tell_already_registered,
)
from app.registrations.operations.waiting import (
    Offered,
    accept_offer,
    decline_offer,
    lapse_offers,
    offer_places,
    offer_to,
)

__all__ = [
    "Correction",
    "Offered",
    "Registered",
    "accept_offer",
    "ask_links_again",
    "cancel_event_registrations",
    "cancel_registration",
    "change_answers",
    "change_registration",
    "choose_stop",
    "correct_own_contact",
    "correct_registration",
    "decline_offer",
    "delete_registration",
    "erase_registration",
    "issue_route_cards",
    "lapse_offers",
    "offer_places",
    "offer_to",
    "register",
    "register_beyond",
    "reopen_event_registrations",
    "require_room",
    "restore_registration",
    "send_links_again",
    "tell_already_registered",
]
