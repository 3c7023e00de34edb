"""Closed lists of registrations, and the one table of their moves."""

import enum


class RegistrationKind(enum.StrEnum):
    INDIVIDUAL = "individual"
    GROUP = "group"


class RegistrationStatus(enum.StrEnum):
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class RegistrationMove(enum.StrEnum):
    CANCEL = "cancel"
    CHANGE = "change"
    REINSTATE = "reinstate"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"


class Source(enum.StrEnum):
    WEB = "web"
    STAFF = "staff"
    API = "api"
    IMPORT = "import"
    DOOR = "door"


ALIVE = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED)
HOLDING = (RegistrationStatus.CONFIRMED, RegistrationStatus.OFFERED)

REGISTRATION_MOVES: dict[RegistrationStatus, frozenset[RegistrationMove]] = {
    RegistrationStatus.CONFIRMED: frozenset({RegistrationMove.CANCEL, RegistrationMove.CHANGE}),
    RegistrationStatus.WAITLISTED: frozenset(
        {RegistrationMove.CANCEL, RegistrationMove.CHANGE, RegistrationMove.OFFER}
    ),
    RegistrationStatus.OFFERED: frozenset(
        {RegistrationMove.CANCEL, RegistrationMove.ACCEPT, RegistrationMove.DECLINE, RegistrationMove.LAPSE}
    ),
    RegistrationStatus.CANCELLED: frozenset({RegistrationMove.REINSTATE}),
    RegistrationStatus.LAPSED: frozenset(),
}


class BulkKind(enum.StrEnum):
    """What is done to many registrations at once. MAIL: what each has by now, once more. MESSAGE: words of the team's own."""

    MAIL = "mail"
    MESSAGE = "message"
    MOVE = "move"
    CANCEL = "cancel"


class TicketKind(enum.StrEnum):
    MAIN = "main"
    ROUTE_CARD = "route_card"


class Gender(enum.StrEnum):
    WOMAN = "woman"
    MAN = "man"
    OTHER = "other"


class AgeBand(enum.StrEnum):
    UNDER_16 = "under_16"
    FROM_16_TO_29 = "16_29"
    FROM_30_TO_54 = "30_54"
    FROM_55 = "55_plus"
