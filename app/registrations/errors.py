"""Refusals of registrations."""

from app.core.errors import Conflict, NotFound


class RegistrationNotFound(NotFound):
    """No such registration for the one who asks."""


class RegistrationDeleted(RegistrationNotFound):
    """What a link or a ticket opened was deleted. `organiser_id` is who can say more."""

    def __init__(self, organiser_id: int) -> None:
        super().__init__("deleted")
        self.organiser_id = organiser_id


class RegistrationClosed(Conflict):
    """The event does not take registrations now: not published, outside its window, over, or read-only."""

    code = "registration_closed"


class AlreadyRegistered(Conflict):
    """The same person, or the same class, is at this event already; `registration_id` is theirs, for the mail that tells."""

    code = "already_registered"

    def __init__(self, registration_id: int) -> None:
        super().__init__("already registered")
        self.registration_id = registration_id


class ChangeClosed(Conflict):
    """It is too late for a visitor to change this: the visit began. Staff still can."""

    code = "change_closed"


class RegistrationChanged(Conflict):
    """Somebody corrected the same since it was read: look again."""

    code = "registration_changed"

    def __init__(self) -> None:
        super().__init__("the registration was corrected since it was read")


class RegistrationForgotten(Conflict):
    """The person's name was erased meanwhile: nobody is left to come."""

    code = "forgotten"


class NotOver(Conflict):
    """The event is not over yet: who has not come may still come."""

    code = "not_over"


class OfferExpired(Conflict):
    """The places were offered until a moment that is over: they are somebody else's by now, or will be."""

    code = "offer_expired"


class NotInTurn(Conflict):
    """Others wait before this one, and the event's policy lets nobody go before them."""

    code = "not_in_turn"
