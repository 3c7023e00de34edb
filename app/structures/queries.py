"""Structures, contacts and corrections as pages and operations read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.accounts.models import Organiser
from app.core.db import db
from app.core.i18n import Locale, as_locale
from app.core.text import fold
from app.structures.drafts import FIELDS, StructureDraft
from app.structures.duplicates import Known, domain_of
from app.structures.errors import ContactNotFound, StructureNotFound
from app.structures.models import Structure, StructureContact, StructureCorrection, StructureKind, StructurePair
from app.structures.rules import name_key

LONGEST_CHAIN = 20
"""Merges of merges: more than that of one structure is a fault of the data, and ends here."""


@dataclass(frozen=True)
class StructureRow:
    """A structure. `merged_into_id` is set on one that stands for another by now."""

    id: int
    organiser_id: int
    kind: StructureKind
    name: str
    uai: str
    siret: str
    address: str
    postcode: str
    commune: str
    phone: str
    website: str
    notes: str
    revision: int
    created_at: datetime
    updated_at: datetime | None
    merged_into_id: int | None
    archived_at: datetime | None
    trusted_borrower: bool = False

    def value(self, name: str) -> str:
        """One of FIELDS, as text."""
        return str(getattr(self, name))

    @property
    def draft(self) -> StructureDraft:
        return StructureDraft(self.kind, **{name: self.value(name) for name in FIELDS if name != "kind"})


@dataclass(frozen=True)
class ContactRow:
    """A person to reach at a structure; `ended_at` when they have left."""

    id: int
    organiser_id: int
    structure_id: int
    name: str
    duty: str
    email: str = field(repr=False)
    phone: str = field(repr=False)
    locale: Locale
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class VisitingContact:
    """Who is at /my: a contact with the structure that they look at. `mail_key` is what their link proved."""

    contact_id: int
    epoch: int
    name: str
    mail_key: str = field(repr=False)
    locale: Locale
    organiser_id: int
    organiser_name: str
    structure_id: int
    structure_name: str
    structure_commune: str


@dataclass(frozen=True)
class CorrectionRow:
    """What a contact says should stand otherwise, not settled yet."""

    id: int
    structure_id: int
    contact_name: str
    values: dict[str, str]
    message: str
    created_at: datetime


_COLUMNS = (
    Structure.id, Structure.organiser_id, Structure.kind, Structure.name, func.coalesce(Structure.uai, ""),
    func.coalesce(Structure.siret, ""), Structure.address, Structure.postcode, Structure.commune, Structure.phone,
    Structure.website, Structure.notes, Structure.revision, Structure.created_at, Structure.updated_at,
    Structure.merged_into_id, Structure.archived_at, Structure.trusted_borrower,
)  # fmt: skip
_CONTACT = (
    StructureContact.id, StructureContact.organiser_id, StructureContact.structure_id, StructureContact.name,
    StructureContact.duty, StructureContact.email, StructureContact.phone, StructureContact.locale,
    StructureContact.created_at, StructureContact.ended_at,
)  # fmt: skip


def structures_where(*conditions: ColumnElement[bool]) -> Any:
    """A SELECT whose rows `structure_of` reads."""
    return select(*_COLUMNS).where(*conditions)


def structure_of(row: Any) -> StructureRow:
    return StructureRow(*row)


def get_structure(structure_id: int, *, organiser_id: int, lock: bool = False) -> StructureRow:
    """With `lock` its row is held until the transaction ends. Raises StructureNotFound."""
    statement = structures_where(Structure.id == structure_id, Structure.organiser_id == organiser_id)
    row = db.session.execute(statement.with_for_update(key_share=True, of=Structure) if lock else statement).first()
    if row is None:
        raise StructureNotFound(str(structure_id))
    return structure_of(row)


def find_root(structure_id: int) -> int:
    """The structure that one stands for by now: itself, unless it is merged into another."""
    for _ in range(LONGEST_CHAIN):
        into = db.session.execute(
            select(Structure.merged_into_id).where(Structure.id == structure_id)
        ).scalar_one_or_none()
        if into is None:
            break
        structure_id = into
    return structure_id


def find_number(organiser_id: int, field_name: str, value: str) -> StructureRow | None:
    """Whose UAI or SIRET that is."""
    row = db.session.execute(
        structures_where(Structure.organiser_id == organiser_id, getattr(Structure, field_name) == value)
    ).first()
    return None if row is None else structure_of(row)


def list_merged_into(structure_id: int) -> list[StructureRow]:
    """What was merged into a structure and still is."""
    rows = db.session.execute(structures_where(Structure.merged_into_id == structure_id).order_by(Structure.id))
    return [structure_of(row) for row in rows]


def matches_text(text: str, *, contacts: bool) -> list[ColumnElement[bool]]:
    """Conditions on Structure: each word of `text` stands in its name, town or numbers; with `contacts` in a contact's name
    or mail as well. Case and accents do not count."""
    found: list[ColumnElement[bool]] = []
    for word in fold(text).split():
        here = Structure.search_text.contains(word, autoescape=True)
        if contacts:
            known = or_(
                StructureContact.name_key.contains(word, autoescape=True),
                StructureContact.mail_key.contains(word, autoescape=True),
            )
            here = or_(here, Structure.id.in_(select(StructureContact.structure_id).where(known)))
        found.append(here)
    return found


def list_contacts(structure_id: int) -> list[ContactRow]:
    """Those who are there first, then those who left, each by name; not those who were erased."""
    rows = db.session.execute(
        select(*_CONTACT)
        .where(StructureContact.structure_id == structure_id, StructureContact.name != "")
        .order_by(StructureContact.ended_at.is_not(None), StructureContact.name_key, StructureContact.id)
    )
    return [_contact(row) for row in rows]


def get_contact(contact_id: int, *, organiser_id: int, structure_id: int | None = None) -> ContactRow:
    """Raises ContactNotFound, also of one who was erased."""
    where = [
        StructureContact.id == contact_id, StructureContact.organiser_id == organiser_id, StructureContact.name != ""
    ]  # fmt: skip
    if structure_id is not None:
        where.append(StructureContact.structure_id == structure_id)
    row = db.session.execute(select(*_CONTACT).where(*where)).first()
    if row is None:
        raise ContactNotFound(str(contact_id))
    return _contact(row)


def _contact(row: Any) -> ContactRow:
    values = list(row)
    values[7] = as_locale(values[7])
    return ContactRow(*values)


def _visiting(*conditions: ColumnElement[bool]) -> list[VisitingContact]:
    rows: Any = db.session.execute(
        select(
            StructureContact.id, StructureContact.epoch, StructureContact.name, StructureContact.mail_key,
            StructureContact.locale, Organiser.id, Organiser.name, Structure.id, Structure.name, Structure.commune,
        )
        .join(Structure, Structure.id == StructureContact.structure_id)
        .join(Organiser, Organiser.id == StructureContact.organiser_id)
        .where(
            StructureContact.ended_at.is_(None), StructureContact.mail_key != "", Structure.archived_at.is_(None),
            Structure.merged_into_id.is_(None), *conditions,
        )
        .order_by(Structure.name_key, StructureContact.id)
    )  # fmt: skip
    return [_visitor(row) for row in rows]


def _visitor(row: Any) -> VisitingContact:
    values = list(row)
    values[4] = as_locale(values[4])
    return VisitingContact(*values)


def find_visiting(contact_id: int) -> VisitingContact | None:
    """The contact, while they are one: not ended, their structure neither archived nor merged away."""
    found = _visiting(StructureContact.id == contact_id)
    return found[0] if found else None


def list_visiting(email: str) -> list[VisitingContact]:
    """Every structure, of whatever organiser, whose contact has this mail."""
    return _visiting(StructureContact.mail_key == email.lower())


def list_corrections(structure_id: int) -> list[CorrectionRow]:
    """What contacts proposed and nobody settled, oldest first."""
    return _corrections(StructureCorrection.structure_id == structure_id)


def find_correction_of(contact_id: int) -> CorrectionRow | None:
    """What that contact proposed and nobody settled."""
    return next(iter(_corrections(StructureCorrection.contact_id == contact_id)), None)


def _corrections(condition: ColumnElement[bool]) -> list[CorrectionRow]:
    rows = db.session.execute(
        select(
            StructureCorrection.id, StructureCorrection.structure_id, StructureContact.name,
            StructureCorrection.values, StructureCorrection.message, StructureCorrection.created_at,
        )
        .join(StructureContact, StructureContact.id == StructureCorrection.contact_id)
        .where(condition, StructureCorrection.settled_at.is_(None))
        .order_by(StructureCorrection.id)
    )  # fmt: skip
    return [CorrectionRow(*row) for row in rows]


def list_with_corrections(organiser_id: int) -> list[tuple[int, str]]:
    """Structures (id, name) that somebody proposed a correction for."""
    rows = db.session.execute(
        select(Structure.id, Structure.name)
        .join(StructureCorrection, StructureCorrection.structure_id == Structure.id)
        .where(Structure.organiser_id == organiser_id, StructureCorrection.settled_at.is_(None))
        .group_by(Structure.id, Structure.name, Structure.name_key)
        .order_by(Structure.name_key)
    )
    return [(row.id, row.name) for row in rows]


def find_named(organiser_id: int, said: str) -> int | None:
    """The organiser's one structure of that UAI or that name, where it is now; None for none and for several."""
    rows = db.session.execute(
        select(Structure.id, Structure.merged_into_id).where(
            Structure.organiser_id == organiser_id,
            or_(Structure.uai == said.strip().upper(), Structure.name_key == name_key(said)),
        )
    ).all()
    roots = {row.id if row.merged_into_id is None else find_root(row.id) for row in rows}
    return roots.pop() if len(roots) == 1 else None


def list_known(organiser_id: int) -> list[Known]:
    """What finding duplicates compares, of all structures in use."""
    domains: dict[int, set[str]] = {}
    for structure_id, mail in db.session.execute(
        select(StructureContact.structure_id, StructureContact.mail_key).where(
            StructureContact.organiser_id == organiser_id, StructureContact.mail_key != ""
        )
    ):
        domains.setdefault(structure_id, set()).add(domain_of(mail))
    rows = db.session.execute(
        select(Structure.id, Structure.name, Structure.commune, Structure.uai, Structure.siret)
        .where(
            Structure.organiser_id == organiser_id, Structure.merged_into_id.is_(None), Structure.archived_at.is_(None)
        )
        .order_by(Structure.id)
    )
    return [Known(r.id, r.name, r.commune, r.uai or "", r.siret or "", frozenset(domains.get(r.id, ()))) for r in rows]


def list_apart(organiser_id: int) -> frozenset[tuple[int, int]]:
    """Pairs that somebody said to be two."""
    rows = db.session.execute(
        select(StructurePair.first_id, StructurePair.second_id).where(StructurePair.organiser_id == organiser_id)
    )
    return frozenset((row.first_id, row.second_id) for row in rows)


def list_structures_by_id(ids: Sequence[int], *, organiser_id: int) -> dict[int, StructureRow]:
    rows = db.session.execute(structures_where(Structure.id.in_(ids), Structure.organiser_id == organiser_id))
    return {row[0]: structure_of(row) for row in rows}


def list_communes(organiser_id: int) -> list[str]:
    """The towns of the directory, in order."""
    rows = db.session.execute(
        select(Structure.commune)
        .where(Structure.organiser_id == organiser_id, Structure.commune != "", Structure.merged_into_id.is_(None))
        .distinct()
    ).scalars()
    return sorted(rows, key=fold)
