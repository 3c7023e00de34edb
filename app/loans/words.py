"""Loans in words, in both languages: days, states, purposes and reasons as pages, mails and agreements say them."""

from datetime import date

from app.core.i18n import N_, Locale, format_date_by, translate
from app.loans.enums import LoanCancel, LoanPurpose, LoanRefusal, LoanState
from app.loans.things import THING_WORDS
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
BORROWERS_STATE_WORDS = {
    **STATE_WORDS,
    LoanState.HANDED_OVER: N_("With you"),
    LoanState.CHECKED: N_("Brought back, not settled yet"),
    LoanState.CANCELLED: N_("Called off"),
}
"""The same as it is said to the borrower."""
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
BORROWERS_CANCEL_WORDS = {
    **CANCEL_WORDS,
    LoanCancel.BORROWER_CHANGED: N_("your plans changed"),
    LoanCancel.BORROWER_ABSENT: N_("somebody of yours is absent"),
    LoanCancel.LENDER_CLOSED: N_("we are closed on these days"),
}
"""The same as it is said to the borrower."""
BORROWERS_REASONS = (LoanCancel.BORROWER_CHANGED, LoanCancel.BORROWER_ABSENT, LoanCancel.OTHER)
"""What a borrower may call a loan off for."""
HALF_WORDS = {Half.AM: N_("in the morning"), Half.PM: N_("in the afternoon")}


def reason_words(coded: LoanRefusal | LoanCancel, locale: Locale, *, game: bool) -> str:
    """Why a loan is refused, changed or called off, as it is said to the borrower in the middle of a sentence."""
    words = REFUSAL_WORDS[coded] if isinstance(coded, LoanRefusal) else BORROWERS_CANCEL_WORDS[coded]
    of_things = THING_WORDS.get(words, words)
    return translate(locale, words) if game else translate(locale, of_things)


def day_words(day: date, locale: Locale, *, year: bool = True) -> str:
    """« lundi 1er février 2027 »."""
    return format_date_by(day, "EEEE d MMMM y" if year else "EEEE d MMMM", locale)


def half_day_words(half_day: HalfDay, locale: Locale, *, year: bool = True) -> str:
    """« lundi 1er février 2027, le matin »."""
    half = translate(locale, HALF_WORDS[half_day.half])
    return f"{day_words(half_day.date, locale, year=year)}, {half}"


def period_words(period: Period, locale: Locale, *, year: bool = True) -> str:
    """« du lundi 1er février, le matin, au mercredi 3 février 2027, l’après-midi »; one day says itself once."""
    first, last = period.first, period.last
    if first == last:
        return half_day_words(first, locale, year=year)
    if first.date == last.date:
        return translate(locale, "%(day)s, the whole day", day=day_words(first.date, locale, year=year))
    other_year = first.date.year != last.date.year
    said = {
        "first": half_day_words(first, locale, year=other_year),
        "last": half_day_words(last, locale, year=year or other_year),
    }
    return translate(locale, "from %(first)s, to %(last)s", **said)
