"""The structures table. A school is known by its UAI (national number), once an organiser."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
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
    __tablename__ = "structures"
    __table_args__ = (
        Index("uq_structures_uai", "organiser_id", "uai", unique=True),
        Index("ix_structures_name", "organiser_id", "name_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    kind: Mapped[StructureKind] = mapped_column(text_enum(StructureKind))
    name: Mapped[str] = mapped_column(String(160))
    name_key: Mapped[str] = mapped_column(String(160))
    uai: Mapped[str | None] = mapped_column(String(8))
    commune: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
