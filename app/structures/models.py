"""Structures an organiser works with, the people to reach there, and the links by which those people come in."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum


class StructureKind(enum.StrEnum):
    SCHOOL = "school"
    COMPANY = "company"
    TRAINING_BODY = "training_body"
    ASSOCIATION = "association"
    PUBLIC_SERVICE = "public_service"
    OTHER = "other"


class Structure(Model):
    """A school is known by its UAI, a company's establishment by its SIRET, each once an organiser.

    Merged into another, a row stays as a sign to it (`merged_into_id`) without its numbers. An archived one was never used,
    and is not proposed until it is. `search_text` is what the directory looks in: folded name, commune and numbers.
    A `trusted_borrower`'s loans are approved at once.
    """

    __tablename__ = "structures"
    __table_args__ = (
        Index("uq_structures_uai", "organiser_id", "uai", unique=True),
        Index("uq_structures_siret", "organiser_id", "siret", unique=True),
        Index("ix_structures_name", "organiser_id", "name_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    kind: Mapped[StructureKind] = mapped_column(text_enum(StructureKind))
    name: Mapped[str] = mapped_column(String(160))
    name_key: Mapped[str] = mapped_column(String(160))
    uai: Mapped[str | None] = mapped_column(String(8))
    siret: Mapped[str | None] = mapped_column(String(14))
    commune: Mapped[str] = mapped_column(String(120), default="")
    postcode: Mapped[str] = mapped_column(String(10), default="", server_default="")
    address: Mapped[str] = mapped_column(String(200), default="", server_default="")
    website: Mapped[str] = mapped_column(String(300), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]
    archived_at: Mapped[datetime | None]
    search_text: Mapped[str] = mapped_column(String(600), default="", server_default="")
    trusted_borrower: Mapped[bool] = mapped_column(default=False, server_default=false())


class StructureContact(Model):
    """A person to reach at a structure. `epoch` is in the cookie their link gave: raising it ends what they have open."""

    __tablename__ = "structure_contacts"
    __table_args__ = (
        Index("ix_structure_contacts_structure", "structure_id"),
        Index("ix_structure_contacts_mail", "mail_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(160), default="")
    duty: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    mail_key: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ContactLink(Model):
    """A single-use link to /my. Only its digest is kept."""

    __tablename__ = "contact_links"
    __table_args__ = (Index("ix_contact_links_contact", "contact_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("structure_contacts.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StructureCorrection(Model):
    """What a contact says should stand otherwise: `values` by field. The team takes it over or leaves it, once."""

    __tablename__ = "structure_corrections"
    __table_args__ = (Index("ix_structure_corrections_structure", "structure_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("structure_contacts.id"))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    message: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    taken: Mapped[bool | None]


class StructurePair(Model):
    """Two structures that look alike and are not the same: not proposed for merging again."""

    __tablename__ = "structure_pairs"
    __table_args__ = (CheckConstraint("first_id < second_id", name="in_order"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("structures.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("structures.id", ondelete="CASCADE"), primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    created_at: Mapped[datetime]


class StructureImport(Model):
    """A file of structures sent for import: kept with its mapping until it is written or given up, seven days at most."""

    __tablename__ = "structure_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    written_at: Mapped[datetime | None]
