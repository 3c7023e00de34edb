"""The agreement on a loan for its organiser: the file, who accepted it, those before."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.loans.agreements import AgreementRow, agreement_content, list_agreements
from app.loans.enums import LoanState
from app.loans.errors import LoanNotFound, NoAgreement
from app.loans.queries import LoanRow, get_loan_by_reference
from app.web.guards import current_organiser_id, staff
from app.web.manage.boxes_tabs import LENDS
from app.web.public.tickets import pdf_response

blueprint = Blueprint("manage_loans_agreement", __name__, url_prefix="/manage/boxes/loans")


@dataclass(frozen=True)
class AgreementView:
    """`counts` is the one that holds; none while it is being made (`in_making`), or where paper was signed before."""

    counts: AgreementRow | None
    former: Sequence[AgreementRow]
    in_making: bool
    on_paper_alone: bool

    @property
    def is_shown(self) -> bool:
        return bool(self.counts or self.former or self.in_making or self.on_paper_alone)


@blueprint.get("/<reference>/agreement.pdf")
@staff(LENDS)
def show(reference: str) -> Response:
    """The agreement of `?number=`, without one the newest. Raises LoanNotFound."""
    loan = get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())
    wanted = request.args.get("number", "")
    newest = next((a.number for a in list_agreements(loan.id)), 0)
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 5 else newest
    try:
        content = agreement_content(loan.id, number)
    except NoAgreement as error:
        raise LoanNotFound(str(number)) from error
    return pdf_response(content, f"convention-{loan.reference}-{number}.pdf")


def agreement_view(loan: LoanRow) -> AgreementView:
    """Two statements at most."""
    made = list_agreements(loan.id)
    counts = next((a for a in made if a.number > loan.outdated_agreements), None)
    return AgreementView(
        counts,
        [a for a in made if a is not counts],
        counts is None and loan.state is LoanState.APPROVED,
        counts is None and loan.agreed_at is not None and loan.state is not LoanState.APPROVED,
    )
