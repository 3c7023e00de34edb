"""Whether others count on what a borrower has."""

from datetime import date

from sqlalchemy import and_, exists, or_, select

from app.core.db import db
from app.loans.enums import LoanState
from app.loans.models import Loan
from app.loans.queries import LoanRow
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import whole_days
from app.resources.models import Use


def is_wanted(loan: LoanRow, today: date) -> bool:
    """Whether another loan or an event counts on a box that is out, or a request on its scenario. One statement."""
    since = whole_days(today, today).starts_at(lending_zone())
    away = [box.box_id for box in loan.loan_boxes if box.is_away]
    promised = exists().where(
        Use.resource_kind == ResourceKind.BOX,
        Use.resource_id.in_(away),
        Use.to_at > since,
        or_(Use.purpose != Purpose.LOAN, Use.purpose_id != loan.id),
    )
    asked = exists().where(
        and_(Loan.scenario_id == loan.scenario_id, Loan.state == LoanState.ASKED, Loan.to_date >= today)
    )
    return bool(db.session.execute(select(or_(promised, asked))).scalar_one())
