"""Changes to structures."""

from datetime import datetime

from sqlalchemy import insert, select

from app.core.db import db
from app.core.text import fold
from app.structures.models import Structure, StructureKind


def keep_structure(
    organiser_id: int, *, kind: StructureKind, name: str, uai: str = "", commune: str = "", now: datetime
) -> int | None:
    """The organiser's structure of that UAI, else of that name and commune, made when missing; None without a name.

    What is known of a structure is not overwritten by what a registration says of it.
    """
    if not name.strip():
        return None
    key = fold(name)[:160]
    where = Structure.uai == uai if uai else (Structure.name_key == key) & (Structure.commune == commune)
    found = db.session.execute(
        select(Structure.id).where(Structure.organiser_id == organiser_id, where).order_by(Structure.id).limit(1)
    ).scalar_one_or_none()
    if found is not None:
        return found
    return db.session.execute(
        insert(Structure)
        .values(
            organiser_id=organiser_id, kind=kind, name=name.strip()[:160], name_key=key, uai=uai or None, commune=commune,
            created_at=now,
        )
        .returning(Structure.id)
    ).scalar_one()  # fmt: skip
