"""Keeping an agreement as it was made."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert

from app.core.actor import SYSTEM
from app.core.audit import record
from app.core.db import db
from app.loans.agreements import find_agreement
from app.loans.enums import LoanState
from app.loans.models import LoanAgreement
from app.loans.operations.storing import lock_loan


def store_agreement(loan_id: int, content: bytes, number: int, *, revision: int, now: datetime) -> None:
    """Keep what was made of a loan as it was at `revision`; the loan has to be accepted still and wait for agreement.

    Otherwise nothing is kept. Raises LoanNotFound, and LoanChanged when the loan changed since.
    """
    loan, _ = lock_loan(loan_id, revision=revision)
    latest = find_agreement(loan_id)
    if loan.state is not LoanState.APPROVED or number != (latest.number if latest else 0) + 1:
        return
    db.session.execute(
        insert(LoanAgreement).values(
            loan_id=loan_id, number=number, content=content, sha256=sha256(content).hexdigest(), made_at=now
        )
    )
    details = {"reference": loan.reference, "number": number}
    record(SYSTEM, "loan.agreement_made", f"loan:{loan_id}", now=now, organiser_id=loan.organiser_id, details=details)
