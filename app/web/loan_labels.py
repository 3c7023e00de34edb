"""How loans are named to people: states, reasons, purposes, half-days."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.loans.enums import CountMoment, LoanCancel, LoanMove, LoanPurpose, LoanRefusal, LoanState
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.web.filters import date_by

STATE_BADGES: Mapping[LoanState, tuple[str, object, str]] = {
    LoanState.ASKED: ("waiting", lazy_pgettext("loan", "To decide"), "hourglass"),
    LoanState.APPROVED: ("info", lazy_pgettext("loan", "Agreement to accept"), "file-text"),
    LoanState.AGREED: ("ok", lazy_pgettext("loan", "To hand over"), "package-export"),
    LoanState.HANDED_OVER: ("brand", lazy_pgettext("loan", "With the borrower"), "truck-delivery"),
    LoanState.RETURNED: ("waiting", lazy_pgettext("loan", "To check"), "clipboard-check"),
    LoanState.CHECKED: ("waiting", lazy_pgettext("loan", "Checked, to close"), "clipboard-list"),
    LoanState.CLOSED: ("neutral", lazy_pgettext("loan", "Closed"), "circle-check"),
    LoanState.REFUSED: ("neutral", lazy_pgettext("loan", "Refused"), "x"),
    LoanState.CANCELLED: ("neutral", lazy_pgettext("loan", "Called off"), "ban"),
    LoanState.NOT_COLLECTED: ("neutral", lazy_pgettext("loan", "Not collected"), "clock-x"),
}
"""Of each state: the kind of badge, its words and its icon."""
REFUSAL_LABELS: Mapping[LoanRefusal, object] = {
    LoanRefusal.NO_BOX: _l("No box is free"),
    LoanRefusal.NO_FACILITATOR: _l("Nobody accredited would run it"),
    LoanRefusal.TOO_SOON: _l("Asked for too late to prepare it"),
    LoanRefusal.TOO_LONG: _l("Asked for too long"),
    LoanRefusal.OUTSIDE_AREA: _l("Outside the area that we lend in"),
    LoanRefusal.LATE_BEFORE: _l("An earlier loan came back late or damaged"),
    LoanRefusal.OTHER: _l("Another reason"),
}
CANCEL_LABELS: Mapping[LoanCancel, object] = {
    LoanCancel.BORROWER_CHANGED: _l("The borrower changed their plans"),
    LoanCancel.BORROWER_ABSENT: _l("Somebody is absent at the borrower’s"),
    LoanCancel.BOX_BROKEN: _l("The box is out of service"),
    LoanCancel.BOX_LATE: _l("The box has not come back in time"),
    LoanCancel.LENDER_CLOSED: _l("We are closed on these days"),
    LoanCancel.OTHER: _l("Another reason"),
}
PURPOSE_LABELS: Mapping[LoanPurpose, object] = {
    LoanPurpose.CLASS: _l("With a class"),
    LoanPurpose.JOB_SEEKERS: _l("With job seekers"),
    LoanPurpose.STAFF: _l("With one’s own staff"),
    LoanPurpose.PUBLIC_EVENT: _l("At a public event"),
    LoanPurpose.OTHER: _l("Something else"),
}
MOMENT_LABELS: Mapping[CountMoment, object] = {
    CountMoment.HAND_OVER: lazy_pgettext("count", "Hand-over"),
    CountMoment.RETURN: lazy_pgettext("count", "Return"),
    CountMoment.CHECK: lazy_pgettext("count", "Check"),
}
HALF_LABELS: Mapping[Half, object] = {Half.AM: _l("morning"), Half.PM: _l("afternoon")}
MOVE_LABELS: Mapping[LoanMove, object] = {
    LoanMove.APPROVE: _l("Approve"),
    LoanMove.REFUSE: _l("Refuse"),
    LoanMove.AGREE: _l("Signed on paper"),
    LoanMove.NOT_COLLECTED: _l("Nobody came for it"),
    LoanMove.CLOSE: _l("Close the loan"),
    LoanMove.CANCEL: _l("Call the loan off"),
}
REFUSALS: Mapping[str, object] = {
    "no_box_free": _l("There are not enough free boxes on these days, with the half-days to prepare and check them."),
    "no_accredited_facilitator": _l("None of the facilitators of this loan is accredited on all its days."),
    "box_not_free": _l("This box is no longer free on these days. Choose another one."),
    "box_out_of_service": _l("This box is out of service. Put it back in service or swap it first."),
    "box_away": _l("This box is elsewhere by now. Here is how it stands."),
    "too_soon": _l("The loan has not begun yet: somebody may still come for the box."),
    "no_agreement": _l("There is a newer agreement than the one that was read."),
    "loan_changed": _l("Somebody changed this loan since you opened it. Look at it again before you go on."),
    "move_not_allowed": _l("This is no longer possible: the loan has gone on meanwhile."),
}
"""What refusals of moves say, by code."""


def refusal_words(code: str) -> str:
    return str(REFUSALS.get(code, REFUSALS["move_not_allowed"]))


def day_words(day: date, *, year: bool = False) -> str:
    """mardi 9 mars, Tuesday 9 March."""
    return date_by(day, "EEEE d MMMM yyyy" if year else "EEEE d MMMM")


def half_words(half_day: HalfDay, *, year: bool = False) -> str:
    """mardi 9 mars, matin."""
    return str(_("%(day)s, %(half)s", day=day_words(half_day.date, year=year), half=HALF_LABELS[half_day.half]))


def period_words(period: Period, *, year: bool = True) -> str:
    """From its first half-day to its last; whole days and single half-days are said shorter."""
    first, last = period.first, period.last
    if first == last:
        return half_words(first, year=year)
    if first.date == last.date:
        return str(_("%(day)s, all day", day=day_words(first.date, year=year)))
    same_year = first.date.year == last.date.year
    return str(
        _("from %(first)s to %(last)s", first=half_words(first, year=not same_year), last=half_words(last, year=year))
    )


def short_period(period: Period) -> str:
    """mar. 9 mars matin – ven. 12 mars après-midi, for lists."""

    def said(half_day: HalfDay) -> str:
        return f"{date_by(half_day.date, 'EEE d MMM')} {HALF_LABELS[half_day.half]}"

    return said(period.first) if period.first == period.last else f"{said(period.first)} – {said(period.last)}"
