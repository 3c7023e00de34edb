"""Kinds of things that are used, and what for."""

import enum


class ResourceKind(enum.StrEnum):
    BOX = "box"
    FACILITATOR = "facilitator"
    ROOM = "room"


class Purpose(enum.StrEnum):
    LOAN = "loan"
    EVENT = "event"
    SESSION = "session"


class Half(enum.StrEnum):
    """Half a day: the morning ends, and the afternoon begins, at 13:00."""

    AM = "am"
    PM = "pm"


class SchoolZone(enum.StrEnum):
    """The three zones of school holidays in metropolitan France."""

    A = "A"
    B = "B"
    C = "C"
