"""What goes with a structure when it is merged: its own contacts, and the corrections that they proposed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.core.db import db
from app.structures.models import StructureContact, StructureCorrection
from app.structures.registry import Belonging, register_belonging

Owned = type[StructureContact] | type[StructureCorrection]


def _belonging(model: Owned) -> Belonging:
    def ids(structure_id: int) -> list[int]:
        return list(
            db.session.execute(select(model.id).where(model.structure_id == structure_id).order_by(model.id)).scalars()
        )

    def move(moved: Sequence[int], from_id: int, to_id: int, now: datetime) -> int:
        wanted = set(moved)
        found = [i for i in ids(from_id) if i in wanted]
        db.session.execute(update(model).where(model.id.in_(found)).values(structure_id=to_id))
        return len(found)

    return Belonging(ids, move)


register_belonging("contacts", _belonging(StructureContact))
register_belonging("corrections", _belonging(StructureCorrection))
