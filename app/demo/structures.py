"""Structures of the demo beyond those that registrations made: who to reach, a company, a duplicate to merge, a correction."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.text import fold
from app.structures.drafts import ContactDraft, StructureDraft
from app.structures.models import Structure, StructureKind
from app.structures.operations.contacts import add_contact
from app.structures.operations.corrections import PROPOSABLE, propose_correction
from app.structures.operations.directory import change_structure, create_structure
from app.structures.operations.filling import fill_structure
from app.structures.queries import find_visiting, get_structure

# UAI → address, postcode, telephone, contacts (name, function, mail, telephone).
SCHOOLS: dict[str, tuple[str, str, str, tuple[tuple[str, str, str, str], ...]]] = {
    "0219100C": (
        "14 rue des Trois-Rivières", "21000", "06 39 98 12 11",
        (
            ("Manon Lambert", "Professeure principale de 3e", "manon.lambert@example.org", "06 39 98 11 01"),
            ("Philippe Garand", "Principal", "philippe.garand@example.org", "06 39 98 11 02"),
        ),
    ),
    "0219322U": (
        "3 avenue des Quatre-Vents", "21000", "06 39 98 12 12",
        (("Sabine Morizot", "Psychologue de l’Éducation nationale", "sabine.morizot@example.org", "06 39 98 11 03"),),
    ),
    "0219359J": (
        "27 boulevard du Suzon", "21000", "",
        (("Karim Benali", "Directeur délégué aux formations", "karim.benali@example.org", "06 39 98 11 04"),),
    ),
}  # fmt: skip
OTHERS = (
    (StructureKind.COMPANY, "Moutarderie des Ducs", "Chenôve", "Coralie Vial", "Responsable des ressources humaines"),
    (StructureKind.COMPANY, "Imprimerie du Canal", "Longvic", "Denis Royer", "Gérant"),
    (StructureKind.COMPANY, "Menuiserie Tissot-Faivre", "Quetigny", "", ""),
    (StructureKind.TRAINING_BODY, "Formation Val de Saône", "Auxonne", "Leïla Marchand", "Coordinatrice"),
    (StructureKind.ASSOCIATION, "Centre social des Grésilles-Nord", "Dijon", "Paul Ferrand", "Référent insertion"),
    (StructureKind.PUBLIC_SERVICE, "Mission Locale du bassin", "Dijon", "Nadège Collin", "Conseillère"),
    (StructureKind.SCHOOL, "Clg des Trois Rivières", "Dijon", "", ""),  # stands there twice: to be merged
)


def make_structures(organiser_id: int, *, now: datetime) -> None:
    """Complete the schools of the next forum, add other bodies, and let one contact propose a correction."""
    made = now - timedelta(days=30)
    contact_id = None
    for uai, (address, postcode, phone, contacts) in SCHOOLS.items():
        structure_id = db.session.execute(
            select(Structure.id).where(Structure.organiser_id == organiser_id, Structure.uai == uai)
        ).scalar_one()
        values = {"address": address, "postcode": postcode, "phone": phone}
        fill_structure(structure_id, values, organiser_id=organiser_id, by=SYSTEM, now=made)
        for name, duty, email, telephone in contacts:
            draft = ContactDraft(name, duty, email, telephone)
            added = add_contact(structure_id, draft, organiser_id=organiser_id, by=SYSTEM, now=made)
            contact_id = contact_id or added
    for kind, name, commune, person, duty in OTHERS:
        draft_of = StructureDraft(kind, name, commune=commune)
        structure_id = _keep(draft_of, organiser_id, made)
        if person:
            mail = f"{fold(person).replace(' ', '.')}@example.org"
            contact = ContactDraft(person, duty, mail)
            add_contact(structure_id, contact, organiser_id=organiser_id, by=SYSTEM, now=made)
    if contact_id is not None:
        _propose(contact_id, now - timedelta(days=1))


def _keep(draft: StructureDraft, organiser_id: int, now: datetime) -> int:
    """The id of a new structure, or of the one of that name whose town and kind registrations did not tell."""
    same = Structure.organiser_id == organiser_id, Structure.name == draft.name, Structure.commune == ""
    structure_id = db.session.execute(select(Structure.id).where(*same)).scalar()
    if structure_id is None:
        return create_structure(draft, organiser_id=organiser_id, by=SYSTEM, now=now)
    known = get_structure(structure_id, organiser_id=organiser_id)
    told = replace(known.draft, kind=draft.kind, commune=draft.commune)
    change_structure(structure_id, told, organiser_id=organiser_id, revision=known.revision, by=SYSTEM, now=now)
    return structure_id


def _propose(contact_id: int, now: datetime) -> None:
    visiting = find_visiting(contact_id)
    assert visiting is not None
    structure = get_structure(visiting.structure_id, organiser_id=visiting.organiser_id)
    values = {name: structure.value(name) for name in PROPOSABLE} | {"address": "16 rue des Trois-Rivières"}
    by = Actor(ActorKind.VISITOR, visiting.name, visiting.contact_id, visiting.organiser_id)
    propose_correction(visiting, values, "L’entrée est maintenant au 16.", by=by, now=now)
