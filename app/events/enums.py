"""Closed lists of events, and the one table of their moves."""

import enum


class EventKind(enum.StrEnum):
    FORUM = "forum"
    INFORMATION_MEETING = "information_meeting"
    PRESCRIBERS_MORNING = "prescribers_morning"
    VISIT = "visit"
    OPEN_WEEK = "open_week"
    WEBINAR = "webinar"
    ROUND_TABLE = "round_table"
    WORKSHOP = "workshop"
    SPEED_DATING = "speed_dating"
    IDEATHON = "ideathon"
    TRAINING = "training"
    BRIEFING = "briefing"
    COMMITTEE = "committee"


class EventState(enum.StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class EventMove(enum.StrEnum):
    PUBLISH = "publish"
    CLOSE = "close"
    ARCHIVE = "archive"
    CANCEL = "cancel"
    POSTPONE = "postpone"


# A CANCEL of the last day can be taken back: that leads to the state it came from (operations/reopening.py).
# POSTPONE keeps the state: the new dates are what changes (app/flows/postponing.py).
# ARCHIVE of what is not off waits until nobody is to come any more: see rules.may_archive.
EVENT_MOVES: dict[tuple[EventState, EventMove], EventState] = {
    (EventState.DRAFT, EventMove.PUBLISH): EventState.PUBLISHED,
    (EventState.CLOSED, EventMove.PUBLISH): EventState.PUBLISHED,
    (EventState.PUBLISHED, EventMove.CLOSE): EventState.CLOSED,
    (EventState.CLOSED, EventMove.ARCHIVE): EventState.ARCHIVED,
    (EventState.CANCELLED, EventMove.ARCHIVE): EventState.ARCHIVED,
    (EventState.DRAFT, EventMove.CANCEL): EventState.CANCELLED,
    (EventState.PUBLISHED, EventMove.CANCEL): EventState.CANCELLED,
    (EventState.CLOSED, EventMove.CANCEL): EventState.CANCELLED,
    (EventState.PUBLISHED, EventMove.POSTPONE): EventState.PUBLISHED,
    (EventState.CLOSED, EventMove.POSTPONE): EventState.CLOSED,
}

VISIBLE = frozenset({EventState.PUBLISHED, EventState.CLOSED, EventState.CANCELLED, EventState.ARCHIVED})
EDITABLE = frozenset({EventState.DRAFT, EventState.PUBLISHED, EventState.CLOSED})


class Enrolment(enum.StrEnum):
    """How many waves one registration takes: one, several of the person's choice, or all."""

    ONE = "one"
    SEVERAL = "several"
    ALL = "all"


class WaitingPolicy(enum.StrEnum):
    """When the first party that waits does not fit. HOLD: nobody overtakes it. SKIP: the next one that fits goes first."""

    HOLD = "hold"
    SKIP = "skip"


class Span(enum.StrEnum):
    """How long two audiences that are kept apart do not meet: in one wave, in one half of a local day (until 13:00), in one day."""

    WAVE = "wave"
    HALF_DAY = "half_day"
    DAY = "day"


class Axis(enum.StrEnum):
    LOCAL_DEVELOPMENT = "local_development"
    SECURING_CAREERS = "securing_careers"
    RESPONSIBLE_PURCHASING = "responsible_purchasing"
    SCHOOL_COMPANY = "school_company"
    PRIORITY_NEIGHBOURHOODS = "priority_neighbourhoods"


class QuestionKind(enum.StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"
    DATE = "date"
    CONSENT = "consent"
    FILE = "file"


class ReasonUse(enum.StrEnum):
    """What a coded reason explains."""

    EVENT_CANCELLED = "event_cancelled"
    EVENT_POSTPONED = "event_postponed"
    REGISTRATION_CANCELLED = "registration_cancelled"
    REFUSED = "refused"
    NO_SHOW = "no_show"


class Measure(enum.StrEnum):
    """What a target counts, in people; groups counts registered groups."""

    REGISTERED = "registered"
    PRESENT = "present"
    GROUPS = "groups"


class BuiltinAudience(enum.StrEnum):
    SCHOOL = "school"
    STUDENT = "student"
    JOB_SEEKER = "job_seeker"
    EMPLOYMENT_PRESCRIBER = "employment_prescriber"
    GUIDANCE_PRESCRIBER = "guidance_prescriber"
    FAMILY = "family"
    PROFESSIONAL = "professional"
