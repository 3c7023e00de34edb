"""What is held about a contact, for their own eyes: on a page, and whole as a file to keep."""

from datetime import date
from typing import Any

from flask import Blueprint, g, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.text import shown_phone as phone
from app.loans.agreements import agreement_content
from app.loans.errors import LoanNotFound, NoAgreement
from app.loans.held import may_read_agreements
from app.loans.queries import get_loan_by_reference
from app.loans.words import day_words
from app.structures.held import held_of
from app.structures.queries import ContactRow, get_contact
from app.web.context import show_organiser
from app.web.guards import contact, current_contact
from app.web.i18n import current_locale
from app.web.public.held_data import data_file
from app.web.public.loan_held import LANGUAGES, acceptances, day_of, days_of, mail_lines, title_of
from app.web.public.tickets import pdf_response

blueprint = Blueprint("my_data", __name__, url_prefix="/my")


@blueprint.before_request
def dress() -> None:
    """In the name and colours of the organiser whose contact it is."""
    if "contact" in g:
        show_organiser(current_contact().organiser_id)


@blueprint.get("/data")
@contact
def held() -> str:
    """What is held about this person, at the structure that they look at."""
    known = _own_card()
    record = held_of(known)
    return render_template(
        "my/data.html",
        contact=current_contact(),
        facts=_facts(known),
        loans=[_loan_line(loan) for loan in reversed(record["loans"])],
        loans_to_run=[_outline(loan) for loan in reversed(record["loans_to_run"])],
        accreditations=[_accreditation_words(a) for card in record["facilitator"] for a in card["accreditations"]],
        running=[
            f"{title_of(one['event'])}, {days_of(one)}" for card in record["facilitator"] for one in card["events"]
        ],
        trainings=[f"{title_of(one['event'])}, {day_of(one['starts_at'])}" for one in record["trainings"]],
        registrations=[
            (one["reference"], f"{title_of(one['event'])}, {day_of(one['starts_at'])}", "")
            for one in reversed(record["registrations"])
        ],
        mails=mail_lines(record),
    )


@blueprint.get("/data.json")
@contact
def export() -> Response:
    """The same, for programs: everything that is held, and what happened with it."""
    return data_file(held_of(_own_card()), "parcours")


@blueprint.get("/data/loans/<reference>/agreement-<number>.pdf")
@contact
def agreement(reference: str, number: str) -> Response:
    """An agreement as it was made, for whom it names; also after the loan's own link is closed."""
    known = _own_card()
    loan = get_loan_by_reference(reference.replace("\x00", ""), organiser_id=known.organiser_id)
    if not may_read_agreements(known, loan):
        raise LoanNotFound(reference)
    try:
        content = agreement_content(loan.id, int(number) if number.isdecimal() and len(number) < 5 else 0)
    except NoAgreement as error:
        raise LoanNotFound(number) from error
    return pdf_response(content, f"convention-{loan.reference}-{number}.pdf")


def _own_card() -> ContactRow:
    visiting = current_contact()
    return get_contact(visiting.contact_id, organiser_id=visiting.organiser_id)


def _facts(known: ContactRow) -> list[tuple[str, str]]:
    """(term, value); what is empty is not held."""
    visiting = current_contact()
    facts = [
        (_("Name"), known.name),
        (_("Function"), known.duty),
        (_("E-mail address"), known.email),
        (_("Telephone"), phone(known.phone) if known.phone else ""),
        (_("School or organisation"), visiting.structure_name),
        (_("Town"), visiting.structure_commune),
        (_("Language"), LANGUAGES.get(known.locale, known.locale)),
    ]
    return [(term, value) for term, value in facts if value]


def _loan_line(told: dict[str, Any]) -> tuple[str, str, str]:
    """Its number; what, when and where; who accepted the agreement."""
    said = f"{title_of(told['scenario'])}, {days_of(told)}", told["place"]
    words = (_("Agreement accepted by %(name)s on %(day)s at %(hour)s.", **one) for one in acceptances(told))
    return told["reference"], " · ".join(filter(None, said)), " ".join(words)


def _outline(told: dict[str, Any]) -> tuple[str, str, str]:
    return told["reference"], f"{title_of(told['scenario'])}, {days_of(told)}", ""


def _accreditation_words(told: dict[str, Any]) -> str:
    """« La molécule perdue: since Monday 1 February 2027 »."""
    title = title_of(told["scenario"])
    if told["withdrawn_at"]:
        return str(_("%(title)s: withdrawn on %(day)s", title=title, day=day_of(told["withdrawn_at"])))
    first = day_words(date.fromisoformat(told["granted_on"]), current_locale())
    if not told["expires_on"]:
        return str(_("%(title)s: since %(day)s", title=title, day=first))
    last = day_words(date.fromisoformat(told["expires_on"]), current_locale())
    return str(_("%(title)s: from %(first)s to %(last)s", title=title, first=first, last=last))
