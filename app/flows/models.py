"""Tables of plans: who is led through which space when. Groups alone are planned; individuals are a forecast."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.flows.enums import DelayKind, PlanOrigin, PlanState

IN_FORCE_SQL = text("state = 'in_force'")


class FlowPlan(Model):
    """A plan of an event, by its number. One at most is in force; it stands until another one replaces it.

    `instance` is what it was made from (docs/planning.md; groups are `<registration>-<wave>`, no names), `summary` what came of
    it: {found, waiting, moved, uneven, total, left_out, causes}. `based_on_id` is the plan that was in force when it was made.
    """

    __tablename__ = "flow_plans"
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        Index(
            "uq_flow_plans_in_force",
            "event_id",
            unique=True,
            sqlite_where=IN_FORCE_SQL,
            postgresql_where=IN_FORCE_SQL,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    number: Mapped[int]
    state: Mapped[PlanState] = mapped_column(text_enum(PlanState))
    origin: Mapped[PlanOrigin] = mapped_column(text_enum(PlanOrigin))
    note: Mapped[str] = mapped_column(String(200), default="")
    instance: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    based_on_id: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1)
    job_id: Mapped[int | None]
    made_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class FlowPassage(Model):
    """One team of a group at one stop. `team` counts from 1; `stand` too, where the space has stands. A pinned one holds."""

    __tablename__ = "flow_passages"
    __table_args__ = (
        UniqueConstraint("plan_id", "registration_id", "wave_id", "team", "stop_id"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        CheckConstraint("people > 0 AND team > 0", name="team"),
        Index("ix_flow_passages_space", "plan_id", "space_id", "starts_at"),
        Index("ix_flow_passages_registration", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("flow_plans.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"))
    team: Mapped[int]
    people: Mapped[int]
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"))
    stand: Mapped[int | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())


class FlowSlot(Model):
    """People of the plan in force in a space for five minutes from `starts_at`: never above the capacity that it was made for."""

    __tablename__ = "flow_slots"
    __table_args__ = (CheckConstraint("people >= 0 AND people <= capacity", name="places"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("flow_plans.id", ondelete="CASCADE"), primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    people: Mapped[int]
    capacity: Mapped[int]


class Delay(Model):
    """A wave or a space said to be late by so many minutes in all (0: on time again). The latest of each holds."""

    __tablename__ = "flow_delays"
    __table_args__ = (Index("ix_flow_delays_event", "event_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    kind: Mapped[DelayKind] = mapped_column(text_enum(DelayKind))
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"))
    minutes: Mapped[int]
    plan_id: Mapped[int | None]
    at: Mapped[datetime]
    said_by: Mapped[str] = mapped_column(String(200))
