"""A loan's own page, for whoever has its link: the agreement, the return, calling it off."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.queries import get_file, list_guides
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.loans.agreements import agreement_content, find_agreement
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove
from app.loans.errors import LinkClosed, LoanNotFound, NoAgreement
from app.loans.held import tell_loan
from app.loans.links import is_closed, is_long_over
from app.loans.operations import agree_loan, move_loan
from app.loans.operations.forgetting import erase_own_loan
from app.loans.operations.reminding import answer_reminder
from app.loans.queries import LoanRow, get_loan_by_token
from app.loans.rules import ENDED
from app.loans.things import lent_words
from app.resources.settings import get_settings
from app.web.box_days import today_of
from app.web.context import show_organiser
from app.web.forms.base import PageForm, text_of
from app.web.forms.borrowing import AcceptForm, CancelLoanForm, PromiseForm
from app.web.guards import find_contact, own_link
from app.web.i18n import current_locale
from app.web.manage.boxes_files import box_file_response
from app.web.public.found import TOKEN
from app.web.public.held_data import data_file
from app.web.public.loan_held import acceptances, loan_facts, mail_lines, what_first
from app.web.public.loan_view import GETS_BOXES, borrower, link_of, loan_context, names_go_words
from app.web.public.tickets import pdf_response, unknown_link

blueprint = Blueprint("public_loan_link", __name__, url_prefix="/l")
blueprint.register_error_handler(LoanNotFound, unknown_link)

Answer = str | tuple[str, int] | Response


@blueprint.errorhandler(LinkClosed)
def closed_link(error: LinkClosed) -> Response:
    """A loan that ended long ago, or whose names went: that is all that its link still says."""
    response = make_response(render_template("my/loans/over.html", lang_urls={}, erased=error.erased), 410)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<token>")
@own_link
def show(token: str) -> str:
    return _page(_loan(token))


@blueprint.get("/<token>/agreement.pdf")
@own_link
def agreement(token: str) -> Response:
    """The agreement that counts, as it was made; `?number=` an earlier one."""
    loan = _loan(token)
    latest = find_agreement(loan.id)
    counts = latest.number if latest and latest.number > loan.outdated_agreements else 0
    wanted = request.args.get("number", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 5 else counts
    try:
        content = agreement_content(loan.id, number)
    except NoAgreement as error:
        raise LoanNotFound(str(number)) from error
    return pdf_response(content, f"convention-{loan.reference}.pdf")


@blueprint.get("/<token>/guide.pdf")
@own_link
def guide(token: str) -> Response:
    """The guide of what was lent, once the loan is accepted and until its boxes are back."""
    loan = _loan(token)
    found = list_guides([loan.scenario_id]).get(loan.scenario_id) if loan.state in GETS_BOXES else None
    if found is None:
        raise LoanNotFound("guide")
    return box_file_response(*get_file(loan.organiser_id, found.token))


@blueprint.get("/<token>/data")
@own_link
def held(token: str) -> str:
    """What is held about whoever borrowed, in this loan."""
    loan = _loan(token)
    record = tell_loan(loan)
    return render_template(
        "my/loans/data.html",
        loan=loan,
        base=link_of(loan),
        facts=loan_facts(loan, record),
        mails=mail_lines(record),
        names_go=names_go_words(get_settings(loan.organiser_id).keep_names_days),
    )


@blueprint.get("/<token>/data.json")
@own_link
def export(token: str) -> Response:
    """The same, for programs."""
    loan = _loan(token)
    return data_file(tell_loan(loan), loan.reference)


@blueprint.route("/<token>/erase", methods=["GET", "POST"])
@own_link
def erase(token: str) -> Answer:
    """Whoever borrowed takes their name out of a loan that ended; while it goes on the page says what comes first."""
    loan = _loan(token)
    if request.method == "POST" and loan.state in ENDED:
        with transaction():
            erase_own_loan(loan.id, now=clock.now())
        return redirect(f"/l/{token}", 303)
    page = render_template(
        "my/loans/erase.html", loan=loan, base=link_of(loan), may_erase=loan.state in ENDED, first=what_first(loan.state),
        accepted=bool(acceptances(tell_loan(loan))),
    )  # fmt: skip
    return page, 200 if request.method == "GET" else 409


@blueprint.post("/<token>/accept")
@own_link
def accept(token: str) -> Answer:
    loan, form = _loan(token), AcceptForm()
    if not form.validate_on_submit():
        return _page(loan, accepting=form), 422
    number = text_of(form.number)
    try:
        with transaction():
            agree_loan(
                loan.id, name=text_of(form.name), how=AcceptedHow.LINK, by=borrower(loan), now=clock.now(),
                number=int(number) if number.isdecimal() and len(number) < 5 else 0,
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error, limit=120)
        return _page(loan, accepting=form), 422
    except (NoAgreement, MoveNotAllowed):
        flash(_("The loan changed meanwhile. Read again what stands here."), "waiting")
        return _back(loan, token)
    flash(_("Thank you. The agreement is accepted."), "ok")
    return _back(loan, token)


@blueprint.post("/<token>/cancel")
@own_link
def cancel(token: str) -> Answer:
    loan, form = _loan(token), CancelLoanForm()
    if not form.validate_on_submit():
        return _page(loan, cancelling=form), 422
    try:
        with transaction():
            move_loan(
                loan.id, LoanMove.CANCEL, by=borrower(loan), now=clock.now(), reason=LoanCancel(text_of(form.reason)),
                note=text_of(form.note),
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error, limit=300)
        return _page(loan, cancelling=form), 422
    except MoveNotAllowed:
        flash(_("The loan changed meanwhile. Read again what stands here."), "waiting")
        return _back(loan, token)
    flash(_said(loan, "The loan is called off. Others may have the boxes now."), "ok")
    return _back(loan, token)


@blueprint.post("/<token>/promise")
@own_link
def promise(token: str) -> Answer:
    loan = _loan(token)
    form = PromiseForm(game=loan.is_game)
    if not form.validate_on_submit() or form.day.data is None:
        return _page(loan, promising=form), 422
    try:
        with transaction():
            answer_reminder(loan.id, form.day.data, by=borrower(loan), now=clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _page(loan, promising=form), 422
    except MoveNotAllowed:
        flash(_said(loan, "The boxes are back already. Thank you."), "ok")
        return _back(loan, token)
    flash(_("Thank you. The team sees it."), "ok")
    return _back(loan, token)


def _loan(token: str) -> LoanRow:
    """Raises LoanNotFound, LinkClosed."""
    loan = get_loan_by_token(token if TOKEN.fullmatch(token) else "")
    show_organiser(loan.organiser_id)
    now = clock.now()
    if loan.ended_at is not None and is_closed(loan.ended_at, loan.names_removed_at, now):
        raise LinkClosed(loan.reference, erased=not is_long_over(loan.ended_at, now))
    return loan


def _said(loan: LoanRow, text: str) -> str:
    """What is said of boxes, in the words of what this loan lends."""
    return lent_words(current_locale(), text, game=loan.is_game)


def _back(loan: LoanRow, token: str) -> Response:
    """To the contact's own page for who is in as one of that structure, else to the link's."""
    contact = find_contact()
    if contact is not None and contact.structure_id == loan.structure_id:
        return redirect(f"/my/loans/{loan.reference}", 303)
    return redirect(f"/l/{token}", 303)


def _page(loan: LoanRow, **forms: PageForm) -> str:
    return render_template("my/loans/by_link.html", **loan_context(loan), **page_forms(loan, **forms))


def page_forms(loan: LoanRow, **given: PageForm) -> dict[str, Any]:
    """The forms of a loan's page: those that came back, else empty ones."""
    return {
        "accepting": AcceptForm(formdata=None, name=loan.contact_name),
        "cancelling": CancelLoanForm(formdata=None),
        "promising": PromiseForm(formdata=None, game=loan.is_game, day=loan.promised_on),
        "today": today_of(clock.now()).isoformat(),
        **given,
    }
