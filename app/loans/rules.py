"""Pure decisions on loans: which move is allowed to whom, what may be asked for, which box is next."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError, MoveNotAllowed
from app.core.i18n import as_locale
from app.core.text import clean_reach
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanMove, LoanState, ReminderKind
from app.resources.enums import Half, SchoolZone
from app.resources.halfdays import HalfDay, Period
from app.resources.holidays import known_until, school_holidays


class Party(enum.StrEnum):
    """Who makes a move. Programs with a token are staff; the system is what works by itself, and may what staff may."""

    BORROWER = "borrower"
    STAFF = "staff"
    SYSTEM = "system"


class Allowed(NamedTuple):
    """Where a move leads, and who may make it."""

    to: LoanState
    parties: frozenset[Party]


_LENDER = frozenset({Party.STAFF, Party.SYSTEM})
_BOTH = frozenset(Party)
_S, _M = LoanState, LoanMove

MOVES: Mapping[LoanState, Mapping[LoanMove, Allowed]] = {
    _S.ASKED: {
        _M.APPROVE: Allowed(_S.APPROVED, _LENDER),
        _M.REFUSE: Allowed(_S.REFUSED, _LENDER),
        _M.CANCEL: Allowed(_S.CANCELLED, _BOTH),
    },
    _S.APPROVED: {
        _M.AGREE: Allowed(_S.AGREED, _BOTH),
        _M.CANCEL: Allowed(_S.CANCELLED, _BOTH),
        _M.NOT_COLLECTED: Allowed(_S.NOT_COLLECTED, _LENDER),
    },
    _S.AGREED: {
        _M.HAND_OVER: Allowed(_S.HANDED_OVER, _LENDER),
        _M.CANCEL: Allowed(_S.CANCELLED, _BOTH),
        _M.NOT_COLLECTED: Allowed(_S.NOT_COLLECTED, _LENDER),
    },
    _S.HANDED_OVER: {_M.RETURN: Allowed(_S.RETURNED, _LENDER)},
    _S.RETURNED: {_M.CHECK: Allowed(_S.CHECKED, _LENDER)},
    _S.CHECKED: {_M.CLOSE: Allowed(_S.CLOSED, _LENDER)},
    _S.CLOSED: {},
    _S.REFUSED: {},
    _S.CANCELLED: {},
    _S.NOT_COLLECTED: {},
}
"""The one table of moves (docs/boxes.md)."""

WAITING_OR_HELD = frozenset({_S.ASKED, _S.APPROVED, _S.AGREED})
"""Before hand-over: dates and boxes may still change."""
HOLDS_BOXES = frozenset({_S.APPROVED, _S.AGREED, _S.HANDED_OVER})
"""Particular boxes are promised or out: each has its use."""
ENDED = frozenset({_S.CLOSED, _S.REFUSED, _S.CANCELLED, _S.NOT_COLLECTED})

FARTHEST = timedelta(days=3 * 366)
LONGEST_HALVES = 2 * 366
MOST_BOXES = 100
MOST_PLAYERS = 10_000
MOST_FACILITATORS = 20
_LENGTHS = {"contact_name": 120, "purpose_note": 300, "place": 160, "notes": 2000}


class Lent(Protocol):
    """What these rules need to know of a scenario (`app.boxes.rows.ScenarioRow` has it)."""

    @property
    def longest_halves(self) -> int | None: ...
    @property
    def players_min(self) -> int | None: ...
    @property
    def players_max(self) -> int | None: ...


class Calendar(Protocol):
    """`app.resources.calendars.OpenDays`."""

    def why_closed(self, day: date) -> tuple[str, str] | None: ...


@dataclass(frozen=True)
class Borrowing:
    """What a request is judged by. `zone` is that of a school's holidays; None where the borrower is no school.

    `half`: the half of today that runs; what ended before it is over.
    """

    party: Party
    today: date
    zone: SchoolZone | None = None
    half: Half = Half.AM


def party_of(by: Actor) -> Party:
    if by.kind is ActorKind.VISITOR:
        return Party.BORROWER
    return Party.SYSTEM if by.kind is ActorKind.SYSTEM else Party.STAFF


def require_move(state: LoanState, move: LoanMove, by: Actor) -> LoanState:
    """The state that the move leads to. Raises MoveNotAllowed."""
    allowed = MOVES[state].get(move)
    if allowed is None or party_of(by) not in allowed.parties:
        raise MoveNotAllowed(move.value, state.value)
    return allowed.to


def moves_for(state: LoanState, party: Party) -> tuple[LoanMove, ...]:
    """The moves that somebody may make now, in the table's order."""
    return tuple(move for move, allowed in MOVES[state].items() if party in allowed.parties)


def clean_loan(draft: LoanDraft, scenario: Lent, days: Calendar, who: Borrowing) -> LoanDraft:
    """The request with clean texts. Raises FieldError at from, to, boxes, players, facilitators, email, phone and texts."""
    texts = {name: getattr(draft, name).strip() for name in _LENGTHS}
    problems = {name: "too_long" for name, text in texts.items() if len(text) > _LENGTHS[name]}
    problems |= period_problems(draft.period, scenario, days, who)
    if not 1 <= draft.boxes <= MOST_BOXES:
        problems["boxes"] = "number_too_low" if draft.boxes < 1 else "number_too_high"
    if draft.players is not None and not 1 <= draft.players <= MOST_PLAYERS:
        problems["players"] = "number_too_low" if draft.players < 1 else "number_too_high"
    if len(draft.facilitator_ids) > MOST_FACILITATORS:
        problems["facilitators"] = "too_many"
    email, phone = clean_reach(draft.email, draft.phone, problems)
    if problems:
        raise FieldError(problems)
    ids = tuple(dict.fromkeys(draft.facilitator_ids))
    return replace(
        draft, **texts, email=email, phone=phone, locale=as_locale(draft.locale), facilitator_ids=ids
    )  # fmt: skip


def period_problems(period: Period, scenario: Lent, days: Calendar, who: Borrowing) -> dict[str, str]:
    """Codes at from and to: past, half_day_over, too_far, loan_too_long; for borrowers closed_…, school_holidays and the scenario's
    longest.
    """
    problems: dict[str, str] = {}
    if period.first.date < who.today:
        problems["from"] = "past"
    if period.first.date < who.today - FARTHEST:
        return problems
    if period.last.date > who.today + FARTHEST:
        problems["to"] = "too_far"
        return problems
    if not problems and period.last < HalfDay(who.today, who.half):
        problems["to"] = "half_day_over"
    longest = LONGEST_HALVES
    if who.party is Party.BORROWER:
        longest = min(longest, scenario.longest_halves or longest)
        for name, end in (("from", period.first), ("to", period.last)):
            problem = _closed(end.date, days, who.zone)
            if problem:
                problems.setdefault(name, problem)
    if len(period) > longest:
        problems.setdefault("to", "loan_too_long")
    return problems


def warnings_of(draft: LoanDraft, scenario: Lent, who: Borrowing) -> tuple[str, ...]:
    """What is worth saying and stops nobody: players_few, players_many, school_holidays_unknown."""
    found = player_warnings(draft.players, draft.boxes, scenario)
    if who.zone is not None and draft.period.last.date > known_until():
        return (*found, "school_holidays_unknown")
    return found


def player_warnings(players: int | None, boxes: int, scenario: Lent) -> tuple[str, ...]:
    """players_few: fewer than the game is for; players_many: more for each box than it is for."""
    if players is None:
        return ()
    few = scenario.players_min is not None and players < scenario.players_min
    many = scenario.players_max is not None and -(-players // boxes) > scenario.players_max
    return (*(("players_few",) if few else ()), *(("players_many",) if many else ()))


def period_of(first_day: date, first_half: str, last_day: date, last_half: str) -> Period:
    """A period from what forms and programs send. Raises FieldError at to (order)."""
    first, last = HalfDay(first_day, Half(first_half)), HalfDay(last_day, Half(last_half))
    if last < first:
        raise FieldError({"to": "order"})
    return Period(first, last)


def moved_to(period: Period, first: HalfDay, days: Calendar) -> Period:
    """The period when it begins on another half-day: as long as it was.

    It keeps its open half-days, so that two days over a weekend stay two days; where it began or ended on a closed day, or begins
    on one now, it keeps all its half-days.
    """
    if any(days.why_closed(end.date) for end in (period.first, period.last, first)):
        return Period(first, first.plus(len(period) - 1))
    left = sum(days.why_closed(half_day.date) is None for half_day in period) - 1
    last = first
    while left > 0:
        last = last.plus(1)
        left -= days.why_closed(last.date) is None
    return Period(first, last)


def reminder_due(to_date: date, promised_on: date | None, today: date) -> ReminderKind | None:
    """The reminder whose turn it is while boxes are out; none until the day that the borrower promised is over."""
    if promised_on is not None and today <= promised_on:
        return None
    left = (to_date - today).days
    if left > 3:
        return None
    if left > 1:
        return ReminderKind.B3
    if left >= 0:
        return ReminderKind.B1
    return ReminderKind.A1 if left > -7 else ReminderKind.A7


def _closed(day: date, days: Calendar, zone: SchoolZone | None) -> str | None:
    why = days.why_closed(day)
    if why is not None:
        return f"closed_{why[0]}"
    return "school_holidays" if zone is not None and school_holidays(zone, day) else None
