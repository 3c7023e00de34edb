"""Whole events, kept in memory for as long as their `revision` stands: one indexed read tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Executable, RowMapping, Table, bindparam, func, or_, select

from app.core.cache import remembered
from app.core.db import db, writing
from app.events.audiences import BUILTIN, AudienceRow
from app.events.enums import VISIBLE, Span
from app.events.errors import EventNotFound
from app.events.models import (
    Allotment,
    Audience,
    Checkpoint,
    Event,
    EventAudience,
    Project,
    Question,
    Space,
    Stop,
    Transfer,
    Wave,
)
from app.events.queries.rows import AllotmentRow, CheckpointRow, EventRow, SpaceRow, StopRow, TransferRow, WaveRow
from app.events.questions import Choice, QuestionRow
from app.venues.models import Venue

# Made once: nearly every call reads one of these, and making it anew takes longer than running it.
_EVENTS = cast(Table, Event.__table__)
LEFT_OUT = {"venue_id", "taken", "version", "published_at", "cloned_from_id", "deleted_at"}
_HEAD = select(*(_EVENTS.c[name] for name in ("id", "organiser_id", "revision", "updated_at", "state")))
_IN_NO_BIN = _EVENTS.c.deleted_at.is_(None)
_BY_SLUG = _HEAD.where(_EVENTS.c.slug == bindparam("sought"), _IN_NO_BIN)
_BY_ID = _HEAD.where(_EVENTS.c.id == bindparam("sought"), _IN_NO_BIN)
_BINNED = _HEAD.where(_EVENTS.c.id == bindparam("sought"), _EVENTS.c.deleted_at.is_not(None))


def find_event(slug: str, *, organiser_id: int | None = None) -> EventRow | None:
    """The event of that slug (of that organiser, if one is named), or None."""
    return _load(_BY_SLUG, slug, organiser_id)


def get_event(slug: str, *, organiser_id: int | None = None) -> EventRow:
    """Like find_event, but raises EventNotFound."""
    event = find_event(slug, organiser_id=organiser_id)
    if event is None:
        raise EventNotFound(slug)
    return event


def get_event_by_id(event_id: int) -> EventRow:
    """Raises EventNotFound."""
    event = _load(_BY_ID, event_id)
    if event is None:
        raise EventNotFound(str(event_id))
    return event


def find_binned_event(event_id: int) -> EventRow | None:
    """An event that is in the bin, for the bin itself and for the mails that tell; None for any other."""
    return _load(_BINNED, event_id)


def get_public_event(slug: str) -> EventRow:
    """An event that the public may see. Raises EventNotFound, for drafts too."""
    event = get_event(slug)
    if event.state not in VISIBLE:
        raise EventNotFound(slug)
    return event


def _load(statement: Executable, sought: str | int, organiser_id: int | None = None) -> EventRow | None:
    head = db.session.execute(statement, {"sought": sought}).first()
    if head is None or organiser_id not in {None, head.organiser_id}:
        return None
    kept, key = remembered("events"), (head.id, head.revision, head.updated_at)
    event = kept.get(key)
    if not isinstance(event, EventRow):
        event = _load_all([head.id])[0]
        if not writing.get():  # inside a transaction this revision may still be undone
            kept[key] = event
    return event


def _load_all(event_ids: Sequence[int], *where: ColumnElement[bool]) -> list[EventRow]:
    """Whole events, in the order of their start; ten statements however many there are."""
    heads = db.session.execute(
        select(
            *[c for c in Event.__table__.columns if c.name not in LEFT_OUT],
            func.coalesce(Venue.name, "").label("venue_name"),
            func.coalesce(Venue.address, "").label("venue_address"),
            func.coalesce(Venue.commune, "").label("venue_commune"),
            func.coalesce(Project.name, "").label("project_name"),
        )
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .outerjoin(Project, Project.id == Event.project_id)
        .where(Event.id.in_(event_ids), *where)
        .order_by(Event.starts_at, Event.id)
    ).mappings()
    parts = _load_parts(event_ids)
    return [_build(head, parts[head["id"]]) for head in heads]


@dataclass(frozen=True)
class _Parts:
    audiences: list[RowMapping]
    custom: dict[tuple[int, str], AudienceRow]
    waves: list[RowMapping]
    allotments: list[RowMapping]
    spaces: list[RowMapping]
    stops: list[RowMapping]
    transfers: list[RowMapping]
    checkpoints: list[RowMapping]
    questions: list[RowMapping]


def _load_parts(event_ids: Sequence[int]) -> dict[int, _Parts]:
    """The parts of each event, by its id."""

    def by_event(statement: Executable) -> dict[int, list[RowMapping]]:
        found: dict[int, list[RowMapping]] = {event_id: [] for event_id in event_ids}
        for row in db.session.execute(statement).mappings():
            found[row["event_id"]].append(row)
        return found

    def rows(table: Any, order: Iterable[Any]) -> dict[int, list[RowMapping]]:
        return by_event(select(table.__table__).where(table.event_id.in_(event_ids)).order_by(*order))

    allotments = by_event(
        select(Wave.event_id, Allotment.wave_id, Allotment.audience, Allotment.max_people, Allotment.max_groups)
        .join(Wave, Wave.id == Allotment.wave_id)
        .where(Wave.event_id.in_(event_ids), or_(Allotment.max_people.is_not(None), Allotment.max_groups.is_not(None)))
    )
    custom = db.session.execute(
        select(Audience)
        .join(Event, Event.organiser_id == Audience.organiser_id)
        .where(Event.id.in_(event_ids))
        .distinct()
    ).scalars()
    named = {(a.organiser_id, a.code): AudienceRow(a.code, a.label_fr, a.label_en, a.groups) for a in custom}
    audiences, waves = rows(EventAudience, [EventAudience.position]), rows(Wave, [Wave.starts_at, Wave.id])
    spaces, stops = rows(Space, [Space.position, Space.id]), rows(Stop, [Stop.position])
    checkpoints, questions = rows(Checkpoint, [Checkpoint.id]), rows(Question, [Question.position, Question.id])
    transfers = by_event(
        select(Space.event_id, Transfer.low_space_id, Transfer.high_space_id, Transfer.minutes)
        .join(Space, Space.id == Transfer.low_space_id)
        .where(Space.event_id.in_(event_ids))
        .order_by(Transfer.low_space_id, Transfer.high_space_id)
    )
    return {
        i: _Parts(
            audiences[i], named, waves[i], allotments[i], spaces[i], stops[i], transfers[i], checkpoints[i], questions[i]
        )
        for i in event_ids
    }  # fmt: skip


def _build(head: RowMapping, parts: _Parts) -> EventRow:
    organiser_id = head["organiser_id"]
    of_wave: dict[int, list[AllotmentRow]] = {}
    for a in parts.allotments:
        of_wave.setdefault(a["wave_id"], []).append(AllotmentRow(a["audience"], a["max_people"], a["max_groups"]))
    names = {s["id"]: s["name"] for s in parts.spaces}
    fallback = {code: AudienceRow(code, code, code, groups=True) for code in (a["code"] for a in parts.audiences)}
    return EventRow(
        **{**head, "apart": tuple((a, b, Span(span)) for a, b, span in head["apart"])},
        audiences=tuple(
            BUILTIN.get(a["code"]) or parts.custom.get((organiser_id, a["code"])) or fallback[a["code"]]
            for a in parts.audiences
        ),
        waves=tuple(
            WaveRow(
                w["id"], w["starts_at"], w["ends_at"], w["capacity"], w["place"], w["host"], tuple(of_wave.get(w["id"], ())),
                w["forecast"], w["late_minutes"],
            )
            for w in parts.waves
        ),
        spaces=tuple(
            SpaceRow(
                s["id"], s["name"], s["capacity"], s["directions_fr"], s["directions_en"], s["stands"], s["late_minutes"]
            )
            for s in parts.spaces
        ),
        stops=tuple(
            StopRow(
                s["position"], s["name_fr"], s["name_en"], s["text_fr"], s["text_en"], s["minutes"], s["optional"],
                s["space_id"], names.get(s["space_id"], ""), s["id"], s["any_order"], tuple(s["audiences"]), s["largest_team"],
                s["box"],
            )
            for s in parts.stops
        ),
        transfers=tuple(TransferRow(t["low_space_id"], t["high_space_id"], t["minutes"]) for t in parts.transfers),
        checkpoints=tuple(
            CheckpointRow(c["id"], c["name"], c["space_id"]) for c in parts.checkpoints
        ),
        questions=tuple(_question(q) for q in parts.questions),
    )  # fmt: skip


def _question(row: RowMapping) -> QuestionRow:
    return QuestionRow(
        **{name: row[name] for name in ("key", "kind", "label_fr", "label_en", "help_fr", "help_en", "required")},
        audiences=tuple(row["audiences"]),
        choices=tuple(Choice(**choice) for choice in row["choices"]),
        minimum=row["minimum"],
        maximum=row["maximum"],
        retired=row["retired_at"] is not None,
    )


def list_events_by_id(event_ids: Sequence[int]) -> list[EventRow]:
    """Whole events, in the order of their start; what is in the bin is left out."""
    return _load_all(event_ids, Event.deleted_at.is_(None)) if event_ids else []
