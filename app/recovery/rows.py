"""Boxes that are away against what was planned, the promises that meet that time, and what can be done for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.boxes.enums import OutReason
from app.core.i18n import Locale
from app.loans.availability import PoolBox
from app.loans.enums import LoanCancel
from app.loans.queries import LoanRow
from app.loans.queries_events import EventBoxesRow
from app.resources.enums import Purpose
from app.resources.halfdays import HalfDay, Period

PATIENCE = timedelta(days=30)
"""What a late box is promised to later than that can wait: it is likely to be back."""


@dataclass(frozen=True)
class LateLoan:
    """The loan that a late box is with: since `last` it is late. `promised_on`: when the borrower says they bring it back."""

    loan_id: int
    reference: str
    structure_name: str
    contact_name: str
    email: str
    phone: str
    last: HalfDay
    promised_on: date | None


@dataclass(frozen=True)
class AwayBox:
    """A box out of service (`out_reason`), late (`late`), or both. `out`/`away`: numbers of half-days, both included.

    `overdue_repair`: the day on which it was expected back in use is over, and nobody put it back.
    """

    id: int
    code: str
    scenario_id: int
    scenario_code: str
    scenario_title_fr: str
    scenario_title_en: str
    out_reason: OutReason | None
    out_note: str
    out_from: date | None
    out_until: date | None
    out: tuple[int, int] | None
    late: LateLoan | None
    late_away: tuple[int, int] | None
    overdue_repair: bool

    def scenario_title(self, locale: Locale) -> str:
        return self.scenario_title_en if locale == "en" and self.scenario_title_en else self.scenario_title_fr

    def why(self, first: int, last: int) -> LoanCancel | None:
        """For what reason it is away on some of these half-days; None where it is there on all of them."""
        if self.out is not None and self.out[0] <= last and first <= self.out[1]:
            return LoanCancel.BOX_BROKEN
        if self.late_away is not None and self.late_away[0] <= last:
            return LoanCancel.BOX_LATE
        return None


@dataclass(frozen=True)
class Promise:
    """What an away box is promised to: a loan (`purpose_id` is its id) or an event (`event_boxes.id`).

    `first`/`last` with buffers, `from_half`/`to_half` without. `key` names it in a form, `seen` is its state as somebody reads it.
    `can_wait`: the box is likely to be back by then. `urgent`: it begins today, or has begun.
    """

    box_id: int
    purpose: Purpose
    purpose_id: int
    first: int
    last: int
    from_half: int
    to_half: int
    why: LoanCancel
    seen: str
    can_wait: bool
    urgent: bool

    @property
    def key(self) -> str:
        return f"{self.purpose.value}-{self.purpose_id}-{self.box_id}"

    @property
    def whose(self) -> tuple[Purpose, int]:
        """The loan, or what the event asked for: several of its boxes may be away."""
        return self.purpose, self.purpose_id

    @property
    def period(self) -> Period:
        return Period(HalfDay.of_number(self.from_half), HalfDay.of_number(self.to_half))


@dataclass(frozen=True)
class TroubleCount:
    """What is to be settled, counted: loans and events with promises that cannot wait, and events short of boxes."""

    promises: tuple[Promise, ...] = ()
    boxes: tuple[AwayBox, ...] = ()
    short: int = 0

    @property
    def total(self) -> int:
        return len({promise.whose for promise in self.promises if not promise.can_wait}) + self.short

    @property
    def urgent(self) -> int:
        return len({promise.whose for promise in self.promises if promise.urgent})

    def of_box(self, box_id: int) -> int:
        """How many promises of that box are to be settled."""
        return sum(promise.box_id == box_id and not promise.can_wait for promise in self.promises)

    def of_boxes(self, box_ids: frozenset[int]) -> int:
        return sum(map(self.of_box, box_ids))

    def of_loan(self, loan_id: int) -> int:
        """How many boxes that the loan is promised are away."""
        found = {p.box_id for p in self.promises if (p.purpose, p.purpose_id) == (Purpose.LOAN, loan_id)}
        return len(found)


@dataclass(frozen=True)
class Reminded:
    """The last reminder of a late loan."""

    sent_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class TroubleRow:
    """A promise with what can be done for it. `boxes`: free on the whole use, the one whose turn it is first.

    `proposed` is one of them, given to no other promise at the same time; `elsewhere`: ids of those that are proposed to another
    promise then. `dates`: the nearest ones on which it could be kept as a whole. `may_move`: other dates, or calling off.
    `accredited`: somebody named may run it, where that is asked for.
    """

    promise: Promise
    loan: LoanRow | None
    event: EventBoxesRow | None
    boxes: tuple[PoolBox, ...] = ()
    proposed: PoolBox | None = None
    elsewhere: frozenset[int] = frozenset()
    dates: tuple[Period, ...] = ()
    may_move: bool = False
    accredited: bool = True


@dataclass(frozen=True)
class TroubleBox:
    """An away box with its promises, the earliest first."""

    box: AwayBox
    reminded: Reminded | None
    rows: tuple[TroubleRow, ...]


@dataclass(frozen=True)
class Trouble:
    """All that is to be looked at: boxes that are away (the most pressing first), and events short of boxes or people."""

    boxes: tuple[TroubleBox, ...]
    short: tuple[EventBoxesRow, ...]

    @property
    def rows(self) -> tuple[TroubleRow, ...]:
        return tuple(row for found in self.boxes for row in found.rows)


@dataclass(frozen=True)
class Settled:
    """What was settled at once: `lines` are those of the history, promise by promise."""

    token: str
    at: datetime
    by: str
    lines: tuple[Mapping[str, object], ...] = field(default=())
