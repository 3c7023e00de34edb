"""Scenarios with their contents, boxes, files, and who is accredited (docs/boxes.md)."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.boxes.enums import AccreditationSource, BoxCondition, FileUse, LentKind, OutReason, Wear
from app.core.db import Model, text_enum


class Scenario(Model):
    """A game that boxes hold, or another thing that is lent. Texts in both languages; English may be empty, then French is shown.

    `before_halves` and `after_halves` are buffers in open half-days. `accreditation_months`: how long an accreditation holds,
    None for ever. `longest_halves`: the longest loan that a borrower may ask for, in half-days; None without a limit.
    `value_cents` is one box's value in euro cents.
    """

    __tablename__ = "scenarios"
    __table_args__ = (
        UniqueConstraint("organiser_id", "code"),
        CheckConstraint("players_min > 0 AND players_min <= players_max", name="players"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("before_halves BETWEEN 0 AND 40 AND after_halves BETWEEN 0 AND 40", name="buffers"),
        CheckConstraint("longest_halves > 0", name="longest"),
        CheckConstraint("value_cents >= 0", name="value"),
        CheckConstraint("accreditation_months > 0", name="months"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[LentKind] = mapped_column(text_enum(LentKind), default=LentKind.GAME)
    title_fr: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160), default="")
    universe_fr: Mapped[str] = mapped_column(String(160), default="")
    universe_en: Mapped[str] = mapped_column(String(160), default="")
    public_fr: Mapped[str] = mapped_column(String(200), default="")
    public_en: Mapped[str] = mapped_column(String(200), default="")
    skills_fr: Mapped[str] = mapped_column(Text, default="")
    skills_en: Mapped[str] = mapped_column(Text, default="")
    summary_fr: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    players_min: Mapped[int | None]
    players_max: Mapped[int | None]
    minutes: Mapped[int | None]
    asks_accreditation: Mapped[bool] = mapped_column(default=True, server_default=true())
    accreditation_months: Mapped[int | None]
    before_halves: Mapped[int] = mapped_column(default=1, server_default="1")
    after_halves: Mapped[int] = mapped_column(default=1, server_default="1")
    longest_halves: Mapped[int | None]
    value_cents: Mapped[int | None]
    listed: Mapped[bool] = mapped_column(default=True, server_default=true())
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class ScenarioItem(Model):
    """A thing that every box of the scenario holds. A consumable with fewer than `restock_below` left is on the restock list."""

    __tablename__ = "scenario_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("restock_below >= 0", name="restock"),
        CheckConstraint("value_cents >= 0", name="value"),
        Index("ix_scenario_items_scenario", "scenario_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id", ondelete="CASCADE"))
    position: Mapped[int]
    name_fr: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    quantity: Mapped[int]
    consumable: Mapped[bool] = mapped_column(default=False, server_default=false())
    restock_below: Mapped[int | None]
    value_cents: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class Box(Model):
    """One copy. `label` is what its QR label holds, random. `uses_count` counts the times it went out, before Parcours too.

    Out of service: since `out_from`, until `out_until` (the day it is expected back in use; None: nobody knows).
    """

    __tablename__ = "boxes"
    __table_args__ = (
        UniqueConstraint("organiser_id", "code"),
        CheckConstraint("(condition = 'out_of_service') = (out_reason IS NOT NULL)", name="reason"),
        CheckConstraint("(condition = 'out_of_service') = (out_from IS NOT NULL)", name="since"),
        CheckConstraint("out_until IS NULL OR out_until >= out_from", name="until"),
        CheckConstraint("value_cents >= 0 AND uses_count >= 0", name="figures"),
        Index("ix_boxes_scenario", "scenario_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id"))
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(32), unique=True)
    depot: Mapped[str] = mapped_column(String(120), default="")
    wear: Mapped[Wear] = mapped_column(text_enum(Wear), default=Wear.GOOD)
    condition: Mapped[BoxCondition] = mapped_column(text_enum(BoxCondition), default=BoxCondition.READY)
    out_reason: Mapped[OutReason | None] = mapped_column(text_enum(OutReason))
    out_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    out_from: Mapped[date | None]
    out_until: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    value_cents: Mapped[int | None]
    uses_count: Mapped[int] = mapped_column(default=0, server_default="0")
    last_used_on: Mapped[date | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class BoxOutage(Model):
    """A time that a box was out of service: from the day it began to the day it ended, None while it lasts.

    The box's own `out_…` columns tell the one that lasts. `expected_on` is what was last said of its end.
    """

    __tablename__ = "box_outages"
    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="days"),
        Index("ix_box_outages_box", "box_id", "started_on"),
        Index(
            "uq_box_outages_open",
            "box_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"))
    reason: Mapped[OutReason] = mapped_column(text_enum(OutReason))
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    started_on: Mapped[date]
    expected_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime]


class BoxItem(Model):
    """What differs in one box: of a thing of its scenario, or (`item_id` None) a thing that only this box has.

    `expected` None: as many as the scenario says. `present`: the last count, None while nobody counted.
    """

    __tablename__ = "box_items"
    __table_args__ = (
        UniqueConstraint("box_id", "item_id"),
        CheckConstraint("(item_id IS NULL) = (name <> '')", name="name"),
        CheckConstraint("item_id IS NOT NULL OR expected IS NOT NULL", name="expected"),
        CheckConstraint("expected >= 0 AND present >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("scenario_items.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    consumable: Mapped[bool] = mapped_column(default=False, server_default=false())
    expected: Mapped[int | None]
    present: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")


class BoxFile(Model):
    """A scenario's guide, a box's photo, or a photo of damage taken at a loan's hand-over, return or check (`loan_box_id`)."""

    __tablename__ = "box_files"
    __table_args__ = (
        CheckConstraint("(scenario_id IS NULL) <> (box_id IS NULL)", name="of"),
        Index("ix_box_files_scenario", "scenario_id"),
        Index("ix_box_files_box", "box_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    token: Mapped[str] = mapped_column(String(32), unique=True)
    use: Mapped[FileUse] = mapped_column(text_enum(FileUse))
    scenario_id: Mapped[int | None] = mapped_column(ForeignKey("scenarios.id", ondelete="CASCADE"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id", ondelete="CASCADE"))
    loan_box_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[datetime]


class Facilitator(Model):
    """A person who runs boxes: of the organiser, of a structure, or on their own. Known by mail, else by telephone and name."""

    __tablename__ = "facilitators"
    __table_args__ = (
        Index("ix_facilitators_organiser", "organiser_id", "name_key"),
        Index("ix_facilitators_mail", "organiser_id", "mail_key"),
        Index("ix_facilitators_structure", "structure_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"))
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    mail_key: Mapped[str] = mapped_column(String(254), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Accreditation(Model):
    """A facilitator may run a scenario from `granted_on` to `expires_on` (None: for good), until it is withdrawn.

    `event_id` and `registration_id` are the training and the place there that granted it.
    """

    __tablename__ = "accreditations"
    __table_args__ = (
        CheckConstraint("expires_on IS NULL OR expires_on >= granted_on", name="days"),
        CheckConstraint("(source = 'training') = (event_id IS NOT NULL)", name="source"),
        Index("ix_accreditations_scenario", "scenario_id", "facilitator_id"),
        Index("ix_accreditations_facilitator", "facilitator_id"),
        Index("uq_accreditations_training", "facilitator_id", "scenario_id", "event_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    facilitator_id: Mapped[int] = mapped_column(ForeignKey("facilitators.id"))
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id"))
    source: Mapped[AccreditationSource] = mapped_column(text_enum(AccreditationSource))
    granted_on: Mapped[date]
    expires_on: Mapped[date | None]
    event_id: Mapped[int | None]
    registration_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_note: Mapped[str] = mapped_column(String(200), default="", server_default="")
