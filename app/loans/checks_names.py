"""What doctor looks at in the names that loans hold."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from app.boxes.models import Box, BoxOutage
from app.core.checks import check
from app.core.db import db
from app.loans.models import Loan
from app.loans.operations.forgetting import list_outages_to_forget, list_to_forget

LATE = timedelta(days=1)
"""The job that takes names out runs every day."""


@check("loans.names", "No loan or breakdown tells who borrowed a day after its names should have gone")
def check_names(now: datetime) -> list[str]:
    late = select(Loan.reference).where(Loan.id.in_(list_to_forget(now - LATE))).order_by(Loan.id)
    texts = (Loan.contact_name, Loan.email, Loan.phone, Loan.purpose_note, Loan.place, Loan.notes, Loan.reason_note)
    left = (
        select(Loan.reference)
        .where(Loan.names_removed_at.is_not(None), or_(Loan.contact_id.is_not(None), *(text != "" for text in texts)))
        .order_by(Loan.id)
    )
    outages = (
        select(Box.code)
        .join(BoxOutage, BoxOutage.box_id == Box.id)
        .where(BoxOutage.id.in_(list_outages_to_forget(now - LATE)))
        .order_by(Box.code)
    )
    return [
        *(f"{reference} still names its borrower" for reference in db.session.execute(late).scalars()),
        *(f"{reference} names somebody again" for reference in db.session.execute(left).scalars()),
        *(f"{code} still has the note of a breakdown long past" for code in db.session.execute(outages).scalars()),
    ]
