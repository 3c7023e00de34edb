"""Photos of damage: of which loan each is, and when it was taken."""

from dataclasses import dataclass

from sqlalchemy import select

from app.boxes.models import BoxFile
from app.core.db import db
from app.loans.enums import CountMoment
from app.loans.models import Loan, LoanBox
from app.structures.models import Structure


@dataclass(frozen=True)
class DamagePhoto:
    reference: str
    structure: str
    moment: CountMoment


def list_damage_photos(box_id: int) -> dict[str, DamagePhoto]:
    """By the photo's token, of all loans of a box. One statement."""
    rows = db.session.execute(
        select(
            BoxFile.token, BoxFile.created_at, LoanBox.returned_at, LoanBox.checked_at, Loan.reference,
            Structure.name.label("structure"),
        )
        .join(LoanBox, LoanBox.id == BoxFile.loan_box_id)
        .join(Loan, Loan.id == LoanBox.loan_id)
        .join(Structure, Structure.id == Loan.structure_id)
        .where(BoxFile.box_id == box_id)
    )  # fmt: skip
    found = {}
    for row in rows:
        moment = CountMoment.HAND_OVER
        if row.checked_at is not None and row.created_at >= row.checked_at:
            moment = CountMoment.CHECK
        elif row.returned_at is not None and row.created_at >= row.returned_at:
            moment = CountMoment.RETURN
        found[row.token] = DamagePhoto(row.reference, row.structure, moment)
    return found
