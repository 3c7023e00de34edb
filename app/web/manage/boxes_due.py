"""What is to be done with a box now, as whoever has it in their hands is led there: take back, check, hand over."""

from datetime import timedelta

from flask_babel import gettext as _

from app.boxes.enums import BoxCondition
from app.boxes.rows import BoxRow
from app.core import clock
from app.loans.enums import LoanState
from app.loans.queries import LoanRow
from app.reports.queries.box_history import BoxLoan, whereabouts
from app.resources.calendars import lending_zone
from app.resources.halfdays import half_day_at
from app.web.loan_labels import period_words, stands_words
from app.web.manage.boxes_board_lines import first_up

SOON = timedelta(days=7)
"""How far ahead the desk looks."""
_MAY_GO_OUT = frozenset({LoanState.AGREED, LoanState.HANDED_OVER})


def due_address(box: BoxRow) -> str:
    """The page of what is due: the return of a box that is out, the check of one that is back, the hand-over of one that
    leaves within `SOON`, its loan where the agreement is still to be accepted; else the box's own page.
    """
    now = clock.now()
    found = whereabouts(box.id, now=now)
    if found.loan is not None:
        return _count_page(found.loan, box, "return")
    if found.to_check is not None:
        return _count_page(found.to_check, box, "check")
    following, today = found.next_loan, half_day_at(now, lending_zone()).date
    is_soon = following is not None and following.period.first.date <= today + SOON
    if following is None or not is_soon or box.condition is BoxCondition.OUT_OF_SERVICE:
        return f"/manage/boxes/all/{box.code}"
    if following.state in _MAY_GO_OUT:
        return _count_page(following, box, "hand-over")
    return f"/manage/boxes/loans/{following.reference}"


def in_the_way(loan: LoanRow, box: BoxRow) -> tuple[str, str, str, str] | None:
    """Why a box of a loan cannot be handed over now, before anybody counts: title, text, and the page that helps with its words."""
    if loan.state not in _MAY_GO_OUT:
        return _not_agreed(loan)
    if box.condition is BoxCondition.OUT_OF_SERVICE:
        here = f"/manage/boxes/loans/{loan.reference}/boxes/{box.code}/swap"
        return _("This box is out of service"), _("Choose another box for this loan."), _("Choose another box"), here
    found = whereabouts(box.id, now=clock.now())
    if found.loan is not None:
        return (
            _("%(code)s is still with %(name)s", code=box.code, name=found.loan.structure),
            _("Take it back first, or choose another box for this loan."),
            _("Take %(code)s back", code=box.code),
            _count_page(found.loan, box, "return"),
        )
    other = found.next_loan
    if other is not None and other.reference != loan.reference and other.period.first < loan.period.first:
        return (
            _("%(code)s goes to %(name)s first", code=box.code, name=other.structure),
            _("%(period)s. It cannot leave before that.", period=first_up(period_words(other.period))),
            _("See that loan"),
            f"/manage/boxes/loans/{other.reference}",
        )
    return None


def _not_agreed(loan: LoanRow) -> tuple[str, str, str, str]:
    """What comes before the hand-over, or why none comes, by where the loan stands."""
    here = f"/manage/boxes/loans/{loan.reference}"
    if loan.state is LoanState.APPROVED:
        return (
            _("The agreement is to be accepted first"),
            _("The borrower does it by the link in their mail. Or print it, have it signed, then note the signature.")
            if loan.email
            else _("Nobody’s mail address is known here: print it, have it signed, then note the signature."),
            _("To the agreement"),
            f"{here}#agreement",
        )
    if loan.state is LoanState.ASKED:
        return (
            _("The loan is not approved yet"),
            _("Approve it first: then it gets its boxes and its agreement."),
            _("See that loan"),
            here,
        )
    return _("This loan goes no further"), stands_words(loan.state), _("See that loan"), here


def _count_page(loan: BoxLoan, box: BoxRow, moment: str) -> str:
    return f"/manage/boxes/loans/{loan.reference}/boxes/{box.code}/{moment}"
