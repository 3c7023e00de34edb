"""What goes with a structure when it is merged: the people who run boxes for it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.boxes.models import Facilitator
from app.core.db import db
from app.structures.registry import Belonging, register_belonging


def _ids(structure_id: int) -> list[int]:
    statement = select(Facilitator.id).where(Facilitator.structure_id == structure_id).order_by(Facilitator.id)
    return list(db.session.execute(statement).scalars())


def _move(moved: Sequence[int], from_id: int, to_id: int, now: datetime) -> int:
    wanted = set(moved)
    found = [i for i in _ids(from_id) if i in wanted]
    db.session.execute(update(Facilitator).where(Facilitator.id.in_(found)).values(structure_id=to_id))
    return len(found)


register_belonging("facilitators", Belonging(_ids, _move, used=True))
