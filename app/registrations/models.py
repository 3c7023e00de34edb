"""Tables of registrations. Declared statistics stand apart from names, tied by a random key that anonymising drops."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.registrations.enums import (
    AgeBand,
    BulkKind,
    Gender,
    RegistrationKind,
    RegistrationStatus,
    Source,
    TicketKind,
)

ALIVE_SQL = text("same_key IS NOT NULL AND status IN ('confirmed', 'waitlisted', 'offered')")
OFFERED_SQL, WAITING_SQL = text("status = 'offered'"), text("status = 'waitlisted'")
IN_NO_BIN_SQL, IN_BIN_SQL = text("deleted_at IS NULL"), text("deleted_at IS NOT NULL")


class Registration(Model):
    """`same_key` tells the same person or class at the same event; `import_key` the same line of a file.

    A deleted one is cancelled, shown nowhere but in the bin, and remembers the status it had, for 30 days.

    `changed_in` is the event's version at its last change: what a door's list asks for since.

    An offered one holds its places until `offer_expires_at`. `absent_at`: confirmed, but its people did not come and its places
    went back; they are let in where there is room. `asked_at`: the event moved and its person was asked whether they stay;
    `stays_at`: they said so. `declined_stops` are optional stops of the route that they leave out. `beyond`: let in at a door
    though there was no room: confirmed, and holds no place.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("participants >= 0 AND companions >= 0 AND participants + companions > 0", name="headcount"),
        CheckConstraint("kind = 'group' OR (participants = 1 AND companions = 0)", name="individual_is_one"),
        Index(
            "uq_registrations_same",
            "event_id",
            "same_key",
            unique=True,
            sqlite_where=ALIVE_SQL,
            postgresql_where=ALIVE_SQL,
        ),
        Index(
            "uq_registrations_import",
            "event_id",
            "import_key",
            unique=True,
            sqlite_where=IN_NO_BIN_SQL,
            postgresql_where=IN_NO_BIN_SQL,
        ),
        Index(
            "ix_registrations_bin",
            "organiser_id",
            "deleted_at",
            sqlite_where=IN_BIN_SQL,
            postgresql_where=IN_BIN_SQL,
        ),
        Index("ix_registrations_list", "event_id", "sort_name", "id"),
        Index("ix_registrations_changed", "event_id", "changed_in"),
        Index("ix_registrations_mail", "mail_key"),
        Index("ix_registrations_created", "event_id", "created_at", "id"),
        Index("ix_registrations_structure", "structure_id"),
        Index(
            "ix_registrations_standing",
            "event_id",
            "status",
            "participants",
            "companions",
            sqlite_where=IN_NO_BIN_SQL,
            postgresql_where=IN_NO_BIN_SQL,
        ),
        Index(
            "ix_registrations_offers",
            "offer_expires_at",
            sqlite_where=OFFERED_SQL,
            postgresql_where=OFFERED_SQL,
        ),
        Index(
            "ix_registrations_waiting",
            "event_id",
            "id",
            sqlite_where=WAITING_SQL,
            postgresql_where=WAITING_SQL,
        ),
        CheckConstraint("status <> 'offered' OR offer_expires_at IS NOT NULL", name="offer_expires"),
        CheckConstraint("absent_at IS NULL OR status IN ('confirmed', 'cancelled')", name="absent"),
        CheckConstraint("deleted_at IS NULL OR status = 'cancelled'", name="deleted_is_cancelled"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[RegistrationKind] = mapped_column(text_enum(RegistrationKind))
    audience: Mapped[str] = mapped_column(String(40))
    status: Mapped[RegistrationStatus] = mapped_column(text_enum(RegistrationStatus))
    participants: Mapped[int]
    companions: Mapped[int]
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(20), default="")
    mail_key: Mapped[str] = mapped_column(String(254), default="")
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"))
    organisation_name: Mapped[str] = mapped_column(String(160), default="")
    uai: Mapped[str] = mapped_column(String(8), default="")
    class_label: Mapped[str] = mapped_column(String(60), default="")
    commune: Mapped[str] = mapped_column(String(120), default="")
    is_15_or_older: Mapped[bool | None]
    oriented_by: Mapped[str] = mapped_column(String(160), default="")
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    source: Mapped[Source] = mapped_column(text_enum(Source))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    same_key: Mapped[str | None] = mapped_column(String(400))
    import_key: Mapped[str | None] = mapped_column(String(64))
    statistics_key: Mapped[str | None] = mapped_column(String(32))
    sort_name: Mapped[str] = mapped_column(String(160))
    search_text: Mapped[str] = mapped_column(String(900))
    changed_in: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    no_show_code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    offer_expires_at: Mapped[datetime | None]
    absent_at: Mapped[datetime | None]
    beyond: Mapped[bool] = mapped_column(default=False, server_default=false())
    asked_at: Mapped[datetime | None]
    stays_at: Mapped[datetime | None]
    declined_stops: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    deleted_at: Mapped[datetime | None]
    deleted_status: Mapped[RegistrationStatus | None] = mapped_column(text_enum(RegistrationStatus))


class RegistrationWave(Model):
    """A wave that a registration asks for. `people` are the places it holds there: none while waiting or cancelled."""

    __tablename__ = "registration_waves"
    __table_args__ = (
        CheckConstraint("people >= 0", name="people"),
        Index("ix_registration_waves_wave", "wave_id"),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    people: Mapped[int]


class Ticket(Model):
    """What a QR code opens. Route cards are numbered within a class and carry no identity."""

    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_registration", "registration_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    kind: Mapped[TicketKind] = mapped_column(text_enum(TicketKind))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    number: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(60))


class DeclaredStatistics(Model):
    """What funders ask for, declared by people who chose to. No name, no registration: only a key known on the other side."""

    __tablename__ = "declared_statistics"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    audience: Mapped[str] = mapped_column(String(40))
    gender: Mapped[Gender | None] = mapped_column(text_enum(Gender))
    age_band: Mapped[AgeBand | None] = mapped_column(text_enum(AgeBand))
    priority_neighbourhood: Mapped[bool | None]
    rural_zone: Mapped[bool | None]
    recognised_disability: Mapped[bool | None]
    commune: Mapped[str] = mapped_column(String(120), default="")


class ImportFile(Model):
    """A file sent for import: kept with its mapping and report until it is written or given up."""

    __tablename__ = "import_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    job_id: Mapped[int | None]
    created_at: Mapped[datetime]
    written_at: Mapped[datetime | None]


class AnswerFile(Model):
    """A file given as the answer to a question. `token` stands in the registration's answers; unused ones are purged."""

    __tablename__ = "answer_files"
    __table_args__ = (
        Index("ix_answer_files_registration", "registration_id"),
        Index("ix_answer_files_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    question_key: Mapped[str] = mapped_column(String(40))
    token: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class BulkAction(Model):
    """One action on many registrations, with what it found before, for undoing.

    `items` are those dealt with, in the order of `registration_ids`: [{id, result, before}], and `undo` once it was undone.
    `params` are the fields of the action; `params["undo"]` says who undoes it, `params["resumed"]` who let it go on.
    `total` to `put_back` are the figures of all that (`bulk.rules.BulkCounts`), for lists of actions.
    """

    __tablename__ = "bulk_actions"
    __table_args__ = (Index("ix_bulk_actions_event", "event_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_label: Mapped[str] = mapped_column(String(200))
    kind: Mapped[BulkKind] = mapped_column(text_enum(BulkKind))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    registration_ids: Mapped[list[int]] = mapped_column(JSON)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    put_back: Mapped[int] = mapped_column(default=0, server_default="0")
    job_id: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
