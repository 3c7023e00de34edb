"""Tables of events. Texts for people are kept in both languages; English may be empty, then French is shown."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, text_enum
from app.events.enums import Axis, Enrolment, EventKind, EventState, Measure, QuestionKind, ReasonUse, WaitingPolicy

ENTRANCE = "Entrée"
"""The name that an event's entrance checkpoint is made with."""


class Funder(Model):
    __tablename__ = "funders"
    __table_args__ = (UniqueConstraint("organiser_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    name: Mapped[str] = mapped_column(String(120))


class Project(Model):
    """What events are reported under: a principal axis, secondary ones, and who pays."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("organiser_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    name: Mapped[str] = mapped_column(String(160))
    axis: Mapped[Axis] = mapped_column(text_enum(Axis))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    created_at: Mapped[datetime]


class ProjectAxis(Model):
    """A secondary axis of a project."""

    __tablename__ = "project_axes"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    axis: Mapped[Axis] = mapped_column(text_enum(Axis), primary_key=True)


class ProjectFunder(Model):
    __tablename__ = "project_funders"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    funder_id: Mapped[int] = mapped_column(ForeignKey("funders.id"), primary_key=True)


class Audience(Model):
    """An audience that an organiser adds to the built-in ones. Its code is unique in that organiser."""

    __tablename__ = "audiences"
    __table_args__ = (UniqueConstraint("organiser_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    code: Mapped[str] = mapped_column(String(40))
    label_fr: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80), default="")
    groups: Mapped[bool] = mapped_column(default=True)


class Event(Model):
    """`version` rises with every change, counters included, under the row's lock; `revision` with every edit or move.

    `apart` is [[audience, audience, span]]: two audiences of which only one holds places within a `Span`. `transfer_minutes` are
    those between any two spaces that `transfers` does not know. `absent_minutes` after its wave begins, a group of which
    nobody came gives its places back (None: never). `date_to_come`: postponed, no new date yet; `starts_at` to its waves are
    the old ones then.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name="places"),
        CheckConstraint("ends_at >= starts_at", name="dates"),
        Index("ix_events_organiser", "organiser_id", "state", "starts_at"),
        {"sqlite_autoincrement": True},  # an id is never used again: what is remembered of an event is told by it
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    calendar_uid: Mapped[str] = mapped_column(String(60))
    kind: Mapped[EventKind] = mapped_column(text_enum(EventKind))
    state: Mapped[EventState] = mapped_column(text_enum(EventState), default=EventState.DRAFT)
    title_fr: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160), default="")
    summary_fr: Mapped[str] = mapped_column(String(300), default="")
    summary_en: Mapped[str] = mapped_column(String(300), default="")
    description_fr: Mapped[str] = mapped_column(Text, default="")
    description_en: Mapped[str] = mapped_column(Text, default="")
    entrance_fr: Mapped[str] = mapped_column(String(200), default="")
    entrance_en: Mapped[str] = mapped_column(String(200), default="")
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venues.id"))
    join_url: Mapped[str] = mapped_column(String(500), default="")
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    timezone: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    registration_opens_at: Mapped[datetime | None]
    registration_closes_at: Mapped[datetime | None]
    enrolment: Mapped[Enrolment] = mapped_column(text_enum(Enrolment), default=Enrolment.ONE)
    capacity: Mapped[int | None]
    largest_group: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    reference_prefix: Mapped[str] = mapped_column(String(4))
    asks_statistics: Mapped[bool] = mapped_column(default=False)
    waiting_list: Mapped[bool] = mapped_column(default=True)
    waiting_policy: Mapped[WaitingPolicy] = mapped_column(
        text_enum(WaitingPolicy), default=WaitingPolicy.HOLD, server_default="hold"
    )
    offer_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    apart: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")
    transfer_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    absent_minutes: Mapped[int | None]
    date_to_come: Mapped[bool] = mapped_column(default=False, server_default=false())
    postponed_at: Mapped[datetime | None]
    keep_names_days: Mapped[int] = mapped_column(default=365)
    cancel_code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    cloned_from_id: Mapped[int | None]
    deleted_at: Mapped[datetime | None]


class EventAudience(Model):
    """An audience that an event accepts, in the order in which the form offers them."""

    __tablename__ = "event_audiences"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]


class Wave(Model):
    """An arrival window with a capacity in people; in an open week, with its own place and host.

    `waiting` counts the registrations on the waiting list that ask for it: while there are any, nobody new takes its places
    past them. `forecast` is how many individuals are expected (None: as many as are registered). `late_minutes`: see `Delay`.
    """

    __tablename__ = "waves"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= capacity", name="places"),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index("ix_waves_event", "event_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0, server_default="0")
    forecast: Mapped[int | None]
    late_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    place: Mapped[str] = mapped_column(String(160), default="")
    host: Mapped[str] = mapped_column(String(160), default="")


class Allotment(Model):
    """What one audience may take of a wave: people, groups, or both. Zero people: the audience is not admitted in it."""

    __tablename__ = "allotments"
    __table_args__ = (
        UniqueConstraint("wave_id", "audience"),
        CheckConstraint("people >= 0 AND (max_people IS NULL OR people <= max_people)", name="people"),
        CheckConstraint("groups >= 0 AND (max_groups IS NULL OR groups <= max_groups)", name="groups"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id", ondelete="CASCADE"))
    audience: Mapped[str] = mapped_column(String(40))
    max_people: Mapped[int | None]
    max_groups: Mapped[int | None]
    people: Mapped[int] = mapped_column(default=0)
    groups: Mapped[int] = mapped_column(default=0)


class Space(Model):
    """A part of the venue with its own limit of people at a time, as set up for this event.

    `stands`: so many teams at once, each at a stand of its own (None: only people count). `stand_token` opens its stand's
    live page to whoever has the link.
    """

    __tablename__ = "spaces"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity"),
        UniqueConstraint("event_id", "name"),
        Index("uq_spaces_stand_token", "stand_token", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[int]
    directions_fr: Mapped[str] = mapped_column(String(200), default="")
    directions_en: Mapped[str] = mapped_column(String(200), default="")
    stands: Mapped[int | None]
    late_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    stand_token: Mapped[str | None] = mapped_column(String(32))
    position: Mapped[int]


class Stop(Model):
    """One step of the route, in order. An optional one is a choice: not going there is no fault.

    `any_order`: it and the stop before it may be walked in either order; several in a row make one block. `audiences` empty:
    for all; else a variant of the route, for these alone. `largest_team` is how many people it takes at once (None: any): a
    larger group goes round in teams. `box` is the escape-game box used there, by its scenario's name.
    """

    __tablename__ = "stops"
    __table_args__ = (CheckConstraint("minutes >= 0", name="minutes"), Index("ix_stops_event", "event_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    position: Mapped[int]
    name_fr: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    text_fr: Mapped[str] = mapped_column(String(300), default="")
    text_en: Mapped[str] = mapped_column(String(300), default="")
    minutes: Mapped[int]
    optional: Mapped[bool] = mapped_column(default=False)
    any_order: Mapped[bool] = mapped_column(default=False, server_default=false())
    audiences: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    largest_team: Mapped[int | None]
    box: Mapped[str] = mapped_column(String(120), default="", server_default="")
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id", ondelete="SET NULL"))


class Transfer(Model):
    """Minutes to walk between two spaces, either way: `low_space_id` is the smaller id."""

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("low_space_id < high_space_id", name="order"),
    )

    low_space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True)
    high_space_id: Mapped[int] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True)
    minutes: Mapped[int]


class Checkpoint(Model):
    """A door where tickets are scanned: the entrance (no space), or a space's own."""

    __tablename__ = "checkpoints"
    __table_args__ = (Index("ix_checkpoints_event", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"))


class Question(Model):
    """What an event asks beside the usual. Its key and the codes of its choices never change once answered.

    `audiences` empty: asked of all. `choices` is [{code, fr, en, retired}]. A question taken away is retired: no longer
    asked, its answers stay readable. `minimum` and `maximum` bound a number, the length of a text, or a file in kilobytes.
    """

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[QuestionKind] = mapped_column(text_enum(QuestionKind))
    label_fr: Mapped[str] = mapped_column(String(300))
    label_en: Mapped[str] = mapped_column(String(300), default="")
    help_fr: Mapped[str] = mapped_column(String(300), default="")
    help_en: Mapped[str] = mapped_column(String(300), default="")
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    audiences: Mapped[list[str]] = mapped_column(JSON, default=list)
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    minimum: Mapped[int | None]
    maximum: Mapped[int | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Reason(Model):
    """A coded reason that an organiser adds to the built-in ones, or a built-in one reworded or retired."""

    __tablename__ = "reasons"
    __table_args__ = (UniqueConstraint("organiser_id", "used_for", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    used_for: Mapped[ReasonUse] = mapped_column(text_enum(ReasonUse))
    code: Mapped[str] = mapped_column(String(40))
    label_fr: Mapped[str] = mapped_column(String(120))
    label_en: Mapped[str] = mapped_column(String(120), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None]


class Target(Model):
    """A number to reach. `scope` is event:<id>, project:<id> or year:<yyyy>; audience and day empty: of all."""

    __tablename__ = "targets"
    __table_args__ = (
        UniqueConstraint("organiser_id", "scope", "measure", "audience", "day"),
        CheckConstraint("value > 0", name="value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    scope: Mapped[str] = mapped_column(String(40))
    measure: Mapped[Measure] = mapped_column(text_enum(Measure))
    audience: Mapped[str] = mapped_column(String(40), default="")
    day: Mapped[str] = mapped_column(String(10), default="")
    value: Mapped[int]


class EventTemplate(Model):
    """A design to start events from, kept by an organiser beside the built-in library; `design` holds no people."""

    __tablename__ = "event_templates"
    __table_args__ = (UniqueConstraint("organiser_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[EventKind] = mapped_column(text_enum(EventKind))
    design: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
