"""Answering an offer of places, wherever somebody does."""

from app.core import clock
from app.core.transaction import in_transaction
from app.registrations.operations import lapse_offers
from app.registrations.operations.waiting import has_run_out
from app.registrations.queries import RegistrationRow


def lapse_first(registration: RegistrationRow) -> None:
    """End an offer whose time is over, in a transaction of its own, so that the next in the list need not wait for the work
    that does it each minute: `accept_offer` refuses it then, and undoes its own transaction.
    """
    now = clock.now()
    if has_run_out(registration, now):
        in_transaction(lambda: lapse_offers(registration.event_id, now=now))
