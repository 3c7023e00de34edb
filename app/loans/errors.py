"""Refusals of loans."""

from app.core.errors import Conflict, NotFound


class LoanNotFound(NotFound):
    """No such loan for the one who asks."""

    code = "loan_not_found"


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


class NoAgreement(Conflict):
    """There is no agreement to accept, or a newer one than the one that was read."""

    code = "no_agreement"


class LoanChanged(Conflict):
    """Somebody changed the loan since it was read."""

    code = "loan_changed"
