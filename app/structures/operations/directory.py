"""The team's own work on structures: made, changed, archived, brought back."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.structures.drafts import FIELDS, StructureDraft
from app.structures.errors import StructureChanged, StructureMerged, StructureUsed
from app.structures.models import Structure
from app.structures.queries import StructureRow, find_number, get_structure
from app.structures.registry import list_belongings
from app.structures.rules import clean_structure, name_key, search_text


def create_structure(draft: StructureDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """A new structure; its id. Raises FieldError (also uai: uai_taken, siret: siret_taken)."""
    draft = clean_structure(draft)
    _require_free_numbers(draft, organiser_id, None)
    try:
        with db.session.begin_nested():
            structure_id = db.session.execute(
                insert(Structure)
                .values(organiser_id=organiser_id, created_at=now, **stored_values(draft))
                .returning(Structure.id)
            ).scalar_one()
    except IntegrityError as error:
        _require_free_numbers(draft, organiser_id, None)
        raise FieldError({"uai": "uai_taken"}) from error
    details = {"name": draft.name, "kind": draft.kind.value}
    record(by, "structure.created", f"structure:{structure_id}", now=now, organiser_id=organiser_id, details=details)
    return structure_id


def change_structure(
    structure_id: int, draft: StructureDraft, *, organiser_id: int, revision: int, by: Actor, now: datetime
) -> tuple[str, ...]:
    """Write what differs; the names of those fields. `revision` is the one that was read.

    Raises StructureNotFound, StructureMerged, StructureChanged, FieldError as create_structure.
    """
    before = lock_own(structure_id, organiser_id)
    draft = clean_structure(draft)
    if before.revision != revision:
        raise StructureChanged(before.revision)
    changed = {
        name: [before.value(name), str(getattr(draft, name))]
        for name in FIELDS
        if before.value(name) != str(getattr(draft, name))
    }
    if not changed:
        return ()
    _require_free_numbers(draft, organiser_id, structure_id)
    write_structure(structure_id, draft, now=now)
    subject = f"structure:{structure_id}"
    record(by, "structure.changed", subject, now=now, organiser_id=organiser_id, details={"changed": changed})
    return tuple(changed)


def archive_structure(structure_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Take a structure that was never used out of the directory. Raises StructureNotFound, StructureMerged, StructureUsed."""
    before = lock_own(structure_id, organiser_id)
    if before.archived_at is not None:
        return
    if is_used(structure_id):
        raise StructureUsed(before.name)
    _set_archived(structure_id, now)
    record(by, "structure.archived", f"structure:{structure_id}", now=now, organiser_id=organiser_id)


def restore_structure(structure_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Bring an archived structure back. Raises StructureNotFound, StructureMerged."""
    before = lock_own(structure_id, organiser_id)
    if before.archived_at is None:
        return
    _set_archived(structure_id, None)
    record(by, "structure.restored", f"structure:{structure_id}", now=now, organiser_id=organiser_id)


def trust_borrower(structure_id: int, trusted: bool, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Whether the loans that a structure's contacts ask for are approved at once. Raises StructureNotFound, StructureMerged."""
    before = lock_own(structure_id, organiser_id)
    if before.trusted_borrower == trusted:
        return
    db.session.execute(
        update(Structure)
        .where(Structure.id == structure_id)
        .values(trusted_borrower=trusted, revision=Structure.revision + 1, updated_at=now)
    )
    verb = "structure.trusted" if trusted else "structure.trusted_no_more"
    record(by, verb, f"structure:{structure_id}", now=now, organiser_id=organiser_id)


def is_used(structure_id: int) -> bool:
    """Whether some feature holds something of it that counts as a use, such as a registration."""
    return any(b.ids(structure_id) for b in list_belongings().values() if b.used)


def lock_own(structure_id: int, organiser_id: int) -> StructureRow:
    """Hold a structure's row. Raises StructureNotFound, StructureMerged."""
    row = get_structure(structure_id, organiser_id=organiser_id, lock=True)
    if row.merged_into_id is not None:
        raise StructureMerged(row.merged_into_id)
    return row


def stored_values(draft: StructureDraft) -> dict[str, Any]:
    """A clean draft as columns."""
    values: dict[str, Any] = {name: getattr(draft, name) for name in FIELDS}
    return values | {
        "uai": draft.uai or None,
        "siret": draft.siret or None,
        "name_key": name_key(draft.name),
        "search_text": search_text(draft.name, draft.commune, draft.postcode, draft.uai, draft.siret),
    }


def write_structure(structure_id: int, draft: StructureDraft, *, now: datetime, **more: Any) -> None:
    """Write a clean draft over a structure that is held; its revision rises. The caller records why."""
    try:
        with db.session.begin_nested():
            db.session.execute(
                update(Structure)
                .where(Structure.id == structure_id)
                .values(**stored_values(draft), revision=Structure.revision + 1, updated_at=now, **more)
            )
    except IntegrityError as error:  # a registration brought the same UAI at this very moment
        raise FieldError({"uai": "uai_taken"}) from error


def without_numbers(draft: StructureDraft) -> StructureDraft:
    return replace(draft, uai="", siret="")


def _set_archived(structure_id: int, at: datetime | None) -> None:
    db.session.execute(
        update(Structure).where(Structure.id == structure_id).values(archived_at=at, revision=Structure.revision + 1)
    )


def _require_free_numbers(draft: StructureDraft, organiser_id: int, own_id: int | None) -> None:
    problems = {}
    for name in ("uai", "siret"):
        value = getattr(draft, name)
        owner = find_number(organiser_id, name, value) if value else None
        if owner is not None and owner.id != own_id:
            problems[name] = f"{name}_taken"
    if problems:
        raise FieldError(problems)
