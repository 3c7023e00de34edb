"""Who runs the boxes of a loan: other people than those who were named."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.queries import accredited_on, list_facilitators
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.enums import LoanState
from app.loans.operations import name_facilitators
from app.loans.queries import LoanRow, get_loan_by_reference
from app.loans.rules import HOLDS_BOXES
from app.web.forms.loan_desk import PeopleForm, revision_of
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.loan_labels import conflict_words, period_words, stands_words
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_loans_people", __name__, url_prefix="/manage/boxes/loans/<reference>/people")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/loans"


@blueprint.get("")
@staff(LENDS)
def edit(reference: str) -> Answer:
    loan = _get(reference)
    if loan.state is not LoanState.ASKED and loan.state not in HOLDS_BOXES:
        flash(stands_words(loan.state), "waiting")
        return redirect(f"{BASE}/{loan.reference}")
    named = [person.id for person in loan.facilitators]
    return _page(loan, PeopleForm(formdata=None, facilitators=named, revision=str(loan.revision)))


@blueprint.post("")
@staff(LENDS)
def save(reference: str) -> Answer:
    loan, form = _get(reference), PeopleForm()
    form.facilitators.choices = _choices(loan)
    if not form.validate_on_submit():
        return _page(loan, form), 422
    try:
        with transaction():
            state = name_facilitators(
                loan.id, form.facilitators.data or (), by=current_actor(), now=clock.now(), revision=revision_of(form)
            )
    except FieldError as error:
        form.show_refusal(FieldError({"facilitators": next(iter(error.problems.values()))}))
        return _page(loan, form), 422
    except Conflict as error:
        form.form_errors.append(conflict_words(error))
        return _page(loan, form), 422
    approved = loan.state is LoanState.ASKED and state is LoanState.APPROVED
    flash(_("The loan is approved: this borrower is trusted.") if approved else _("Saved."), "ok")
    return redirect(f"{BASE}/{loan.reference}")


def _page(loan: LoanRow, form: PeopleForm) -> str:
    form.facilitators.choices = _choices(loan)
    ids = [person_id for person_id, _name in form.facilitators.choices]
    return render_template(
        "manage/boxes/loans/people.html",
        loan=loan, form=form, here=f"{BASE}/{loan.reference}", period=period_words(loan.period),
        valid=accredited_on(loan.scenario_id, ids, loan.from_date, loan.to_date),
        agreed_anew=loan.state is LoanState.AGREED, **boxes_context(BASE),
    )  # fmt: skip


def _choices(loan: LoanRow) -> list[tuple[int, str]]:
    """Those of the borrower, the organiser's own, and whoever is named already."""
    named = {person.id for person in loan.facilitators}
    people = list_facilitators(loan.organiser_id)
    return [(p.id, p.name) for p in people if p.structure_id in {loan.structure_id, None} or p.id in named]


def _get(reference: str) -> LoanRow:
    return get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())
