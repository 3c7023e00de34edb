"""The ledger of uses, and when an organiser is closed (docs/boxes.md)."""

from datetime import date, datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.resources.enums import Purpose, ResourceKind, SchoolZone
from app.resources.no_overlap import guard


class Use(Model):
    """A resource taken for a purpose: from `starts_at` to `ends_at` with its buffers, from `from_at` to `to_at` without them.

    No two uses of one resource overlap (`app.resources.no_overlap`). What is released is deleted.
    """

    __tablename__ = "uses"
    __table_args__ = (
        CheckConstraint("starts_at <= from_at AND from_at < to_at AND to_at <= ends_at", name="period"),
        Index("ix_uses_resource", "resource_kind", "resource_id", "starts_at"),
        Index("ix_uses_purpose", "purpose", "purpose_id"),
        Index("ix_uses_organiser", "organiser_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    resource_kind: Mapped[ResourceKind] = mapped_column(text_enum(ResourceKind))
    resource_id: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(text_enum(Purpose))
    purpose_id: Mapped[int]
    starts_at: Mapped[datetime]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Closure(Model):
    """Days on which an organiser neither hands over nor takes back, beside weekends and public holidays; both ends included."""

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="days"),
        Index("ix_closures_organiser", "organiser_id", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    label: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class LendingSettings(Model):
    """How an organiser lends. `weekdays`: figures of its open ones, Monday is 0. `lender`: who signs agreements, in lines.

    `keep_names_days`: how long after its end a loan still tells who borrowed.
    """

    __tablename__ = "lending_settings"
    __table_args__ = (
        CheckConstraint("weekdays <> ''", name="weekdays"),
        CheckConstraint("keep_names_days BETWEEN 0 AND 3660", name="keep_names"),
    )

    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), primary_key=True)
    weekdays: Mapped[str] = mapped_column(String(7), default="01234", server_default="01234")
    zone: Mapped[SchoolZone] = mapped_column(text_enum(SchoolZone), default=SchoolZone.A, server_default="A")
    lender: Mapped[str] = mapped_column(Text, default="", server_default="")
    terms: Mapped[str] = mapped_column(Text, default="", server_default="")
    keep_names_days: Mapped[int] = mapped_column(default=1095, server_default="1095")
    hours_fr: Mapped[str] = mapped_column(String(200), default="", server_default="")
    hours_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")


guard(cast(Table, Use.__table__))
