"""The scan store, and presence as the sum of accepted scans."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.checkin import device_models
from app.checkin.append_only import guard
from app.checkin.enums import Direction, OverrideReason, Reason, ScanResult
from app.core.db import Model, text_enum

DEVICES = device_models.__name__  # the tables of phones, registered with these


class Scan(Model):
    """One passage, or an attempt at one, with the answer that was given: a repeated call gets this answer again.
    No name is kept here: the label of an answer is made from the registration. Of what is no ticket of this event `code`
    holds a mark (see drafts.mark_of), never what was read; `space_id` is where the passage led its registration.

    `delta_*` is what it added to (or took from) the people present in the event, `space_delta_*` in the checkpoint's space.
    `scanned_at` is the time that counts; `device_at` what the device said, where its clock was not believed (see drafts.believed).
    `expected_*` and `present_*` are the figures of the answer. `over` marks people beyond what was expected or allowed.
    `device_id` is the enrolled phone (`device` then holds its uid), `offset_ms` by how much its clock was behind ours, `known_*`
    who was inside as far as it knew, `counted_*` how many passed as it says (see rules.PastScan), `team` the team that passed
    alone, `override_reason` why staff let somebody in after a no (what they said of it stands in notes.py).
    A passage without a checkpoint is one of the desk, which settles two others, or makes one count
    that did not: `code` then holds their ids.
    """

    __tablename__ = "scans"
    __table_args__ = (
        Index("uq_scans_uuid", "organiser_id", "scan_id", unique=True),
        Index("ix_scans_event", "event_id", "scanned_at"),
        Index(
            "ix_scans_over",
            "event_id",
            "scanned_at",
            sqlite_where=text('"over" IS 1'),
            postgresql_where=text('"over" IS true'),
        ),
        Index("ix_scans_registration", "registration_id"),
        Index("uq_scans_undoes", "organiser_id", "undoes", unique=True),
        CheckConstraint(
            "(known_participants IS NULL) = (known_companions IS NULL) AND known_participants >= 0 AND known_companions >= 0",
            name="known",
        ),
        CheckConstraint(
            "(counted_participants IS NULL) = (counted_companions IS NULL) AND counted_participants >= 0"
            " AND counted_companions >= 0",
            name="counted",
        ),
        CheckConstraint("team > 0", name="team"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    scan_id: Mapped[str] = mapped_column(String(36))
    device: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(300))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    checkpoint_id: Mapped[int | None] = mapped_column(ForeignKey("checkpoints.id"))
    space_id: Mapped[int | None]
    direction: Mapped[Direction] = mapped_column(text_enum(Direction))
    scanned_at: Mapped[datetime]
    received_at: Mapped[datetime]
    result: Mapped[ScanResult] = mapped_column(text_enum(ScanResult))
    reason: Mapped[Reason | None] = mapped_column(text_enum(Reason))
    delta_participants: Mapped[int] = mapped_column(default=0)
    delta_companions: Mapped[int] = mapped_column(default=0)
    expected_participants: Mapped[int] = mapped_column(default=0)
    expected_companions: Mapped[int] = mapped_column(default=0)
    present_participants: Mapped[int] = mapped_column(default=0)
    present_companions: Mapped[int] = mapped_column(default=0)
    over: Mapped[bool] = mapped_column(default=False)
    undoes: Mapped[str | None] = mapped_column(String(36))
    device_at: Mapped[datetime | None]
    device_id: Mapped[int | None]
    offset_ms: Mapped[int | None]
    known_participants: Mapped[int | None]
    known_companions: Mapped[int | None]
    counted_participants: Mapped[int | None]
    counted_companions: Mapped[int | None]
    team: Mapped[int | None]
    override_reason: Mapped[OverrideReason | None] = mapped_column(text_enum(OverrideReason))


guard(Model.metadata.tables[Scan.__tablename__])


class Presence(Model):
    """Where a registration's people are: `participants` and `companions` in the event, `came_*` the most ever in at once.

    They are in `space_id` when its checkpoint was the last they passed; entering a space leaves the one before. All that is of
    the local day of `last_scan_at`, the latest time of an accepted passage (taken back or not): on any later day nobody is in.
    """

    __tablename__ = "presences"
    __table_args__ = (
        CheckConstraint("participants >= 0 AND companions >= 0", name="headcount"),
        CheckConstraint("came_participants >= participants AND came_companions >= companions", name="came"),
        Index("ix_presences_space", "event_id", "space_id"),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    participants: Mapped[int]
    companions: Mapped[int]
    came_participants: Mapped[int]
    came_companions: Mapped[int]
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id"))
    first_in_at: Mapped[datetime | None]
    last_scan_at: Mapped[datetime]
