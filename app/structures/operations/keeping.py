"""Structures that registrations name."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from app.core.audit import AuditEntry
from app.core.db import db
from app.core.text import fold
from app.structures.models import Structure, StructureKind
from app.structures.queries import find_root
from app.structures.rules import name_key, search_text


def keep_structure(
    organiser_id: int, *, kind: StructureKind, name: str, uai: str = "", commune: str = "", now: datetime
) -> int | None:
    """The organiser's structure of that UAI, else of that name and commune, made when missing; None without a name.

    Where no commune is said, the one structure of that name will do; of several, the one whose commune is not known either.

    What is known of a structure is not overwritten by what a registration says of it: only a UAI that was not known is
    added. One that was merged leads to the one it stands for by now; one that was archived is in use again.
    """
    if not name.strip():
        return None
    found = _find(organiser_id, name, uai, commune)
    if found is None:
        made = _insert(organiser_id, kind, name.strip()[:160], uai, commune, now)
        if made is not None:
            return made
        found = _find(organiser_id, name, uai, commune)  # another registration made it at this very moment
        assert found is not None
    structure_id = found.id if found.merged_into_id is None else find_root(found.id)
    changes: dict[str, Any] = {"archived_at": None} if found.archived_at is not None else {}
    if uai and not found.uai and found.merged_into_id is None:
        changes |= {"uai": uai, "search_text": search_text(found.name, found.commune, found.postcode, uai, found.siret)}
    if changes:
        db.session.execute(update(Structure).where(Structure.id == structure_id).values(**changes))
    return structure_id


def forget_structure(structure_id: int) -> None:
    """Delete a body that only one person's registration named: it may bear a family's name.

    A school stays, and so does what the organiser works with: what its team made, changed or merged, what has a contact or
    another registration.
    """
    touched = select(AuditEntry.id).where(AuditEntry.subject == f"structure:{structure_id}").exists()
    only_named = delete(Structure).where(Structure.id == structure_id, Structure.kind == StructureKind.OTHER, ~touched)
    with suppress(IntegrityError), db.session.begin_nested():  # other rows hold on to it
        db.session.execute(only_named, execution_options={"synchronize_session": False})


def _find(organiser_id: int, name: str, uai: str, commune: str) -> Any:
    """By UAI first; else of the same name and town, unless it has another UAI."""
    same = Structure.name_key == name_key(name)
    rows = db.session.execute(
        select(
            Structure.id, Structure.name, Structure.uai, Structure.siret, Structure.commune, Structure.postcode,
            Structure.merged_into_id, Structure.archived_at,
        )
        .where(Structure.organiser_id == organiser_id, or_(Structure.uai == uai, same) if uai else same)
        .order_by(Structure.id)
    ).all()  # fmt: skip
    if uai:
        of_number = next((row for row in rows if row.uai == uai), None)
        if of_number is not None:
            return of_number
    town = fold(commune)
    possible = [row for row in rows if not (uai and row.uai)]
    here = [row for row in possible if fold(row.commune) == town]
    if not here and not town and len({row.commune for row in possible if row.merged_into_id is None}) == 1:
        here = possible
    return next((row for row in here if row.merged_into_id is None), here[0] if here else None)


def _insert(organiser_id: int, kind: StructureKind, name: str, uai: str, commune: str, now: datetime) -> int | None:
    """The new row's id; None where somebody was faster with the same UAI."""
    make = sqlite_insert if db.engine.dialect.name == "sqlite" else postgresql_insert
    made: int | None = db.session.execute(
        make(Structure)
        .values(
            organiser_id=organiser_id, kind=kind, name=name, name_key=name_key(name), uai=uai or None, commune=commune,
            search_text=search_text(name, commune, uai=uai), created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["organiser_id", "uai"])
        .returning(Structure.id)
    ).scalar_one_or_none()  # fmt: skip
    return made
