"""Refusals of events."""

from app.core.errors import Conflict, NotFound


class EventNotFound(NotFound):
    """No such event for the one who asks."""


class SpaceNotFound(NotFound):
    """No such space in this event, or no such link of a space's live page."""


class WaveFull(Conflict):
    """A wave (or the event as a whole) has fewer places left than asked for; `wave_id` is None for the whole event."""

    code = "wave_full"

    def __init__(self, wave_id: int | None) -> None:
        super().__init__("the event is full" if wave_id is None else f"wave {wave_id} is full")
        self.wave_id = wave_id


class AudienceFull(Conflict):
    """A wave has places, but not for this audience."""

    code = "audience_full"

    def __init__(self, wave_id: int) -> None:
        super().__init__(f"wave {wave_id} has no more places for this audience")
        self.wave_id = wave_id


class QueueFirst(WaveFull):
    """There would be room in a wave, but somebody waits for it: nothing was taken, and the event's row is held."""

    def __init__(self, wave_id: int | None) -> None:
        super().__init__(wave_id)
        self.args = ("what is free is for those on the waiting list",)


class AudienceApart(AudienceFull):
    """Where and when this audience asks for places, `audience`, which is kept apart from it, holds some."""

    def __init__(self, wave_id: int, audience: str) -> None:
        super().__init__(wave_id)
        self.args = (f"wave {wave_id}: {audience} hold places then, and are kept apart",)
        self.audience = audience


class EventReadOnly(Conflict):
    """The event is archived or cancelled: it is read, not changed."""

    code = "event_read_only"


class EventIncomplete(Conflict):
    """The event cannot be published yet: `missing` names what it lacks (waves, audiences, venue)."""

    code = "event_incomplete"

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__("missing: " + ", ".join(missing))
        self.missing = missing


class NotOver(Conflict):
    """People hold places in what is still to come, so it is not archived: call it off, or change its dates."""

    code = "not_over"

    def __init__(self) -> None:
        super().__init__("people hold places and the last wave has not ended: cancel the event, or change its dates")


class HasRegistrations(Conflict):
    """What people are registered for cannot be removed."""

    code = "has_registrations"


class LastReason(Conflict):
    """The only reason that a list still offers stays: whoever cancels something says why."""

    code = "last_reason"


class PeopleCame(Conflict):
    """Somebody was scanned at the event's doors: what happened there stays, so the event is archived, not deleted."""

    code = "people_came"
