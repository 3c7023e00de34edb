"""What is held about whoever borrows, in words for pages: the records of `app.loans.held` and `app.structures.held`."""

from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.core.i18n import translate
from app.core.text import shown_phone as phone
from app.loans.enums import LoanMove, LoanState
from app.loans.queries import LoanRow
from app.loans.rules import ENDED, Party, moves_for
from app.loans.words import PURPOSE_WORDS, period_words
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.web.filters import day, hour
from app.web.i18n import current_locale

LANGUAGES = {"fr": "Français", "en": "English"}


class MailLine(NamedTuple):
    """A mail that somebody got: its day, and its subject."""

    day: str
    subject: str


def title_of(told: dict[str, Any]) -> str:
    """The title of a scenario or of an event, in the reader's language where it has one."""
    title = told["title"]
    return str(title["en"] or title["fr"] if current_locale() == "en" else title["fr"])


def days_of(told: dict[str, Any]) -> str:
    """« du lundi 1er février, le matin, au mercredi 3 février 2027, l’après-midi »."""
    first, last = (HalfDay(date.fromisoformat(told[n]["date"]), Half(told[n]["half"])) for n in ("from", "to"))
    return period_words(Period(first, last), current_locale())


def day_of(moment: str) -> str:
    """« jeudi 4 février 2027 »."""
    return day(datetime.fromisoformat(moment), year=True)


def mail_lines(record: dict[str, Any]) -> list[MailLine]:
    """The newest first."""
    return [MailLine(day_of(mail["sent_at"]), mail["subject"]) for mail in reversed(record["mails"])]


def loan_facts(loan: LoanRow, record: dict[str, Any]) -> list[tuple[str, str]]:
    """(term, value); what is empty is not held."""
    purpose = translate(current_locale(), PURPOSE_WORDS[loan.purpose])
    facts = [
        (_("Number"), loan.reference),
        (_("Name"), loan.contact_name),
        (_("E-mail address"), loan.email),
        (_("Telephone"), phone(loan.phone) if loan.phone else ""),
        (_("School or organisation"), loan.structure_name),
        (_("Town"), loan.structure_commune),
        (_("What is lent"), f"{title_of(record['scenario'])}, {days_of(record)}"),
        (_("What for"), f"{purpose} – {loan.purpose_note}" if loan.purpose_note else purpose),
        (_("Place"), loan.place),
        (_("Said to the team"), loan.notes),
        (
            _("Agreement"),
            "; ".join(_("accepted by %(name)s on %(day)s at %(hour)s", **said) for said in acceptances(record)),
        ),
        (_("Language"), LANGUAGES.get(loan.locale, loan.locale)),
    ]
    return [(term, value) for term, value in facts if value]


def what_first(state: LoanState) -> str:
    """What comes before whoever borrowed can be erased from a loan; nothing once it ended."""
    if LoanMove.CANCEL in moves_for(state, Party.BORROWER):
        return str(_("Call the loan off first, on its page. Or come back when it is over."))
    if state is LoanState.HANDED_OVER:
        return str(_("Bring back first what was lent to you. The team checks it, then the loan is over."))
    if state not in ENDED:
        return str(
            _(
                "Everything is back: the team still has to check it and to close the loan. There is nothing left for you to do."
            )
        )
    return ""


def acceptances(record: dict[str, Any]) -> list[dict[str, str]]:
    """Who accepted an agreement of the loan, on which day and at which hour: what sentences of it are filled with."""
    found = [(one["accepted_by"], datetime.fromisoformat(one["accepted_at"])) for one in _accepted(record)]
    return [{"name": name, "day": day(at, year=True), "hour": hour(at)} for name, at in found]


def _accepted(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [agreement for agreement in record["agreements"] if agreement["accepted_by"]]
