"""What a move on the planning board would change, said before it is done: who gets what, who is told, what stands in the way."""

from dataclasses import dataclass

from flask_babel import gettext as _

from app.boxes.queries import accredited_on, get_box_by_id
from app.core import clock
from app.loans.availability import free_boxes
from app.loans.drafts import OtherLoan
from app.loans.enums import LoanState
from app.loans.queries import LoanRow, get_loan_by_reference
from app.loans.rules import Borrowing, Party, moved_to, period_problems
from app.reports.queries.box_board import BoardBox, box_board
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.halfdays import HalfDay, Period, half_day_at
from app.web.loan_labels import day_words, period_words, refusal_words
from app.web.manage.boxes_board_days import closed_words
from app.web.manage.boxes_board_lines import first_up, repair_words, use_words
from app.web.manage.boxes_board_offers import EXCHANGE, FREE, OWN, Hand, Offer, around, numbers_of, offer_of
from app.web.wording import message_for


@dataclass(frozen=True)
class Question:
    """A move before it is made. `lines`: what follows from it; `why`: what stands in the way, and then it cannot be made.

    `other`: the loan that exchanges boxes with it, as the lines tell of it.
    """

    title: str
    lines: tuple[str, ...]
    action: str
    done: str
    why: tuple[str, ...] = ()
    other: OtherLoan | None = None


def swap_question(hand: Hand, box_id: int) -> Question:
    """Another box for the loan in hand: a free one, or that of another loan in exchange. Raises BoxNotFound."""
    loan, had = hand.loan, hand.held.code
    target = hand.board.get(box_id)
    if target is None:
        return _foreign(hand, box_id)
    code, offer = target.box.code, offer_of(hand, target)
    names = {"name": loan.structure_name, "code": code, "had": had}
    title = _("%(name)s gets %(code)s instead of %(had)s?", **names)
    lines = [f"{first_up(period_words(loan.period))}."]
    done = _("%(name)s has %(code)s now instead of %(had)s.", **names)
    action = _("Give this box")
    others = [loan]
    if offer.kind == EXCHANGE and offer.other is not None:
        other = get_loan_by_reference(offer.other.reference, organiser_id=loan.organiser_id)
        both = {"other": other.structure_name, "period": period_words(other.period), "code": code, "had": had}
        lines.append(_("%(other)s gets %(had)s instead of %(code)s: %(period)s.", **both))
        title = _("Exchange %(had)s and %(code)s?", **names)
        lines.insert(0, _("%(name)s gets %(code)s instead of %(had)s.", **names))
        done = _("%(name)s has %(code)s now, and %(other)s has %(had)s.", **names, other=other.structure_name)
        action = _("Exchange")
        others.append(other)
    lines += [line for one in others for line in _told(one)]
    exchanged = OtherLoan(others[1].id, others[1].revision) if len(others) > 1 else None
    return Question(title, tuple(lines), action, done, tuple(_in_the_way(hand, target, offer)), exchanged)


def _foreign(hand: Hand, box_id: int) -> Question:
    box = get_box_by_id(box_id, organiser_id=hand.loan.organiser_id)
    names = {"code": box.code, "scenario": box.scenario_code, "wanted": hand.scenario.code}
    title = _("%(code)s cannot be given", code=box.code)
    why = _("%(code)s is a box of %(scenario)s, and this loan is for %(wanted)s.", **names)
    return Question(title, (), "", "", (why,))


def _in_the_way(hand: Hand, target: BoardBox, offer: Offer) -> list[str]:
    code = target.box.code
    if offer.kind == OWN:
        return [_("The loan has %(code)s already.", code=code)]
    why = _unaccredited(hand, hand.loan.period)
    if offer.kind in {FREE, EXCHANGE}:
        return why
    why += _unusable(target, hand.first, hand.last)
    if offer.other is not None:
        why.append(use_words(code, offer.other))
        why += [use_words(hand.held.code, use) for use in offer.why[1:]]
        why.append(_("The two boxes cannot be exchanged: each must be free on the other loan’s days."))
        return why
    return why + [use_words(code, use) for use in offer.why]


def _unusable(target: BoardBox, first: int, last: int) -> list[str]:
    if target.is_usable(first, last):
        return []
    if target.late_from is not None:
        return [_("%(code)s has not come back from its last loan.", code=target.box.code)]
    return [_("%(code)s is out of service: %(why)s.", code=target.box.code, why=repair_words(target.box))]


def _told(loan: LoanRow) -> list[str]:
    """Who is written to, and what has to be accepted again."""
    name = loan.structure_name
    lines = [
        _("%(name)s is told by e-mail.", name=name)
        if loan.email
        else _("%(name)s has no e-mail address here: tell them yourself.", name=name)
    ]
    if loan.state is LoanState.AGREED:
        lines.append(_("%(name)s has to accept the agreement again.", name=name))
    return lines


def moved_period(hand: Hand, first: HalfDay) -> Period:
    """The loan's dates when it begins then."""
    return moved_to(hand.loan.period, first, _calendar(hand, first))


def _calendar(hand: Hand, first: HalfDay) -> OpenDays:
    loan = hand.loan
    return open_days(loan.organiser_id, min(first.date, loan.from_date), max(first.date, loan.to_date))


def dates_question(hand: Hand, first: HalfDay) -> Question:
    """Other dates for the loan in hand. Where a box is not free then, another one stands in for it."""
    loan, calendar = hand.loan, _calendar(hand, first)
    period = moved_to(loan.period, first, calendar)
    names = {"name": loan.structure_name, "period": period_words(period)}
    lines = [_("Instead of: %(period)s.", period=period_words(loan.period))]
    if len(loan.loan_boxes) > 1:
        lines.append(_("All boxes of this loan move along: %(codes)s.", codes=", ".join(loan.box_codes)))
    for end in dict.fromkeys((period.first.date, period.last.date)):
        closed = calendar.why_closed(end)
        if closed is not None and closed.label:
            lines.append(_("You are closed on %(day)s: %(why)s.", day=day_words(end), why=closed_words(closed)))
        elif closed is not None:
            lines.append(_("You are closed on %(day)s.", day=day_words(end)))
    why = [*_problems(hand, period, calendar), *_unaccredited(hand, period)]
    replaced, missing = _replaced(hand, period, calendar)
    lines += [*replaced, *_told(loan)]
    title = _("%(name)s: %(period)s?", **names)
    done = _("New dates for %(name)s: %(period)s.", **names)
    return Question(title, tuple(lines), _("Change the dates"), done, tuple(why + missing))


def _problems(hand: Hand, period: Period, calendar: OpenDays) -> list[str]:
    if period == hand.loan.period:
        return [_("These are its dates already.")]
    today = half_day_at(clock.now(), lending_zone()).date
    problems = period_problems(period, hand.scenario, calendar, Borrowing(Party.STAFF, today))
    return [message_for(code) for code in dict.fromkeys(problems.values())]


def _unaccredited(hand: Hand, period: Period) -> list[str]:
    ids = [person.id for person in hand.loan.facilitators]
    if not hand.scenario.asks_accreditation:
        return []
    found = accredited_on(hand.scenario.id, ids, period.first.date, period.last.date)
    return [] if found else [refusal_words("no_accredited_facilitator")]


def _replaced(hand: Hand, period: Period, calendar: OpenDays) -> tuple[list[str], list[str]]:
    """Which boxes others stand in for, as `change_dates` would choose them; or who has them, when there are not enough."""
    loan, now = hand.loan, clock.now()
    free = free_boxes(hand.scenario, period, now=now, calendar=calendar, but_loan_id=loan.id)
    held = {box.box_id: box.code for box in loan.loan_boxes}
    gone = [code for box_id, code in held.items() if box_id not in {box.id for box in free}]
    spare = [box.code for box in free if box.id not in held]
    if not gone:
        return [], []
    first, last = numbers_of(period, hand.scenario, calendar)
    begin, end = around(period.first.date, period.last.date)
    board = box_board(loan.organiser_id, begin, end, now=now, scenario_id=hand.scenario.id)
    taken = [found for found in board if found.box.code in gone]
    why = [line for found in taken for line in _unusable(found, first, last)]
    why += [use_words(f.box.code, use) for f in taken for use in f.in_the_way(first, last, but=loan.reference)]
    if len(spare) < len(gone):
        return [], [*why, refusal_words("no_box_free")]
    instead = [
        _("The loan gets %(code)s instead of %(had)s.", code=code, had=had)
        for had, code in zip(gone, spare, strict=False)
    ]
    return [*why, *instead], []
