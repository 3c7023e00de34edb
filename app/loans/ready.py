"""Conditions on loans: somebody named may run the boxes on all days, a request may be approved now."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_

from app.boxes.conditions import may_run
from app.boxes.models import Accreditation, Facilitator, Scenario
from app.loans.enums import LoanState
from app.loans.models import Loan, LoanFacilitator

NAMED_AND_VALID = and_(
    LoanFacilitator.loan_id == Loan.id,
    Facilitator.id == LoanFacilitator.facilitator_id,
    Facilitator.ended_at.is_(None),
    Accreditation.facilitator_id == LoanFacilitator.facilitator_id,
    may_run(Loan.scenario_id, Loan.from_date, Loan.to_date),
)


def is_ready(today: date) -> ColumnElement[bool]:
    """Of a loan that is asked for: it is not over, and somebody named in it may run it, where that is asked for."""
    free = exists().where(Scenario.id == Loan.scenario_id, Scenario.asks_accreditation.is_(False)).correlate(Loan)
    somebody = exists().where(NAMED_AND_VALID).correlate(Loan)
    return and_(Loan.state == LoanState.ASKED, Loan.to_date >= today, or_(free, somebody))
