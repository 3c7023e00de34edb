"""Boxes at events as pages and other features read them, with their facilitators, in three statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from app.boxes.conditions import may_run
from app.boxes.enums import LentKind
from app.boxes.models import Accreditation, Box, Facilitator, Scenario
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import EDITABLE, EventState
from app.events.models import Event, Stop
from app.loans.errors import EventBoxesNotFound
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period
from app.resources.models import Use


@dataclass(frozen=True)
class EventBox:
    """A box that an event has; `from_at`/`to_at` without buffers."""

    box_id: int
    code: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class EventPerson:
    """Who runs boxes at an event. `is_kept`: the ledger keeps them for it; `may_run`: accredited on all days."""

    id: int
    name: str
    is_kept: bool
    may_run: bool


@dataclass(frozen=True)
class EventBoxesRow:
    """Boxes of a scenario at an event. `boxes` are wanted, `held` are those it has; `former` went before the end.

    `stands`: the event takes place on a known date, as far as anybody knows.
    """

    id: int
    organiser_id: int
    event_id: int
    slug: str
    title_fr: str
    title_en: str
    stands: bool
    stop_id: int | None
    stop_fr: str
    stop_en: str
    scenario_id: int
    scenario_code: str
    scenario_title_fr: str
    scenario_title_en: str
    asks_accreditation: bool
    boxes: int
    period: Period
    created_at: datetime
    ended_at: datetime | None
    held: tuple[EventBox, ...]
    former: tuple[EventBox, ...]
    people: tuple[EventPerson, ...]
    is_game: bool = True

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr

    def stop(self, locale: Locale) -> str:
        return self.stop_en if locale == "en" and self.stop_en else self.stop_fr

    def scenario_title(self, locale: Locale) -> str:
        return self.scenario_title_en if locale == "en" and self.scenario_title_en else self.scenario_title_fr

    @property
    def box_codes(self) -> tuple[str, ...]:
        return tuple(box.code for box in self.held)

    @property
    def is_current(self) -> bool:
        """Whether the event wants these boxes: nobody gave them back, and it takes place."""
        return self.stands and self.ended_at is None

    def is_over(self, now: datetime) -> bool:
        return self.period.ends_at(lending_zone()) <= now

    def missing(self, now: datetime) -> int:
        """How many boxes it is short of; none of what is over, called off or given back."""
        return max(0, self.boxes - len(self.held)) if self.is_current and not self.is_over(now) else 0

    def busy(self, now: datetime) -> tuple[EventPerson, ...]:
        """Those who are named and could not be kept for it: they run boxes elsewhere then."""
        return tuple(p for p in self.people if not p.is_kept) if self.is_current and not self.is_over(now) else ()

    @property
    def seen(self) -> str:
        """What somebody who reads them sees, in few characters: others as soon as number, days, stop, people or boxes differ."""
        read = (
            self.boxes, self.period.first.number, self.period.last.number, self.stop_id,
            [person.id for person in self.people], [box.box_id for box in self.held], self.stands,
        )  # fmt: skip
        return sha256(repr(read).encode()).hexdigest()[:16]

    def has_begun(self, now: datetime) -> bool:
        return self.period.starts_at(lending_zone()) <= now

    @property
    def nobody_may_run(self) -> bool:
        """Whether the scenario asks for an accreditation, and nobody named holds one on all days."""
        return self.asks_accreditation and not any(p.may_run for p in self.people)


def list_event_boxes(event_id: int, *, ended: bool = False) -> list[EventBoxesRow]:
    """What an event uses, in the order in which it begins; `ended`: also what was given back."""
    return _rows(EventBoxes.event_id == event_id, *(() if ended else (EventBoxes.ended_at.is_(None),)))


def list_event_uses(
    organiser_id: int,
    *,
    since: date | None = None,
    until: date | None = None,
    scenario_id: int | None = None,
    ids: Collection[int] | None = None,
    box_ids: Collection[int] | None = None,
    facilitator_id: int | None = None,
    ended: bool = False,
) -> list[EventBoxesRow]:
    """What an organiser's events use, those that touch the days `since` to `until`, both included.

    `ids`: these alone; `box_ids`: those that have one of these boxes; `facilitator_id`: those that name that person; `ended`: also
    what was given back.
    """
    wanted: list[ColumnElement[bool]] = [EventBoxes.organiser_id == organiser_id, Event.deleted_at.is_(None)]
    if not ended:
        wanted.append(EventBoxes.ended_at.is_(None))
    if since is not None:
        wanted.append(EventBoxes.to_date >= since)
    if until is not None:
        wanted.append(EventBoxes.from_date <= until)
    if scenario_id is not None:
        wanted.append(EventBoxes.scenario_id == scenario_id)
    if ids is not None:
        wanted.append(EventBoxes.id.in_(list(ids)))
    if box_ids is not None:
        of_box = _USE_OF, Use.resource_kind == ResourceKind.BOX, Use.resource_id.in_(list(box_ids))
        wanted.append(exists().where(*of_box))
    if facilitator_id is not None:
        named = EventBoxesFacilitator.event_boxes_id == EventBoxes.id
        wanted.append(exists().where(named, EventBoxesFacilitator.facilitator_id == facilitator_id))
    return _rows(*wanted)


def list_short_events(organiser_id: int, *, now: datetime) -> list[EventBoxesRow]:
    """Uses at events to come or running that lack boxes, or somebody who is named: what Trouble lists."""
    today = now.astimezone(lending_zone()).date()
    rows = list_event_uses(organiser_id, since=today)
    return [row for row in rows if row.missing(now) or row.busy(now)]


def uses_boxes(event_id: int, organiser_id: int) -> bool | None:
    """Whether an event uses boxes; None where it does not and the organiser has nothing to lend. One statement."""
    scenarios = exists().where(Scenario.organiser_id == organiser_id, Scenario.archived_at.is_(None))
    uses = exists().where(EventBoxes.event_id == event_id, EventBoxes.ended_at.is_(None))
    found = db.session.execute(select(scenarios.label("lends"), uses.label("uses"))).one()
    return True if found.uses else False if found.lends else None


def count_event_uses(organiser_id: int, *, now: datetime) -> dict[int, int]:
    """By box: how often one was used at events, what runs now included. Beside `boxes.uses_count`, which counts loans."""
    rows = db.session.execute(
        select(Use.resource_id, func.count().label("uses"))
        .where(
            Use.organiser_id == organiser_id, Use.purpose == Purpose.EVENT, Use.resource_kind == ResourceKind.BOX,
            Use.from_at <= now,
        )
        .group_by(Use.resource_id)
    )  # fmt: skip
    return {row.resource_id: row.uses for row in rows}


def get_event_boxes(event_boxes_id: int) -> EventBoxesRow:
    """Raises EventBoxesNotFound."""
    found = _rows(EventBoxes.id == event_boxes_id)
    if not found:
        raise EventBoxesNotFound(str(event_boxes_id))
    return found[0]


_USE_OF = and_(Use.purpose == Purpose.EVENT, Use.purpose_id == EventBoxes.id)


def _rows(*wanted: ColumnElement[bool]) -> list[EventBoxesRow]:
    rows = db.session.execute(
        select(
            EventBoxes.id, EventBoxes.organiser_id, EventBoxes.event_id, Event.slug, Event.title_fr, Event.title_en,
            Event.state, Event.date_to_come, Event.deleted_at, EventBoxes.stop_id, Stop.name_fr.label("stop_fr"),
            Stop.name_en.label("stop_en"), EventBoxes.scenario_id, Scenario.code.label("scenario_code"),
            Scenario.title_fr.label("scenario_title_fr"), Scenario.title_en.label("scenario_title_en"),
            Scenario.asks_accreditation, Scenario.kind, EventBoxes.boxes, EventBoxes.from_date, EventBoxes.from_half,
            EventBoxes.to_date, EventBoxes.to_half, EventBoxes.created_at, EventBoxes.ended_at,
        )
        .join(Event, Event.id == EventBoxes.event_id)
        .join(Scenario, Scenario.id == EventBoxes.scenario_id)
        .outerjoin(Stop, and_(Stop.id == EventBoxes.stop_id, Stop.event_id == EventBoxes.event_id))
        .where(*wanted)
        .order_by(EventBoxes.from_date, EventBoxes.from_half, Scenario.code, EventBoxes.id)
    ).all()  # fmt: skip
    periods = {
        row.id: Period(HalfDay(row.from_date, row.from_half), HalfDay(row.to_date, row.to_half)) for row in rows
    }  # fmt: skip
    boxes, people = _boxes_of(list(periods)), _people_of(periods)
    return [_row(row, periods[row.id], boxes[row.id], people[row.id]) for row in rows]


def _row(row: Any, period: Period, boxes: Collection[EventBox], people: Collection[EventPerson]) -> EventBoxesRow:
    end = period.ends_at(lending_zone())
    return EventBoxesRow(
        row.id, row.organiser_id, row.event_id, row.slug, row.title_fr, row.title_en,
        stands(row.state, date_to_come=row.date_to_come, deleted=row.deleted_at is not None), row.stop_id,
        row.stop_fr or "", row.stop_en or "", row.scenario_id, row.scenario_code, row.scenario_title_fr,
        row.scenario_title_en, row.asks_accreditation, row.boxes, period, row.created_at, row.ended_at,
        tuple(box for box in boxes if box.to_at >= end), tuple(box for box in boxes if box.to_at < end), tuple(people),
        row.kind is LentKind.GAME,
    )  # fmt: skip


def stands(state: EventState, *, date_to_come: bool, deleted: bool) -> bool:
    """Whether an event takes place on a known date: then boxes are kept for it."""
    return state in EDITABLE and not date_to_come and not deleted


def _boxes_of(ids: Collection[int]) -> dict[int, list[EventBox]]:
    found = defaultdict[int, list[EventBox]](list)
    rows = db.session.execute(
        select(Use.purpose_id, Box.id, Box.code, Use.from_at, Use.to_at)
        .join(Box, Box.id == Use.resource_id)
        .where(Use.purpose == Purpose.EVENT, Use.purpose_id.in_(ids), Use.resource_kind == ResourceKind.BOX)
        .order_by(Box.code, Use.from_at)
    )
    for row in rows:
        found[row.purpose_id].append(EventBox(row.id, row.code, row.from_at, row.to_at))
    return found


def _people_of(periods: Mapping[int, Period]) -> dict[int, list[EventPerson]]:
    """Kept is who is kept until the end: not who was on days from which the event went away."""
    found, zone = defaultdict[int, list[EventPerson]](list), lending_zone()
    kept = (
        select(func.max(Use.to_at))
        .where(_USE_OF, Use.resource_kind == ResourceKind.FACILITATOR, Use.resource_id == Facilitator.id)
        .correlate(EventBoxes, Facilitator)
        .scalar_subquery()
    )
    valid = exists().where(
        Accreditation.facilitator_id == Facilitator.id,
        may_run(EventBoxes.scenario_id, EventBoxes.from_date, EventBoxes.to_date),
        Facilitator.ended_at.is_(None),
    )
    rows = db.session.execute(
        select(
            EventBoxes.id.label("row_id"), Facilitator.id, Facilitator.name, kept.label("until"), valid.label("may_run")
        )
        .join(EventBoxesFacilitator, EventBoxesFacilitator.event_boxes_id == EventBoxes.id)
        .join(Facilitator, Facilitator.id == EventBoxesFacilitator.facilitator_id)
        .where(EventBoxes.id.in_(list(periods)))
        .order_by(Facilitator.name_key, Facilitator.id)
    )  # fmt: skip
    for row in rows:
        is_kept = row.until is not None and row.until >= periods[row.row_id].ends_at(zone)
        found[row.row_id].append(EventPerson(row.id, row.name, is_kept, row.may_run))
    return found
