"""What a change of an event's settings frees for its waiting list: offered at once, so that the team reads to how many."""

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock
from app.core.transaction import in_transaction
from app.events.queries import EventRow, get_places
from app.registrations.operations import offer_places
from app.registrations.waiting import offers_now
from app.reports.queries.waiting_list import count_offers
from app.web.filters import number
from app.web.guards import current_access, current_actor


def offer_new_room(event: EventRow) -> str:
    """« 8 personnes de la liste d’attente ont reçu une offre »; empty where nothing is offered. `event` as it is now."""
    if not offers_now(event) or not any(get_places(event).waiting.values()):
        return ""
    offered = in_transaction(lambda: offer_places(event.id, by=current_actor(), now=clock.now()))
    if not offered.count:
        return ""
    words = ngettext(
        "%(people)s person of the waiting list is offered a place.",
        "%(people)s people of the waiting list are offered places.", offered.people, people=number(offered.people),
    )  # fmt: skip
    silent = count_offers(event.id, current_access()).silent
    if not silent:
        return str(words)
    calls = ngettext(
        "%(num)d offer has no mail address: see “Calls”.", "%(num)d offers have no mail address: see “Calls”.", silent
    )
    return str(_("%(offered)s %(calls)s", offered=words, calls=calls))
