"""Agreements as they were made: who accepted which, and their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.loans.enums import AcceptedHow
from app.loans.errors import NoAgreement
from app.loans.models import LoanAgreement


@dataclass(frozen=True)
class AgreementRow:
    """`sha256` is the digest of its bytes, in hexadecimal."""

    number: int
    sha256: str
    made_at: datetime
    accepted_at: datetime | None
    accepted_name: str
    accepted_how: AcceptedHow | None


_COLUMNS = (
    LoanAgreement.number, LoanAgreement.sha256, LoanAgreement.made_at, LoanAgreement.accepted_at,
    LoanAgreement.accepted_name, LoanAgreement.accepted_how,
)  # fmt: skip


def list_agreements(loan_id: int) -> Sequence[AgreementRow]:
    """The newest first: that one counts."""
    rows = db.session.execute(
        select(*_COLUMNS).where(LoanAgreement.loan_id == loan_id).order_by(LoanAgreement.number.desc())
    )
    return [AgreementRow(*row) for row in rows]


def find_agreement(loan_id: int) -> AgreementRow | None:
    """The one that counts; None while there is none."""
    return next(iter(list_agreements(loan_id)), None)


def agreement_content(loan_id: int, number: int) -> bytes:
    """The PDF as it was made. Raises NoAgreement."""
    content: bytes | None = db.session.execute(
        select(LoanAgreement.content).where(LoanAgreement.loan_id == loan_id, LoanAgreement.number == number)
    ).scalar_one_or_none()
    if content is None:
        raise NoAgreement(f"agreement {number}")
    return content
