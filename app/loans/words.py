"""Loans in words, in both languages: days, states, purposes and reasons as pages, mails and agreements say them."""

from app.core.i18n import N_, Locale, format_date_by, translate
from app.loans.enums import LoanCancel, LoanPurpose, LoanRefusal, LoanState
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period

STATE_WORDS = {
    LoanState.ASKED: N_("Asked for"),
    LoanState.APPROVED: N_("Accepted, agreement to sign"),
    LoanState.AGREED: N_("Ready to be collected"),
    LoanState.HANDED_OVER: N_("With the borrower"),
    LoanState.RETURNED: N_("Brought back"),
    LoanState.CHECKED: N_("Checked"),
    LoanState.CLOSED: N_("Finished, thank you"),
    LoanState.REFUSED: N_("Declined"),
    LoanState.CANCELLED: N_("Called off by one side"),
    LoanState.NOT_COLLECTED: N_("Not collected"),
}
PURPOSE_WORDS = {
    LoanPurpose.CLASS: N_("With a class"),
    LoanPurpose.JOB_SEEKERS: N_("With job seekers"),
    LoanPurpose.STAFF: N_("With employees"),
    LoanPurpose.PUBLIC_EVENT: N_("At an event open to all"),
    LoanPurpose.OTHER: N_("For something else"),
}
REFUSAL_WORDS = {
    LoanRefusal.NO_BOX: N_("no box is free on these days"),
    LoanRefusal.NO_FACILITATOR: N_("nobody named is trained for this game yet"),
    LoanRefusal.TOO_SOON: N_("the date is too near to prepare the boxes"),
    LoanRefusal.TOO_LONG: N_("the loan would last too long"),
    LoanRefusal.OUTSIDE_AREA: N_("the place is outside the area where we lend"),
    LoanRefusal.LATE_BEFORE: N_("an earlier loan was brought back late"),
    LoanRefusal.OTHER: N_("another reason"),
}
CANCEL_WORDS = {
    LoanCancel.BORROWER_CHANGED: N_("the borrower’s plans changed"),
    LoanCancel.BORROWER_ABSENT: N_("somebody is absent at the borrower’s"),
    LoanCancel.BOX_BROKEN: N_("a box is out of service"),
    LoanCancel.BOX_LATE: N_("a box is not back in time"),
    LoanCancel.LENDER_CLOSED: N_("the lender is closed"),
    LoanCancel.OTHER: N_("another reason"),
}
BORROWERS_REASONS = (LoanCancel.BORROWER_CHANGED, LoanCancel.BORROWER_ABSENT, LoanCancel.OTHER)
"""What a borrower may call a loan off for."""
HALF_WORDS = {Half.AM: N_("in the morning"), Half.PM: N_("in the afternoon")}


def half_day_words(half_day: HalfDay, locale: Locale) -> str:
    """« lundi 1er février 2027, le matin »."""
    day = format_date_by(half_day.date, "EEEE d MMMM y", locale)
    half = translate(locale, HALF_WORDS[half_day.half])
    return f"{day}, {half}"


def period_words(period: Period, locale: Locale) -> str:
    """« du lundi 1er février 2027, le matin, au mercredi 3 février 2027, l’après-midi »; one day says itself once."""
    first, last = period.first, period.last
    if first == last:
        return half_day_words(first, locale)
    if first.date == last.date:
        day = format_date_by(first.date, "EEEE d MMMM y", locale)
        return translate(locale, "%(day)s, the whole day", day=day)
    said = {"first": half_day_words(first, locale), "last": half_day_words(last, locale)}
    return translate(locale, "from %(first)s, to %(last)s", **said)
