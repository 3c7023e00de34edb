"""What a phone is told when it may not."""

from app.core.errors import DomainError, NotFound


class CodeUnknown(NotFound):
    """No such code: it was never made, or belongs to an event that is gone."""

    code = "code_unknown"


class CodeOver(DomainError):
    """The code was one of this event's, but its time is over."""

    code = "code_over"
    status = 410


class DeviceUnknown(DomainError):
    """The token is nobody's, or of an event that is long over."""

    code = "device_unknown"
    status = 401


class DeviceRevoked(DomainError):
    """Staff took the phone off, or it signed out: it drops its list."""

    code = "device_revoked"
    status = 401


class EventOver(DomainError):
    """The event is over, or in the bin: phones drop its list. What they still keep they may send."""

    code = "event_over"
    status = 410


class CursorGone(DomainError):
    """The list cannot go on from this cursor: read it whole again."""

    code = "cursor_gone"
    status = 410
