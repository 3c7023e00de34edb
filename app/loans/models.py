"""Loans, their boxes, facilitators, counts, agreements and reminders; boxes at events (docs/boxes.md)."""

from datetime import date, datetime
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.loans.enums import (
    AcceptedHow,
    CountMoment,
    FeedKind,
    LoanCancel,
    LoanPurpose,
    LoanRefusal,
    LoanState,
    ReminderKind,
)
from app.loans.kept import guard
from app.resources.enums import Half
from app.resources.models import Use

LAST_BEFORE_FIRST = "from_date > to_date OR (from_date = to_date AND from_half = 'pm' AND to_half = 'am')"


class Loan(Model):
    """Boxes of one scenario with a borrower, from one half-day to another, both included.

    `link_hash` is the digest of the secret in the loan's own link. `promised_on` is the day on which the borrower last said they
    bring the boxes back. `waits_for_event_id`: the training that its facilitators go to first. Agreements up to the number
    `outdated_agreements` are of other boxes or dates. `players` were announced, `players_counted` really played.
    `names_removed_at`: when what tells who borrowed was taken out.
    """

    __tablename__ = "loans"
    __table_args__ = (
        UniqueConstraint("organiser_id", "reference"),
        CheckConstraint(f"NOT ({LAST_BEFORE_FIRST})", name="period"),
        CheckConstraint("boxes > 0", name="boxes"),
        CheckConstraint("players > 0", name="players"),
        CheckConstraint("players_counted >= 0", name="players_counted"),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancel"),
        Index("ix_loans_state", "organiser_id", "state", "from_date"),
        Index("ix_loans_scenario", "scenario_id", "state", "to_date"),
        Index("ix_loans_structure", "structure_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    reference: Mapped[str] = mapped_column(String(16))
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id"))
    boxes: Mapped[int]
    state: Mapped[LoanState] = mapped_column(text_enum(LoanState), default=LoanState.ASKED)
    from_date: Mapped[date]
    from_half: Mapped[Half] = mapped_column(text_enum(Half))
    to_date: Mapped[date]
    to_half: Mapped[Half] = mapped_column(text_enum(Half))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("structure_contacts.id"))
    contact_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    locale: Mapped[str] = mapped_column(String(5), default="fr", server_default="fr")
    purpose: Mapped[LoanPurpose] = mapped_column(text_enum(LoanPurpose))
    purpose_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    players: Mapped[int | None]
    players_counted: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(160), default="", server_default="")
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    refusal: Mapped[LoanRefusal | None] = mapped_column(text_enum(LoanRefusal))
    cancel_reason: Mapped[LoanCancel | None] = mapped_column(text_enum(LoanCancel))
    reason_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    waits_for_event_id: Mapped[int | None]
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    promised_on: Mapped[date | None]
    outdated_agreements: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    names_removed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")


class LoanBox(Model):
    """A box that a loan has, or had until it was swapped (`released_at`). Both parties are named at hand-over and return.

    A box is with one borrower at a time.
    """

    __tablename__ = "loan_boxes"
    __table_args__ = (
        CheckConstraint("returned_at IS NULL OR handed_over_at IS NOT NULL", name="returned"),
        CheckConstraint("checked_at IS NULL OR returned_at IS NOT NULL", name="checked"),
        Index("ix_loan_boxes_loan", "loan_id"),
        Index("ix_loan_boxes_box", "box_id", "handed_over_at"),
        Index(
            "uq_loan_boxes_away",
            "box_id",
            unique=True,
            sqlite_where=text("handed_over_at IS NOT NULL AND returned_at IS NULL"),
            postgresql_where=text("handed_over_at IS NOT NULL AND returned_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id"))
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"))
    assigned_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    handed_over_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    handed_over_to: Mapped[str] = mapped_column(String(120), default="", server_default="")
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    returned_to: Mapped[str] = mapped_column(String(120), default="", server_default="")
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str] = mapped_column(String(120), default="", server_default="")
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")


class LoanFacilitator(Model):
    """Who runs the game with the boxes of a loan."""

    __tablename__ = "loan_facilitators"
    __table_args__ = (Index("ix_loan_facilitators_facilitator", "facilitator_id"),)

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), primary_key=True)
    facilitator_id: Mapped[int] = mapped_column(ForeignKey("facilitators.id"), primary_key=True)


class LoanCount(Model):
    """How many of a thing were in a box at one moment. `name` is what it was called then; `box_item_id`: of that box alone."""

    __tablename__ = "loan_counts"
    __table_args__ = (
        CheckConstraint("expected >= 0 AND counted >= 0", name="counts"),
        Index("ix_loan_counts_box", "loan_box_id", "moment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_box_id: Mapped[int] = mapped_column(ForeignKey("loan_boxes.id", ondelete="CASCADE"))
    moment: Mapped[CountMoment] = mapped_column(text_enum(CountMoment))
    item_id: Mapped[int | None]
    box_item_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(120))
    consumable: Mapped[bool]
    expected: Mapped[int]
    counted: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")


class LoanAgreement(Model):
    """An agreement as it was made: bytes and digest never change, rows stay (`app.loans.kept`). The last one of a loan counts."""

    __tablename__ = "loan_agreements"
    __table_args__ = (
        UniqueConstraint("loan_id", "number"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_how IS NULL)", name="accepted"),
        CheckConstraint("accepted_at IS NULL OR accepted_name <> ''", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    accepted_how: Mapped[AcceptedHow | None] = mapped_column(text_enum(AcceptedHow))


class LoanReminder(Model):
    """A reminder that was sent, once for each kind and return date."""

    __tablename__ = "loan_reminders"
    __table_args__ = (UniqueConstraint("loan_id", "kind", "for_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"))
    kind: Mapped[ReminderKind] = mapped_column(text_enum(ReminderKind))
    for_date: Mapped[date]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class EventBoxes(Model):
    """Boxes of a scenario that an event uses, at one of its stops or as a whole, from one half-day to another.

    Which boxes these are stands in the ledger alone: uses of purpose `event` whose `purpose_id` is this row's. Fewer of them than
    `boxes` mean that the event is short of some.
    """

    __tablename__ = "event_boxes"
    __table_args__ = (
        CheckConstraint(f"NOT ({LAST_BEFORE_FIRST})", name="period"),
        CheckConstraint("boxes > 0", name="boxes"),
        Index("ix_event_boxes_event", "event_id"),
        Index("ix_event_boxes_scenario", "scenario_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    stop_id: Mapped[int | None]
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenarios.id"))
    boxes: Mapped[int]
    from_date: Mapped[date]
    from_half: Mapped[Half] = mapped_column(text_enum(Half))
    to_date: Mapped[date]
    to_half: Mapped[Half] = mapped_column(text_enum(Half))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EventBoxesFacilitator(Model):
    """Who runs boxes at an event; the ledger has a use of each."""

    __tablename__ = "event_boxes_facilitators"
    __table_args__ = (Index("ix_event_boxes_facilitators_facilitator", "facilitator_id"),)

    event_boxes_id: Mapped[int] = mapped_column(ForeignKey("event_boxes.id", ondelete="CASCADE"), primary_key=True)
    facilitator_id: Mapped[int] = mapped_column(ForeignKey("facilitators.id"), primary_key=True)


class LendingFeed(Model):
    """A calendar that a program subscribes to by its secret address: of one box, or of all hand-overs and returns."""

    __tablename__ = "lending_feeds"
    __table_args__ = (
        CheckConstraint("(kind = 'box') = (box_id IS NOT NULL)", name="of"),
        Index("ix_lending_feeds_organiser", "organiser_id", "kind", "box_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    kind: Mapped[FeedKind] = mapped_column(text_enum(FeedKind))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))
    token: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


guard(cast(Table, Use.__table__), cast(Table, LoanAgreement.__table__))
