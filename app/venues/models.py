"""The venues table: a place that an organiser uses again; its spaces are set for each event (app.events)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class Venue(Model):
    __tablename__ = "venues"
    __table_args__ = (UniqueConstraint("organiser_id", "name", "commune"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200), default="")
    commune: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
