"""What contacts say should stand otherwise: proposed by them, settled by the team."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.structures.drafts import StructureDraft
from app.structures.models import StructureCorrection
from app.structures.operations.directory import change_structure, lock_own
from app.structures.queries import VisitingContact, get_structure
from app.structures.rules import clean_structure

PROPOSABLE = ("name", "uai", "siret", "address", "postcode", "commune", "phone", "website")
"""Of a structure's fields, those that its contacts may say something about."""
MESSAGE_LENGTH = 500


def propose_correction(
    contact: VisitingContact, values: dict[str, str], message: str, *, by: Actor, now: datetime
) -> bool:
    """Keep what differs from what stands, for the team; an earlier proposal of this contact is replaced. False where nothing
    differs and nothing is said: the earlier one is then taken back.

    Raises FieldError as creating a structure does, too_long at message.
    """
    structure = get_structure(contact.structure_id, organiser_id=contact.organiser_id)
    said: dict[str, Any] = {name: values.get(name, "") for name in PROPOSABLE}
    clean = clean_structure(replace(structure.draft, **said))
    if len(message) > MESSAGE_LENGTH:
        raise FieldError({"message": "too_long"})
    differs = {name: str(getattr(clean, name)) for name in PROPOSABLE if structure.value(name) != getattr(clean, name)}
    earlier = db.session.execute(
        update(StructureCorrection)
        .where(StructureCorrection.contact_id == contact.contact_id, StructureCorrection.settled_at.is_(None))
        .values(settled_at=now, taken=False)
        .returning(StructureCorrection.id)
    ).first()
    subject = f"structure:{structure.id}"
    if not differs and not message.strip():
        if earlier is not None:
            record(by, "structure.correction_left", subject, now=now, organiser_id=contact.organiser_id)
        return False
    db.session.execute(
        insert(StructureCorrection).values(
            organiser_id=contact.organiser_id, structure_id=structure.id, contact_id=contact.contact_id, values=differs,
            message=message.strip(), created_at=now,
        )
    )  # fmt: skip
    details = {"contact_id": contact.contact_id, "fields": sorted(differs)}
    record(by, "structure.correction_proposed", subject, now=now, organiser_id=contact.organiser_id, details=details)
    return True


def settle_correction(
    correction_id: int, *, taken: bool, organiser_id: int, structure_id: int, by: Actor, now: datetime
) -> None:
    """Take a proposal over, as it was made, or leave it. Raises NotFound, StructureMerged, FieldError."""
    structure = lock_own(structure_id, organiser_id)
    row = db.session.execute(
        select(StructureCorrection.values).where(
            StructureCorrection.id == correction_id,
            StructureCorrection.structure_id == structure_id,
            StructureCorrection.settled_at.is_(None),
        )
    ).first()
    if row is None:
        raise NotFound("correction")
    if taken:
        draft = _with(structure.draft, row[0])
        change_structure(structure_id, draft, organiser_id=organiser_id, revision=structure.revision, by=by, now=now)
    db.session.execute(
        update(StructureCorrection).where(StructureCorrection.id == correction_id).values(settled_at=now, taken=taken)
    )
    verb = "structure.correction_taken" if taken else "structure.correction_left"
    record(by, verb, f"structure:{structure_id}", now=now, organiser_id=organiser_id)


def _with(draft: StructureDraft, values: dict[str, Any]) -> StructureDraft:
    said: dict[str, Any] = {name: str(value) for name, value in values.items() if name in PROPOSABLE}
    return replace(draft, **said)
