"""Loans go with their structure when it is merged into another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.core.db import db
from app.loans.models import Loan
from app.structures.registry import Belonging, register_belonging


def _ids(structure_id: int) -> list[int]:
    return list(
        db.session.execute(select(Loan.id).where(Loan.structure_id == structure_id).order_by(Loan.id)).scalars()
    )


def _move(moved: Sequence[int], from_id: int, to_id: int, now: datetime) -> int:
    wanted = set(moved)
    found = [i for i in _ids(from_id) if i in wanted]
    db.session.execute(update(Loan).where(Loan.id.in_(found)).values(structure_id=to_id))
    return len(found)


register_belonging("loans", Belonging(_ids, _move, used=True))
