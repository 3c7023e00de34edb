"""How loans are named to people: states, reasons, purposes, half-days."""

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Conflict, MoveNotAllowed
from app.loans import words
from app.loans.enums import CountMoment, LoanCancel, LoanMove, LoanPurpose, LoanRefusal, LoanState
from app.loans.standing import Standing
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.web.filters import date_by
from app.web.i18n import current_locale

_Key = TypeVar("_Key")


def _capitals(said: Mapping[_Key, str]) -> dict[_Key, object]:
    """The words of mails at the beginning of a line, in the language of whoever reads."""

    def capital(text: str) -> str:
        shown = str(_(text))
        return shown[:1].upper() + shown[1:]

    return {key: LazyString(capital, text) for key, text in said.items()}


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
STANDING_BADGES: Mapping[Standing, tuple[str, object, str]] = {
    Standing.READY: ("ok", _l("May be approved now"), "check"),
    Standing.WAITS: ("waiting", _l("Waits for a training"), "hourglass"),
    Standing.TRAINING_OVER: ("danger", _l("The training is over, nobody accredited"), "alert-triangle"),
    Standing.TRAINING_OFF: ("danger", _l("The training does not take place"), "alert-triangle"),
    Standing.TRAINING_LATE: ("danger", _l("The training is too late for it"), "alert-triangle"),
    Standing.NOBODY: ("waiting", _l("Nobody accredited"), "alert-triangle"),
    Standing.NOBODY_LEFT: ("danger", _l("Nobody accredited any more"), "alert-triangle"),
}
STANDING_TEXTS: Mapping[Standing, object] = {
    Standing.WAITS: _l("Once somebody of theirs was there, you see here that it may be approved."),
    Standing.TRAINING_OVER: _l("Refuse the request, name somebody else, or accredit by hand who was there."),
    Standing.TRAINING_OFF: _l("Name somebody else, talk to the borrower about other dates, or refuse the request."),
    Standing.TRAINING_LATE: _l(
        "Nobody is trained before the first day. Name somebody else, change the dates, or refuse."
    ),
    Standing.NOBODY: _l("None of those who are named may run this game on all days. Name somebody else."),
    Standing.NOBODY_LEFT: _l("An accreditation was withdrawn or somebody has left. Name somebody else for this loan."),
}
"""What is to be done then."""
NOBODY_NAMED = _l("Nobody is named for this game. Name somebody who may run it on all days.")
REFUSAL_LABELS: Mapping[LoanRefusal, object] = _capitals(words.REFUSAL_WORDS)
CANCEL_LABELS: Mapping[LoanCancel, object] = _capitals(words.CANCEL_WORDS)
PURPOSE_LABELS: Mapping[LoanPurpose, object] = _capitals(words.PURPOSE_WORDS)
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
    LoanMove.NOT_COLLECTED: _l("Nobody came"),
    LoanMove.CLOSE: _l("Close the loan"),
    LoanMove.CANCEL: _l("Call the loan off"),
}
REFUSALS: Mapping[str, object] = {
    "no_box_free": _l("There are not enough free boxes on these days, with the half-days to prepare and check them."),
    "no_accredited_facilitator": _l("None of the facilitators of this loan is accredited on all its days."),
    "box_not_free": _l("This box is no longer free on these days. Choose another one."),
    "box_out_of_service": _l("This box is out of service. Put it back in service or swap it first."),
    "box_away": _l("This box is elsewhere by now. Here is how it stands."),
    "event_is_off": _l("This event keeps no boxes now: it is called off, over, or waits for its new date."),
    "boxes_asked_for": _l("Requests that wait ask for these boxes."),
    "too_soon": _l("The loan has not begun yet: somebody may still come for the box."),
    "no_agreement": _l("There is a newer agreement than the one that was read."),
    "loan_changed": _l("Somebody changed this loan since you opened it. Look at it again before you go on."),
    "days_over": _l("These days are over. Choose other dates, or refuse the request."),
    "move_not_allowed": _l("This is no longer possible: the loan has gone on meanwhile."),
}
"""What refusals of moves say, by code."""


def refusal_words(code: str) -> str:
    return str(REFUSALS.get(code, REFUSALS["move_not_allowed"]))


def conflict_words(error: Conflict) -> str:
    """Why a move is refused: by its own code, else by where the loan stands now."""
    if error.code in REFUSALS and error.code != MoveNotAllowed.code:
        return refusal_words(error.code)
    if isinstance(error, MoveNotAllowed) and error.state in set(LoanState):
        return stands_words(LoanState(error.state))
    return refusal_words(MoveNotAllowed.code)


def stands_words(state: LoanState) -> str:
    """That a step is not possible from where a loan stands."""
    return str(_("This is not possible: the loan stands at “%(state)s”.", state=STATE_BADGES[state][1]))


def day_words(day: date, *, year: bool = False) -> str:
    """mardi 9 mars, Tuesday 9 March."""
    return words.day_words(day, current_locale(), year=year)


def half_words(half_day: HalfDay, *, year: bool = False) -> str:
    """mardi 9 mars, le matin."""
    return words.half_day_words(half_day, current_locale(), year=year)


def period_words(period: Period, *, year: bool = True) -> str:
    """From its first half-day to its last; whole days and single half-days are said shorter."""
    return words.period_words(period, current_locale(), year=year)


def short_period(period: Period) -> str:
    """mar. 9 mars matin – ven. 12 mars après-midi, for lists."""
    first, last = period.first, period.last
    if first.date == last.date and first != last:
        return date_by(first.date, "EEE d MMM")

    def said(half_day: HalfDay) -> str:
        return f"{date_by(half_day.date, 'EEE d MMM')} {HALF_LABELS[half_day.half]}"

    return said(first) if first == last else f"{said(first)} – {said(last)}"
