"""Closed lists of the door."""

import enum


class Direction(enum.StrEnum):
    IN = "in"
    OUT = "out"


class ScanResult(enum.StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class Reason(enum.StrEnum):
    ALREADY_IN = "already_in"
    NOT_IN = "not_in"
    UNKNOWN = "unknown"
    WRONG_EVENT = "wrong_event"
    CANCELLED = "cancelled"
    WAITLISTED = "waitlisted"
    WRONG_WAVE = "wrong_wave"
    SPACE_FULL = "space_full"
    INVALID = "invalid"
