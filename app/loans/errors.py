"""Refusals of loans."""

from collections.abc import Sequence

from app.core.errors import Conflict, MoveNotAllowed, NotFound
from app.core.i18n import Locale


class LoanNotFound(NotFound):
    """No such loan for the one who asks."""

    code = "loan_not_found"


class LinkClosed(NotFound):
    """The loan's link shows nothing any more: it ended long ago, or (`erased`) its names went before."""

    code = "link_closed"

    def __init__(self, reference: str, *, erased: bool = False) -> None:
        super().__init__(reference)
        self.erased = erased


class NoBoxFree(Conflict):
    """There are not as many boxes free as the loan asks for, on all its half-days with buffers."""

    code = "no_box_free"


class NoAccreditedFacilitator(Conflict):
    """None of the loan's facilitators may run the scenario on all its days."""

    code = "no_accredited_facilitator"


class BoxNotFree(Conflict):
    """That box is in use, out of service or of another scenario."""

    code = "box_not_free"


class BoxOutOfService(Conflict):
    """The box is out of service: it is not handed over before somebody puts it back."""

    code = "box_out_of_service"


class BoxAway(Conflict):
    """The box is with a borrower, or it is not with this one."""

    code = "box_away"


class TooSoon(Conflict):
    """It is too early to say that a loan was not collected: its first half-day has not begun."""

    code = "too_soon"


class DaysOver(MoveNotAllowed):
    """The days that were asked for are over: nothing is lent for them."""

    code = "days_over"


class NoAgreement(Conflict):
    """There is no agreement to accept, or a newer one than the one that was read."""

    code = "no_agreement"


class LoanChanged(Conflict):
    """Somebody changed the loan since it was read."""

    code = "loan_changed"


class EventBoxesNotFound(NotFound):
    """No such boxes at an event for the one who asks, or they were given back."""

    code = "event_boxes_not_found"


class EventIsOff(Conflict):
    """The event is called off, archived or in the bin, or its new date is to come: it takes no boxes."""

    code = "event_is_off"


class EventBoxesChanged(Conflict):
    """Somebody changed these boxes of an event since they were read."""

    code = "event_boxes_changed"


class ExchangeOff(Conflict):
    """Two boxes cannot change places as somebody read it: who has the other one changed, began, or has it in hand by now."""

    code = "exchange_off"


class BoxesAskedFor(Conflict):
    """There are boxes enough, but requests that wait ask for `asked` of them: whoever knows that may take them all the same."""

    code = "boxes_asked_for"

    def __init__(self, asked: int) -> None:
        super().__init__(f"requests that wait ask for {asked} of these boxes")
        self.asked = asked


class BookedAlready(Conflict):
    """This form booked the boxes of an event when it was sent before."""

    code = "booked_already"


class FacilitatorBusy(Conflict):
    """Somebody runs boxes at another event, or elsewhere at this one, at that time. `name`, and that event’s titles and slug."""

    code = "facilitator_busy"

    def __init__(self, name: str, title_fr: str, title_en: str, slug: str) -> None:
        super().__init__(f"{name} runs boxes at {slug} then")
        self.name, self.title_fr, self.title_en, self.slug = name, title_fr, title_en, slug

    def title(self, locale: Locale) -> str:
        """The other event’s."""
        return self.title_en if locale == "en" and self.title_en else self.title_fr


class FacilitatorNeeded(Conflict):
    """A loan that goes on or an event to come counts on them: what is in `references` is to be settled first."""

    code = "facilitator_needed"

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(f"the facilitator is still needed for {', '.join(references)}")
        self.references = tuple(references)
