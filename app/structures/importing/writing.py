"""Writing what a plan says, in small transactions. Done again, it changes nothing twice: what is there is found again."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import FieldError
from app.core.text import fold
from app.structures.importing.files import Tally
from app.structures.importing.planning import Directory, Entry, KnownStructure
from app.structures.models import Structure, StructureContact
from app.structures.operations.contacts import add_contact
from app.structures.operations.directory import create_structure, restore_structure
from app.structures.operations.filling import fill_structure
from app.structures.queries import StructureRow, find_root, list_contacts, structure_of, structures_where
from app.structures.rules import name_key


def read_directory(organiser_id: int) -> Directory:
    """The structures of now: three statements, and one for each that is merged."""
    mails: dict[int, set[str]] = {}
    names: dict[int, set[str]] = {}
    for structure_id, mail, name in db.session.execute(
        select(StructureContact.structure_id, StructureContact.mail_key, StructureContact.name_key).where(
            StructureContact.organiser_id == organiser_id
        )
    ):
        mails.setdefault(structure_id, set()).add(mail)
        names.setdefault(structure_id, set()).add(name)
    rows = [
        structure_of(row)
        for row in db.session.execute(
            structures_where(Structure.organiser_id == organiser_id).order_by(
                Structure.merged_into_id.is_not(None), Structure.id
            )
        )
    ]
    known = {
        row.id: KnownStructure(
            row.id, row.draft, frozenset(mails.get(row.id, ())) - {""}, frozenset(names.get(row.id, ()))
        )
        for row in rows
    }  # fmt: skip
    by_name: dict[tuple[str, str], KnownStructure] = {}
    for row in rows:
        by_name.setdefault((name_key(row.name), fold(row.commune)), known[_leads_to(row)])
    return Directory(
        {row.uai: known[row.id] for row in rows if row.uai},
        {row.siret: known[row.id] for row in rows if row.siret},
        by_name,
    )


def write_entry(entry: Entry, tally: Tally, *, organiser_id: int, by: Actor, now: datetime) -> Tally:
    """One structure with its contacts, in the caller's transaction. What cannot be written in the end is told in the tally."""
    structure_id, filled, added = entry.known_id, False, 0
    if structure_id is None:
        try:
            structure_id = create_structure(entry.draft, organiser_id=organiser_id, by=by, now=now)
        except FieldError:  # somebody else made it since the file was planned
            return tally.plus(refused=entry.lines[0])
        tally = tally.plus(structures=1)
    else:
        structure_id = find_root(structure_id)
        restore_structure(structure_id, organiser_id=organiser_id, by=by, now=now)
        if entry.fills:
            filled = fill_structure(structure_id, _values(entry), organiser_id=organiser_id, by=by, now=now)
    there = list_contacts(structure_id)
    mails, names = {c.email for c in there if c.email}, {fold(c.name) for c in there}
    for _line, contact in entry.contacts:
        if (contact.email in mails) if contact.email else (fold(contact.name) in names):
            continue
        add_contact(structure_id, contact, organiser_id=organiser_id, by=by, now=now)
        added += 1
    completed = entry.known_id is not None and (filled or added > 0)
    return tally.plus(contacts=added, completed=int(completed))


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry.draft, name) for name in entry.fills}


def _leads_to(row: StructureRow) -> int:
    return row.id if row.merged_into_id is None else find_root(row.id)
