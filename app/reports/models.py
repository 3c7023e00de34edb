"""What organisers keep of their lists, and who took which rows out."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.reports.enums import ExportFormat


class SavedView(Model):
    """A list's filters, sort and columns under a name. `page` names the list and its event, such as registrations:12."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("organiser_id", "account_id", "page", "name"),
        Index("ix_saved_views_page", "page"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    page: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class ListPreference(Model):
    """The columns that a person last chose for a list, and the view that it opens with, where they chose one."""

    __tablename__ = "list_preferences"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    page: Mapped[str] = mapped_column(String(60), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    view_id: Mapped[int | None] = mapped_column(ForeignKey("saved_views.id", ondelete="SET NULL"))


class Export(Model):
    """One taking out of rows: who, what, how many. An XLSX keeps its content until `content_until`, then only this line."""

    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_organiser", "organiser_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_label: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(60))
    format: Mapped[ExportFormat] = mapped_column(text_enum(ExportFormat))
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    personal: Mapped[bool]
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    rows: Mapped[int | None]
    file_name: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    content_until: Mapped[datetime | None]
    job_id: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
