"""Loans whose hand-over or return falls on a day on which the organiser has closed: told before a closure is kept, and after."""

from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import gettext as _

from app.loans.enums import LoanState
from app.loans.queries import LoanFilter, LoanRow, list_loans
from app.loans.rules import HOLDS_BOXES
from app.resources.calendars import ClosedBy, open_days
from app.web.box_days import closed_words, today_of
from app.web.loan_labels import day_words
from app.web.manage.boxes_board_lines import first_up

TURNS_TO_COME = HOLDS_BOXES | {LoanState.ASKED}


def promised_in(organiser_id: int, first: date, last: date, *, now: datetime) -> list[LoanRow]:
    """The promised loans that go out or come back on one of these days, by their first half-day."""
    wanted, found, number = LoanFilter(HOLDS_BOXES, from_day=first, to_day=last), list[LoanRow](), 1
    while True:
        page = list_loans(organiser_id, wanted, number)
        found += [loan for loan in page.loans if any(first <= day <= last for day in _turns(loan, today_of(now)))]
        if number >= page.pages:
            return found
        number += 1


def closed_turns(loans: Sequence[LoanRow], *, now: datetime) -> dict[int, dict[date, str]]:
    """By loan, its days to come that lie in a closure, with what that is for. One statement for loans of one organiser.

    Weekends and holidays are none: who lent on them knew them.
    """
    turns = {loan.id: days for loan in loans if (days := _turns(loan, today_of(now)))}
    if not turns:
        return {}
    every = [day for days in turns.values() for day in days]
    calendar = open_days(loans[0].organiser_id, min(every), max(every))
    found: dict[int, dict[date, str]] = {}
    for loan_id, days in turns.items():
        for day in days:
            closed = calendar.why_closed(day)
            if closed is not None and closed.by is ClosedBy.CLOSURE:
                found.setdefault(loan_id, {})[day] = closed_words(closed)
    return found


def closed_turns_words(loan: LoanRow, *, now: datetime) -> list[str]:
    """« Vendredi 27 novembre : inventaire », for the pages of a loan."""
    found = closed_turns([loan], now=now).get(loan.id, {})
    return [_("%(day)s: %(why)s", day=first_up(day_words(day)), why=why) for day, why in found.items()]


def _turns(loan: LoanRow, today: date) -> list[date]:
    """The days on which something of a loan is still to be handed over or brought back."""
    if loan.state not in TURNS_TO_COME:
        return []
    goes_out = bool(loan.rest) or not loan.loan_boxes
    days = dict.fromkeys([*([loan.from_date] if goes_out else []), loan.to_date])
    return [day for day in days if day >= today]
