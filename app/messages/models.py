"""The message log, and the SEQUENCE of each calendar entry that people hold."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum


class MessageState(enum.StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Message(Model):
    """One mail to one address. `rfc_id` is its Message-ID, made once: sending twice is seen as the same mail."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_subject", "subject", "id"),
        Index("ix_messages_organiser", "organiser_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int | None]
    subject: Mapped[str] = mapped_column(String(60))
    template: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(5))
    title: Mapped[str] = mapped_column(String(300), default="")
    rfc_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[MessageState] = mapped_column(text_enum(MessageState), default=MessageState.QUEUED)
    error: Mapped[str] = mapped_column(Text, default="")
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class CalendarSequence(Model):
    """SEQUENCE (RFC 5545 3.8.7.4) of what a subject is in people's calendars; no row means 0.

    A registration's entry counts its own changes plus those of its event, so that moving an event touches one row.
    """

    __tablename__ = "calendar_sequences"

    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    sequence: Mapped[int]
    changed_at: Mapped[datetime]
