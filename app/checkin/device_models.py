"""Phones at the doors, and what they tell beside passages: walk-ins, counts that differ, teams of a split group."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.checkin.enums import ConflictKind, ConflictStatus, DeviceMode, OverrideReason, WalkInResult
from app.core.db import Model, text_enum


class DoorCode(Model):
    """A code that staff show, by which phones become devices of one event until `expires_at`.

    Only the digest of its secret is kept, and not even that once the event is long over. `checkpoint_ids` empty: all of them.
    `own`: made by somebody for the very phone in their hand, which is known as theirs then.
    """

    __tablename__ = "door_codes"
    __table_args__ = (Index("ix_door_codes_event", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    mode: Mapped[DeviceMode] = mapped_column(text_enum(DeviceMode))
    checkpoint_ids: Mapped[list[int]] = mapped_column(JSON)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    own: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class DoorDevice(Model):
    """A phone of one event. `uid` stands in `scans.device`; of its token only the digest is kept, until the event is long over.

    `unsent` is how many passages it still kept when it was last heard of, of `lost_people` people (0: not said), the oldest of
    them made at `unsent_since`; `offset_ms` by how much its clock was behind ours then. `account_id` is the person whose own phone
    it is, where known. With a phone that signed out they are lost.
    """

    __tablename__ = "door_devices"
    __table_args__ = (
        Index("ix_door_devices_event", "event_id"),
        CheckConstraint("unsent >= 0", name="unsent"),
        CheckConstraint("lost_people >= 0", name="lost_people"),
        CheckConstraint("revoked_by = '' OR revoked_at IS NOT NULL", name="revoked"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    code_id: Mapped[int | None] = mapped_column(ForeignKey("door_codes.id", ondelete="SET NULL"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    mode: Mapped[DeviceMode] = mapped_column(text_enum(DeviceMode))
    checkpoint_ids: Mapped[list[int]] = mapped_column(JSON)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    enrolled_at: Mapped[datetime]
    last_contact_at: Mapped[datetime]
    unsent: Mapped[int] = mapped_column(default=0)
    unsent_since: Mapped[datetime | None]
    offset_ms: Mapped[int | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    signed_out_at: Mapped[datetime | None]
    lost_people: Mapped[int] = mapped_column(default=0)


class WalkIn(Model):
    """Somebody registered at a door, by the UUID that their phone gave: sent again, they are registered once.

    `over`: staff let them in with a reason, though there was no room. `provisional`: noted without network, so that they were in
    before we knew. `result` is what became of it: places were taken, or none were left.
    """

    __tablename__ = "door_walk_ins"
    __table_args__ = (
        Index("uq_door_walk_ins_uuid", "organiser_id", "walk_in_id", unique=True),
        Index("ix_door_walk_ins_event", "event_id", "made_at"),
        Index("ix_door_walk_ins_registration", "registration_id"),
        CheckConstraint("result IN ('taken', 'over')", name="result"),
        CheckConstraint("provisional OR result = 'taken' OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    walk_in_id: Mapped[str] = mapped_column(String(36))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("door_devices.id"))
    result: Mapped[WalkInResult] = mapped_column(text_enum(WalkInResult))
    over: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[OverrideReason | None] = mapped_column(text_enum(OverrideReason))
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)


class Conflict(Model):
    """Two counts of the same people that staff are asked to confirm. `first_scan` and `second_scan` are UUIDs of the scan store.

    Presence counts them once meanwhile. Of a passage of a phone that was taken off `first_scan` is empty, and it does not count
    meanwhile. `settled_*` is what they were found to be; nobody's figures where they were different
    people and both stand.
    """

    __tablename__ = "door_conflicts"
    __table_args__ = (
        Index("uq_door_conflicts_second", "organiser_id", "second_scan", unique=True),
        Index("ix_door_conflicts_event", "event_id", "status"),
        Index("ix_door_conflicts_registration", "registration_id"),
        CheckConstraint("(status = 'settled') = (settled_at IS NOT NULL)", name="settled"),
        CheckConstraint("first_scan <> second_scan", name="scans"),
        CheckConstraint(
            "first_participants >= 0 AND first_companions >= 0 AND second_participants >= 0 AND second_companions >= 0"
            " AND settled_participants >= 0 AND settled_companions >= 0",
            name="counts",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    kind: Mapped[ConflictKind] = mapped_column(text_enum(ConflictKind))
    first_scan: Mapped[str] = mapped_column(String(36))
    second_scan: Mapped[str] = mapped_column(String(36))
    first_participants: Mapped[int]
    first_companions: Mapped[int]
    second_participants: Mapped[int]
    second_companions: Mapped[int]
    status: Mapped[ConflictStatus] = mapped_column(text_enum(ConflictStatus), default=ConflictStatus.OPEN)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    settled_participants: Mapped[int | None]
    settled_companions: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime]


class TeamPresence(Model):
    """Where a team of a split group is, apart from the rest of it (see Presence), on the local day of `last_scan_at`."""

    __tablename__ = "team_presences"
    __table_args__ = (
        CheckConstraint("team > 0", name="team"),
        CheckConstraint("participants >= 0 AND companions >= 0", name="headcount"),
        Index("ix_team_presences_space", "event_id", "space_id"),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    team: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    participants: Mapped[int]
    companions: Mapped[int]
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id"))
    last_scan_at: Mapped[datetime]
