"""What the desk says of a box that was counted already, or is not to be counted yet: two desks, a form sent twice."""

from datetime import datetime

from flask_babel import gettext as _

from app.loans.enums import CountMoment
from app.loans.queries import LoanBoxRow
from app.web.filters import day, hour


def is_due(held: LoanBoxRow, moment: CountMoment) -> bool:
    """Whether that is what is to be done with a box of a loan next."""
    if moment is CountMoment.HAND_OVER:
        return held.handed_over_at is None
    return held.is_away if moment is CountMoment.RETURN else bool(held.returned_at and not held.checked_at)


def undue_words(code: str, held: LoanBoxRow | None, moment: CountMoment, *, sent: bool = False) -> str:
    """Why it is not due: done since when, or what comes first. `sent`: somebody counted it, and that was not written."""
    if held is None:
        return str(_("%(code)s is not, or no longer, a box of this loan.", code=code))
    done = {
        CountMoment.HAND_OVER: held.handed_over_at, CountMoment.RETURN: held.returned_at, CountMoment.CHECK: held.checked_at,
    }[moment]  # fmt: skip
    if done is None:
        if held.handed_over_at is None:
            return str(_("%(code)s is not handed over yet.", code=code))
        return str(_("%(code)s is not back yet.", code=code))
    texts = [_done_words(code, moment, done), *([str(_("Nothing was written a second time."))] if sent else [])]
    return " ".join(texts)


def _done_words(code: str, moment: CountMoment, at: datetime) -> str:
    when = {"code": code, "day": day(at), "hour": hour(at)}
    if moment is CountMoment.HAND_OVER:
        return str(_("%(code)s is handed over already: %(day)s, %(hour)s.", **when))
    if moment is CountMoment.RETURN:
        return str(_("%(code)s is back already: %(day)s, %(hour)s.", **when))
    return str(_("%(code)s is checked already: %(day)s, %(hour)s.", **when))
