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


class OverrideReason(enum.StrEnum):
    """Why staff let somebody in though the answer was no."""

    TOLD = "told"
    TICKET_WRONG = "ticket_wrong"
    WITH_GROUP = "with_group"
    SAFETY = "safety"
    OTHER = "other"


class DeviceMode(enum.StrEnum):
    """A phone that staff hold, or a tablet at which visitors scan themselves."""

    DOOR = "door"
    KIOSK = "kiosk"


class WalkInResult(enum.StrEnum):
    """What became of somebody registered at the door. The last three are answers and not kept; UNDONE: taken back."""

    TAKEN = "taken"
    OVER = "over"
    FULL = "full"
    INVALID = "invalid"
    UNDONE = "undone"


class ConflictKind(enum.StrEnum):
    """TWICE and DIFFERS: two counts that cannot both be. LATE: one of a phone that was taken off, or of a
    ticket that opened nothing while its phone had no network; it is not counted yet.
    """

    TWICE = "twice"
    DIFFERS = "differs"
    LATE = "late"


class LateReason(enum.StrEnum):
    """Why a passage that staff are asked about (LATE) does not count: the phone was taken off or logged out; the event was over by
    then, or the phone's clock is wrong; the ticket was cancelled, or good for nothing for another reason.
    """

    TAKEN_OFF = "taken_off"
    CLOCK = "clock"
    CANCELLED = "cancelled"
    NOT_VALID = "not_valid"


class ConflictStatus(enum.StrEnum):
    OPEN = "open"
    SETTLED = "settled"
