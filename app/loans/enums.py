"""Closed lists of loans. The table of moves is in `app.loans.rules`."""

import enum


class LoanState(enum.StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    AGREED = "agreed"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    CHECKED = "checked"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    NOT_COLLECTED = "not_collected"


class LoanMove(enum.StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    AGREE = "agree"
    HAND_OVER = "hand_over"
    RETURN = "return"
    CHECK = "check"
    CLOSE = "close"
    CANCEL = "cancel"
    NOT_COLLECTED = "not_collected"


class LoanRefusal(enum.StrEnum):
    """Why staff refuse a request."""

    NO_BOX = "no_box"
    NO_FACILITATOR = "no_facilitator"
    TOO_SOON = "too_soon"
    TOO_LONG = "too_long"
    OUTSIDE_AREA = "outside_area"
    LATE_BEFORE = "late_before"
    OTHER = "other"


class LoanCancel(enum.StrEnum):
    """Why a loan is called off."""

    BORROWER_CHANGED = "borrower_changed"
    BORROWER_ABSENT = "borrower_absent"
    BOX_BROKEN = "box_broken"
    BOX_LATE = "box_late"
    LENDER_CLOSED = "lender_closed"
    OTHER = "other"


class LoanPurpose(enum.StrEnum):
    """What a box is borrowed for."""

    CLASS = "class"
    JOB_SEEKERS = "job_seekers"
    STAFF = "staff"
    PUBLIC_EVENT = "public_event"
    OTHER = "other"


class CountMoment(enum.StrEnum):
    HAND_OVER = "hand_over"
    RETURN = "return"
    CHECK = "check"


class AcceptedHow(enum.StrEnum):
    LINK = "link"
    PAPER = "paper"


class ReminderKind(enum.StrEnum):
    """Days before (b) or after (a) the half-day by which a box is to be back."""

    B3 = "b3"
    B1 = "b1"
    A1 = "a1"
    A7 = "a7"


class FeedKind(enum.StrEnum):
    """What a calendar of lending tells: where one box is, or who comes to the depot when."""

    BOX = "box"
    DESK = "desk"
